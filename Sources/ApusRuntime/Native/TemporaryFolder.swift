public import ApusIR
internal import Foundation

/// A folder that vanishes with its owner.
public final class TemporaryFolder: Sendable {
  /// The path.
  public let path: String

  /// A new empty folder.
  public init() throws(DiagnosticError) {
    path = NSTemporaryDirectory() + "/apus-" + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DiagnosticError(
        Diagnostic(.inputOutput, id: "folder", "cannot make a temporary folder \(path)"))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Makes a folder and those above it, unless they exist.
public func makeFolder(_ path: String) throws(DiagnosticError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw DiagnosticError(
      Diagnostic(.inputOutput, id: "folder", "cannot make the folder", file: path))
  }
}

/// Copies a file, whole or not at all.
public func copyFile(_ source: String, to target: String) throws(DiagnosticError) {
  try writeWhole(try FileBytes(reading: source).array, to: target)
}
