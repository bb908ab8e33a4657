/// The elements of a constant: a typed window of a shared buffer, row-major and little-endian.
///
/// Strings are held as their lengths, 32 bits each, followed by all their bytes.
public struct TensorData: Sendable {
  /// The element type and shape; the layout is row-major.
  public let type: TensorType
  private let buffer: TensorBuffer
  private let range: Range<Int>

  /// The elements of `type` in `range` of `buffer`.
  ///
  /// Returns `nil` when the shape has symbols or its size is not that of the range.
  public init?(_ type: TensorType, in buffer: TensorBuffer, range: Range<Int>) {
    guard let count = type.shape.elementCount.constant,
      range.lowerBound >= 0, range.upperBound <= buffer.count,
      type.element == .string
        ? buffer.withBytes(range, { $0.holdsStrings(count) })
        : type.element.byteCount(of: count) == range.count
    else { return nil }
    self.type = type
    self.buffer = buffer
    self.range = range
  }

  /// Elements copied from an array of a matching fixed-width type.
  public init<Element: BitwiseCopyable>(
    _ element: ElementType, _ extents: [Int], _ elements: [Element]
  ) {
    precondition(element.hasWidth(of: Element.self), "element widths agree")
    precondition(extents.reduce(1, *) == elements.count, "extents and elements agree")
    type = TensorType(element, extents)
    range = 0..<elements.count * MemoryLayout<Element>.size
    buffer = TensorBuffer(count: range.count) { bytes in
      elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  /// All of a buffer whose size is known to fit.
  init(checked type: TensorType, _ buffer: TensorBuffer) {
    self.type = type
    self.buffer = buffer
    range = 0..<buffer.count
  }

  /// The number of bytes.
  public var byteCount: Int { range.count }

  /// The number of elements.
  public var count: Int { type.shape.elementCount.constant ?? 0 }

  /// Reads the bytes.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try buffer.withBytes(range, body)
  }

  /// The elements as an array of a matching fixed-width type.
  public func elements<Element: BitwiseCopyable>(as _: Element.Type) -> [Element] {
    precondition(type.element.hasWidth(of: Element.self), "element widths agree")
    return withBytes { bytes in
      (0..<count).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
      }
    }
  }

  /// The same elements under another shape of equal size.
  public func reshaped(to shape: Shape) -> TensorData? {
    TensorData(TensorType(type.element, shape), in: buffer, range: range)
  }

  /// The same bytes as another type of equal size.
  package func reinterpreted(as type: TensorType) -> TensorData? {
    TensorData(type, in: buffer, range: range)
  }

  /// A hash of the bytes that is the same on every run and host.
  ///
  /// - Complexity: linear in the size.
  public var digest: UInt64 {
    withBytes { bytes in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
      let words = bytes.count / 8
      for word in 0..<words {
        let value = bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)
        hash = (hash ^ UInt64(littleEndian: value)) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
      }
      for byte in bytes[(words * 8)...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      return hash ^ (hash >> 32)
    }
  }
}

extension ElementType {
  /// Whether elements are numbers as wide as values of a Swift type.
  fileprivate func hasWidth<Element>(of _: Element.Type) -> Bool {
    self != .string && MemoryLayout<Element>.size * 8 == bitWidth
  }
}

extension TensorData: Hashable {
  public static func == (a: TensorData, b: TensorData) -> Bool {
    guard a.type == b.type else { return false }
    return a.withBytes { x in b.withBytes { y in x.elementsEqual(y) } }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    withBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.prefix(256))) }
  }
}
