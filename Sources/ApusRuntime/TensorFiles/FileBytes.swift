public import ApusIR
import Foundation

/// A window of the bytes of one file; every access is checked, none copies.
public struct FileBytes: Sendable {
  /// The file as the user named it, for diagnostics.
  public let path: String
  let buffer: TensorBuffer
  let range: Range<Int>

  /// The largest file that is read whole unless the caller says otherwise: 8 GiB.
  public static let defaultLimit = 8 << 30

  /// Bytes that are already in memory.
  public init(_ bytes: [UInt8], path: String) {
    self.init(
      path: path, buffer: TensorBuffer(count: bytes.count) { $0.copyBytes(from: bytes) },
      range: 0..<bytes.count)
  }

  private init(path: String, buffer: TensorBuffer, range: Range<Int>) {
    self.path = path
    self.buffer = buffer
    self.range = range
  }

  /// Reads a regular file whole.
  ///
  /// - Throws: `inputOutput` when it cannot be read, `limitExceeded` when it exceeds `limit`.
  public init(reading path: String, limit: Int = defaultLimit) throws(DiagnosticError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .io("cannot open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .io("cannot examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .init(
        Diagnostic(.error, .inputOutput, id: "not-a-file", "not a regular file", file: path))
    }
    let size = Int(status.st_size)
    guard size <= limit else {
      throw .init(
        Diagnostic(
          .error, .limitExceeded, id: "file-too-large",
          "\(size) bytes, the limit is \(limit)",
          file: path))
    }
    var complete = true
    let buffer = TensorBuffer(count: size) { complete = readAll(descriptor, into: $0) }
    guard complete else { throw .io("cannot read", path) }
    self.init(path: path, buffer: buffer, range: 0..<size)
  }

  /// The number of bytes.
  public var count: Int { range.count }

  /// The bytes as an array.
  public var array: [UInt8] { buffer.withBytes(range) { Array($0) } }

  /// The window of `count` bytes from `offset`, or `nil` when it is not inside this one.
  func window(at offset: Int, count: Int) -> FileBytes? {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      return nil
    }
    let start = range.lowerBound + offset
    return FileBytes(path: path, buffer: buffer, range: start..<start + count)
  }

  /// The little-endian integer at `offset`, or `nil` past the end.
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, at offset: Int
  ) -> Value? {
    guard let window = window(at: offset, count: MemoryLayout<Value>.size) else { return nil }
    return buffer.withBytes(window.range) { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
  }

  /// Whether the window starts with `prefix`.
  func starts(with prefix: [UInt8]) -> Bool {
    window(at: 0, count: prefix.count)?.array == prefix
  }

  /// A diagnostic about malformed bytes at `offset` of this window.
  func malformed(_ message: String, id: String, at offset: Int = 0) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .invalidInput, id: id, message, file: path, place: .byte(range.lowerBound + offset))
    )
  }

  /// A diagnostic about something that the format allows and this reader does not.
  func unsupported(_ message: String, id: String, help: String? = nil) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .unsupported, id: id, message, file: path, place: .byte(range.lowerBound),
        help: help))
  }
}

/// Fills `bytes` from a file; `false` when the file ends early or reading fails.
private func readAll(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
  var done = 0
  while done < bytes.count {
    let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
    let got = read(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
    if got < 0 && errno == EINTR { continue }
    guard got > 0 else { return false }
    done += got
  }
  return true
}

extension DiagnosticError {
  /// A diagnostic about a failed system call, with the system's reason.
  static func io(_ what: String, _ path: String) -> DiagnosticError {
    let reason = errno == 0 ? "the file ended early" : String(cString: strerror(errno))
    return DiagnosticError(
      Diagnostic(.error, .inputOutput, id: "file-access", "\(what) the file: \(reason)", file: path)
    )
  }
}
