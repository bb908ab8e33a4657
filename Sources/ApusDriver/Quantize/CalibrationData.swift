internal import ApusIR
internal import ApusQuantize
internal import ApusRuntime
internal import Foundation

/// The samples of a folder of `.npz` files, or of one such file.
enum CalibrationData {
  /// Reads the samples, sorted by the names of their files.
  ///
  /// - Throws: `calibration-empty` and `calibration-input`, naming the file.
  static func read(
    _ path: String, for graph: Graph
  ) throws(DiagnosticError) -> [CalibrationSample] {
    var samples: [CalibrationSample] = []
    for file in try files(path) {
      let arrays = try TensorFile.read(file)
      var inputs: [TensorData] = []
      for input in graph.inputs {
        let name = graph[input].name ?? ""
        let isOnly = graph.inputs.count == 1 && arrays.count == 1
        let array = arrays.first { $0.name == name || $0.name == "in:" + name }
        guard let data = (array ?? (isOnly ? arrays.first : nil))?.value else {
          throw DiagnosticError(
            Diagnostic(
              .invalidInput, id: "calibration-input", "the sample has no array \(name)", file: file,
              notes: arrays.map { "it has \($0.name)" }))
        }
        inputs.append(data)
      }
      samples.append(CalibrationSample(name: file, inputs: inputs))
    }
    return samples
  }

  private static func files(_ path: String) throws(DiagnosticError) -> [String] {
    guard isFolder(path) else { return [path] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let files = names.filter { $0.hasSuffix(".npz") }.sorted().map { "\(path)/\($0)" }
    guard !files.isEmpty else {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "calibration-empty", "the folder has no .npz files", file: path,
          help: "--data takes a folder of .npz files with arrays named like the inputs"))
    }
    return files
  }
}
