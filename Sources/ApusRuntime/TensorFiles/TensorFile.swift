public import ApusIR

/// Tensor files of every format that is known, told apart by the ending of their name.
public enum TensorFile {
  /// Reads `.npy`, `.npz` or `.pb`; the tensor of an `.npy` file has no name.
  ///
  /// - Throws: `inputOutput`, `invalidInput`, `unsupported`, or `usage` for another ending.
  public static func read(_ path: String) throws(DiagnosticError) -> [NamedTensor] {
    switch ending(of: path) {
    case "npy": return [NamedTensor("", try NumpyFile.decode(FileBytes(reading: path)))]
    case "npz": return try NumpyArchive.decode(FileBytes(reading: path))
    case "pb": return [try TensorProtoFile.decode(FileBytes(reading: path))]
    default: throw unknownEnding(path)
    }
  }

  /// Writes one tensor as `.npy` or `.pb`, or several as `.npz`; whole or not at all.
  public static func write(_ tensors: [NamedTensor], to path: String) throws(DiagnosticError) {
    switch (ending(of: path), tensors.count) {
    case ("npy", 1): try writeWhole(NumpyFile.encode(tensors[0].value), to: path)
    case ("npz", _): try writeWhole(NumpyArchive.encode(tensors), to: path)
    case ("pb", 1): try writeWhole(TensorProtoFile.encode(tensors[0]), to: path)
    default: throw unknownEnding(path)
    }
  }

  private static func ending(of path: String) -> String {
    path.split(separator: "/").last?.split(separator: ".").last.map(String.init) ?? ""
  }

  private static func unknownEnding(_ path: String) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .usage, id: "tensor-file-ending", "not the name of a tensor file", file: path,
        help: "use .npy or .pb for one tensor, .npz for several"))
  }
}
