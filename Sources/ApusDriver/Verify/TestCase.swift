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
  func dataSets() throws(DiagnosticError) -> [DataSet] {
    var sets: [DataSet] = []
    for entry in TestCase.contents(of: folder) {
      let path = "\(folder)/\(entry)"
      if entry.hasPrefix("test_data_set_"), isFolder(path) {
        sets.append(try DataSet(folder: path, name: entry))
      } else if entry.hasSuffix(".npz") {
        let set = DataSet(archive: try TensorFile.read(path), name: entry)
        if !set.outputs.isEmpty { sets.append(set) }
      }
    }
    return sets
  }
}

/// Inputs and wanted outputs of one run.
struct DataSet: Sendable {
  /// The name of the folder or file.
  let name: String
  let inputs: [NamedTensor]
  let outputs: [NamedTensor]
  /// Whether tensors are told apart by place rather than by name.
  let isPositional: Bool

  /// `input_*.pb` and `output_*.pb` in graph order.
  init(folder: String, name: String) throws(DiagnosticError) {
    func tensors(_ kind: String) throws(DiagnosticError) -> [NamedTensor] {
      var result: [NamedTensor] = []
      while FileManager.default.fileExists(atPath: "\(folder)/\(kind)_\(result.count).pb") {
        result += try TensorFile.read("\(folder)/\(kind)_\(result.count).pb")
      }
      return result
    }
    self.name = name
    inputs = try tensors("input")
    outputs = try tensors("output")
    isPositional = true
  }

  /// Arrays called `in:NAME` and `out:NAME`.
  init(archive: [NamedTensor], name: String) {
    func tensors(_ prefix: String) -> [NamedTensor] {
      archive.filter { $0.name.hasPrefix(prefix) }
        .map { NamedTensor(String($0.name.dropFirst(prefix.count)), $0.value) }
    }
    self.name = name
    inputs = tensors("in:")
    outputs = tensors("out:")
    isPositional = false
  }

  /// The input of a port.
  func input(_ place: Int, _ name: String) -> TensorValue? { find(inputs, place, name) }

  /// The wanted output of a port.
  func output(_ place: Int, _ name: String) -> TensorValue? { find(outputs, place, name) }

  private func find(_ tensors: [NamedTensor], _ place: Int, _ name: String) -> TensorValue? {
    if isPositional { return place < tensors.count ? tensors[place].value : nil }
    return tensors.first { $0.name == name }?.value
  }
}
