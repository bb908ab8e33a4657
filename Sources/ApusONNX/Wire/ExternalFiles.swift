internal import ApusIR

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Files of weights in the folder of a model, opened once each and shared by all tensors.
///
/// A path is walked one folder at a time without following links, so it cannot leave the model's
/// folder, not even when links change meanwhile. A link as the last part is fine as long as it
/// points into the folder. Hard links cannot be told from files and are accepted.
struct ExternalFiles {
  /// Why a file could not be had.
  enum Fault: Error {
    /// The model came without a folder.
    case noFolder
    /// The location is not one inside the folder; the text says why.
    case location(String)
    /// The file could not be read.
    case file(FileFailure)
  }

  private let folder: String?
  private let limits: ImportLimits
  private var byLocation: [String: TensorBuffer] = [:]
  private var byIdentity: [FileIdentity: TensorBuffer] = [:]

  /// The files in `folder`; an empty path is the working folder.
  init(folder: String?, limits: ImportLimits) {
    self.folder = folder.map { $0.isEmpty ? "." : $0 }
    self.limits = limits
  }

  /// The contents of the file at `location`, a path relative to the folder.
  mutating func contents(of location: String) throws(Fault) -> TensorBuffer {
    if let buffer = byLocation[location] { return buffer }
    guard let folder else { throw .noFolder }
    let file = try open(try ExternalFiles.parts(of: location), in: folder)
    do throws(FileFailure) {
      let identity = try file.status().identity
      if byIdentity[identity] == nil {
        byIdentity[identity] = try file.contents(
          limit: limits.externalFileBytes, mappedFrom: limits.mappedFileBytes)
      }
      guard let buffer = byIdentity[identity] else { throw .shrunk }
      byLocation[location] = buffer
      return buffer
    } catch {
      throw .file(error)
    }
  }

  /// The parts of a path that stays inside its folder.
  private static func parts(of location: String) throws(Fault) -> [String] {
    guard !location.isEmpty else { throw .location("is empty") }
    guard !location.hasPrefix("/") else { throw .location("is absolute") }
    guard !location.hasPrefix("~") else { throw .location("starts with ~") }
    guard !location.contains("\\") else { throw .location("holds a backslash") }
    guard !location.hasPrefix("file:"), !location.contains("://"),
      location.dropFirst().first != ":"
    else { throw .location("is a URL or names a drive") }
    let parts = location.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !parts.contains("..") else { throw .location("leaves the folder of the model") }
    guard !parts.isEmpty else { throw .location("is the folder of the model") }
    return parts
  }

  private func open(_ parts: [String], in folder: String) throws(Fault) -> OpenFile {
    do {
      if let file = try walk(parts, in: folder) { return file }
    } catch {
      throw .file(error)
    }
    guard let root = resolved(folder), let target = resolved(folder + "/" + parts.joined("/"))
    else { throw .location("is a link to nothing") }
    guard target.hasPrefix(root == "/" ? root : root + "/") else {
      throw .location("is a link that leaves the folder of the model")
    }
    let inner = target.dropFirst(root.count).split(separator: "/").map(String.init)
    do {
      if let file = try walk(inner, in: root) { return file }
    } catch {
      throw .file(error)
    }
    throw .location("is a link that changes")
  }

  /// Opens a file without following links; `nil` when the last part is one.
  private func walk(_ parts: [String], in folder: String) throws(FileFailure) -> OpenFile? {
    var current = try OpenFile(path: folder)
    for part in parts.dropLast() {
      let next = openat(
        current.descriptor, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      if next < 0, errno == ENOTDIR || errno == ELOOP { throw .kind("a link or file as a folder") }
      current = try OpenFile(next)
    }
    guard let last = parts.last else { return nil }
    let next = openat(current.descriptor, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    if next < 0, errno == ELOOP { return nil }
    return try OpenFile(next)
  }

  private func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}

extension [String] {
  fileprivate func joined(_ separator: String) -> String { joined(separator: separator) }
}
