package import ApusIR

/// The elements of one input as a compiled model takes them: aligned memory that stays in place.
///
/// Strings are pointers to bytes that end with a zero.
package final class PortMemory {
  private let memory: RunMemory
  private var elements: UnsafeMutableRawBufferPointer { memory.bytes }
  private var texts: UnsafeMutableRawBufferPointer?

  /// The memory of a tensor, with zeros up to `capacity` bytes.
  ///
  /// - Throws: `input-string` for a string that has a zero among its bytes; `run-memory`.
  package init(
    _ tensor: TensorData, capacity: Int = 0
  ) throws(DiagnosticError) {
    let size = tensor.type.element.byteCount(of: tensor.count) ?? 0
    memory = try RunMemory(max(size, capacity))
    elements.initializeMemory(as: UInt8.self, repeating: 0)
    if tensor.type.element == .string {
      try point(to: tensor.strings)
    } else {
      tensor.withBytes { elements.copyMemory(from: $0) }
    }
  }

  deinit { texts?.deallocate() }

  /// The first element.
  package var base: UnsafeRawPointer? { UnsafeRawPointer(elements.baseAddress) }

  private func point(to strings: [[UInt8]]) throws(DiagnosticError) {
    guard !strings.contains(where: { $0.contains(0) }) else {
      throw DiagnosticError(
        Diagnostic(.usage, id: "input-string", "a string of an input has a zero among its bytes"))
    }
    let bytes: [UInt8] = strings.flatMap { $0 + [0] }
    let texts = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(bytes.count, 1), alignment: 64)
    texts.copyBytes(from: bytes)
    self.texts = texts
    var place = 0
    for (number, string) in strings.enumerated() {
      elements.storeBytes(
        of: texts.baseAddress.map { $0 + place }, toByteOffset: number * 8,
        as: UnsafeMutableRawPointer?.self)
      place += string.count + 1
    }
  }
}

extension TensorData {
  /// The elements of an output in the memory that a model wrote.
  ///
  /// Returns `nil` when the shape has symbols or asks for more than there is.
  package init?(_ type: TensorType, copying memory: UnsafeRawBufferPointer) {
    guard let extents = type.shape.extents, let count = type.shape.elementCount.constant,
      let size = type.element.byteCount(of: count), (0...memory.count).contains(size)
    else { return nil }
    if type.element == .string {
      let strings = (0..<count).map { place in
        memory.load(fromByteOffset: place * 8, as: UnsafePointer<UInt8>?.self)
          .map { bytes(endingWithZero: $0) } ?? []
      }
      self.init(strings: strings, extents)
      return
    }
    let buffer = TensorBuffer(count: size) {
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[0..<size]))
    }
    self.init(type, in: buffer, range: 0..<size)
  }
}

private func bytes(endingWithZero start: UnsafePointer<UInt8>) -> [UInt8] {
  var count = 0
  while start[count] != 0 { count += 1 }
  return Array(UnsafeBufferPointer(start: start, count: count))
}
