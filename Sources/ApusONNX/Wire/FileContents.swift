internal import ApusIR

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Why a file could not be had.
enum FileFailure: Error {
  /// The system refused; the number is `errno`.
  case system(Int32)
  /// It is not a regular file; the text says what it is.
  case kind(String)
  /// It is larger than allowed.
  case size(Int)
  /// It became shorter while it was read.
  case shrunk

  /// The diagnostic for the file that the user calls `name`.
  func diagnostic(_ name: String, place: Diagnostic.Place = .file) -> Diagnostic {
    switch self {
    case .system(let code):
      Diagnostic(
        .error, .inputOutput, id: "file-unreadable",
        "cannot read: \(String(cString: strerror(code)))",
        file: name, place: place)
    case .kind(let kind):
      Diagnostic(
        .error, .inputOutput, id: "file-not-regular", "\(kind) is not a regular file", file: name,
        place: place, help: "name a file that holds the bytes")
    case .size(let count):
      Diagnostic(
        .error, .limitExceeded, id: "file-too-large", "\(count) bytes are more than allowed",
        file: name,
        place: place)
    case .shrunk:
      Diagnostic(
        .error, .inputOutput, id: "file-shrunk", "the file became shorter while it was read",
        file: name,
        place: place)
    }
  }
}

/// An open file descriptor, closed at the end of its life.
struct OpenFile: ~Copyable {
  let descriptor: Int32

  /// Takes over a descriptor as `open` returned it.
  init(_ descriptor: Int32) throws(FileFailure) {
    guard descriptor >= 0 else { throw .system(errno) }
    self.descriptor = descriptor
  }

  /// Opens a file for reading; does not wait for a writer of a FIFO.
  init(path: String) throws(FileFailure) {
    try self.init(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC))
  }

  deinit { close(descriptor) }

  /// The identity and size of a regular file.
  borrowing func status() throws(FileFailure) -> (identity: FileIdentity, count: Int) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
    let kinds: [mode_t: String] = [
      S_IFDIR: "a folder", S_IFIFO: "a FIFO", S_IFCHR: "a device", S_IFBLK: "a device",
      S_IFSOCK: "a socket",
    ]
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .kind(kinds[status.st_mode & S_IFMT] ?? "it")
    }
    let identity = FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    return (identity, Int(status.st_size))
  }

  /// The whole file: a copy when it is small, a read-only mapping when it is large.
  ///
  /// A copy stays whole when another process cuts the file short; a mapping would raise SIGBUS.
  /// The weights of large files are worth that risk, and nothing else of such a file is read from
  /// the mapping once import is done.
  borrowing func contents(
    limit: Int, mappedFrom threshold: Int
  ) throws(FileFailure) -> TensorBuffer {
    let count = try status().count
    guard count <= limit else { throw .size(count) }
    return count < threshold ? try copy(count) : try map(count)
  }

  private borrowing func copy(_ count: Int) throws(FileFailure) -> TensorBuffer {
    let descriptor = descriptor
    var done = 0
    var failure: FileFailure?
    let buffer = TensorBuffer(count: count) { bytes in
      while done < count, failure == nil {
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
        switch pread(descriptor, part.baseAddress, part.count, off_t(done)) {
        case 0: failure = .shrunk
        case let size where size > 0: done += size
        default: if errno != EINTR { failure = .system(errno) }
        }
      }
    }
    if let failure { throw failure }
    return buffer
  }

  private borrowing func map(_ count: Int) throws(FileFailure) -> TensorBuffer {
    let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw .system(errno) }
    let base = UInt(bitPattern: address)
    return TensorBuffer(borrowing: UnsafeRawBufferPointer(start: address, count: count)) {
      munmap(UnsafeMutableRawPointer(bitPattern: base), count)
    }
  }
}

/// What tells one file of this host from another, whatever its path.
struct FileIdentity: Hashable {
  let device: UInt64
  let number: UInt64
}
