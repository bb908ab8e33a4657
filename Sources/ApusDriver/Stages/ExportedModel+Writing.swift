internal import ApusIR
internal import ApusONNX
internal import ApusRuntime

extension ExportOptions {
  /// Options for a model at a path, beside which its weights stand if they must.
  init(beside path: String) {
    self.init(weightsName: (path.split(separator: "/").last ?? "") + ".weights")
  }
}

extension ExportedModel {
  /// Writes the model and, before it, the file of weights that belongs to it.
  func write(to path: String) throws(DiagnosticError) {
    if !weights.isEmpty {
      var file = try OutputFile(path + ".weights")
      try forEachPiece { bytes throws(DiagnosticError) in try file.write(bytes) }
      try file.commit()
    }
    try writeWhole(bytes, to: path)
  }
}
