public import ApusIR
import Foundation

/// A file in the making that appears under its name whole or not at all.
///
/// Bytes go to a temporary file in the same folder; `commit` synchronizes and renames it. A value
/// that goes away without `commit` leaves nothing behind.
public struct OutputFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32

  /// Starts a file that will replace what is at `path`.
  ///
  /// - Throws: `inputOutput` when `path` is a folder, a symbolic link or another special file, or
  ///   when the folder cannot be written.
  public init(_ path: String) throws(DiagnosticError) {
    try refuseSpecialFile(at: path)
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = folder(of: path) + "/.apus-\(getpid())-\(random)"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    let opened = open(temporary, flags, 0o666)
    guard opened >= 0 else { throw .io("cannot create", path) }
    self.path = path
    temporaryPath = temporary
    descriptor = opened
  }

  /// Appends bytes.
  ///
  /// - Throws: `inputOutput` when the system cannot write them.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(DiagnosticError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw .io("cannot write", path) }
      done += written
    }
  }

  /// Appends bytes.
  public mutating func write(_ bytes: [UInt8]) throws(DiagnosticError) {
    var failure: DiagnosticError?
    bytes.withUnsafeBytes { raw in
      do throws(DiagnosticError) { try write(raw) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Synchronizes the bytes with the disk and gives the file its name.
  public consuming func commit() throws(DiagnosticError) {
    guard fsync(descriptor) == 0 else { throw .io("cannot synchronize", path) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw .io("cannot close", path) }
    guard rename(temporaryPath, path) == 0 else { throw .io("cannot rename", path) }
    synchronizeFolder(of: path)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    unlink(temporaryPath)  // Fails harmlessly after `commit` has renamed the file.
  }
}

/// Writes a file so that it appears under its name whole or not at all.
///
/// - Throws: `inputOutput`, also when `path` is a folder or a symbolic link.
public func writeWhole(_ bytes: [UInt8], to path: String) throws(DiagnosticError) {
  var file = try OutputFile(path)
  try file.write(bytes)
  try file.commit()
}

/// Writes a text as UTF-8 so that the file appears under its name whole or not at all.
public func writeWhole(_ text: String, to path: String) throws(DiagnosticError) {
  try writeWhole(Array(text.utf8), to: path)
}

private func refuseSpecialFile(at path: String) throws(DiagnosticError) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  let kind =
    switch status.st_mode & S_IFMT {
    case S_IFREG: ""
    case S_IFDIR: "a folder"
    case S_IFLNK: "a symbolic link"
    default: "a special file"
    }
  guard !kind.isEmpty else { return }
  throw DiagnosticError(
    Diagnostic(
      .error, .inputOutput, id: "output-not-a-file", "will not write over \(kind)", file: path))
}

private func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Makes a rename last over a power failure, where the file system lets us.
private func synchronizeFolder(of path: String) {
  let descriptor = open(folder(of: path), O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
