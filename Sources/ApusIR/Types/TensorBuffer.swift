/// Immutable bytes of tensors: owned, or a window of a mapped file.
///
/// Shared by reference, never copied.
public final class TensorBuffer: Sendable {
  private let address: UInt
  /// The number of bytes.
  public let count: Int
  private let release: @Sendable () -> Void

  /// Bytes that stay valid and unchanged until `release` is called.
  public init(borrowing bytes: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
    address = UInt(bitPattern: bytes.baseAddress)
    count = bytes.count
    self.release = release
  }

  /// `count` bytes, zero at first, that `fill` writes once.
  public convenience init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    fill(UnsafeMutableRawBufferPointer(rebasing: bytes[0..<count]))
    let base = UInt(bitPattern: bytes.baseAddress)
    self.init(borrowing: UnsafeRawBufferPointer(rebasing: bytes[0..<count])) {
      UnsafeMutableRawPointer(bitPattern: base)?.deallocate()
    }
  }

  deinit { release() }

  /// Reads the bytes of `range`, which must lie inside the buffer.
  public func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range inside the buffer")
    let base = UnsafeRawPointer(bitPattern: address)
    return try body(
      UnsafeRawBufferPointer(
        start: base.map { $0 + range.lowerBound }, count: range.count))
  }
}
