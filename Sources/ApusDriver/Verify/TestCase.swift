internal import ApusIR
internal import ApusONNX
internal import ApusRuntime
internal import Foundation

/// A folder with a model and recorded inputs and outputs.
struct TestCase: Sendable {
  /// The name in reports and list files.
  let name: String
  /// The folder.
  let folder: String

  /// The model file.
  var model: String { folder + "/model.onnx" }

  /// The cases at or below a folder, sorted by name.
  ///
  /// A folder that is a case is named after itself, those below after their path.
  static func find(in path: String) throws(DiagnosticError) -> [TestCase] {
    guard isFolder(path) else {
      throw DiagnosticError(
        Diagnostic(
          .inputOutput, id: "case-missing", "no such folder", file: path,
          help: "a case is a folder with model.onnx and recorded tensors"))
    }
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let label = trimmed.split(separator: "/").last.map(String.init) ?? trimmed
    var cases: [TestCase] = []
    collect(trimmed, label, isTop: true, into: &cases)
    return cases
  }

  private static func collect(
    _ folder: String, _ name: String, isTop: Bool, into cases: inout [TestCase]
  ) {
    let entries = contents(of: folder)
    if entries.contains("model.onnx") {
      cases.append(TestCase(name: name, folder: folder))
      return
    }
    for entry in entries where isFolder("\(folder)/\(entry)") {
      let inner = isTop ? entry : "\(name)/\(entry)"
      collect("\(folder)/\(entry)", inner, isTop: false, into: &cases)
    }
  }

  private static func contents(of folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// The recorded tensors: folders `test_data_set_*`, and archives with `in:` and `out:` arrays.
  func dataSets(_ interface: ModelInterface) throws(DiagnosticError) -> [DataSet] {
    var sets: [DataSet] = []
    for entry in TestCase.contents(of: folder) {
      let path = "\(folder)/\(entry)"
      if entry.hasPrefix("test_data_set_"), isFolder(path) {
        sets.append(try DataSet(folder: path, name: entry, interface))
      } else if entry.hasSuffix(".npz") {
        let set = DataSet(archive: try TensorFile.read(path), name: entry, interface)
        if !set.outputs.isEmpty { sets.append(set) }
      }
    }
    return sets
  }
}
