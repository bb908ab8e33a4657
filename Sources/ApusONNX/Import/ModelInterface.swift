public import ApusIR

/// What a model takes and gives, without its nodes.
public struct ModelInterface: Sendable {
  private let model: ONNXModel

  /// Reads an ONNX model.
  public init(of path: String) throws(DiagnosticError) { model = try ONNXModel(contentsOf: path) }

  /// Names and types of the inputs, in order; sizes may be symbolic.
  ///
  /// - Throws: `DiagnosticError` when the options leave open what an input is.
  public func inputs(
    _ options: ImportOptions = ImportOptions()
  ) throws(DiagnosticError) -> [(name: String, type: TensorType)] {
    var importer = Importer(model, options)
    let graph = try importer.interface()
    return graph.inputs.map { (graph[$0].name ?? "", graph.type(of: $0)) }
  }

  /// The inputs as the file declares them, without those that have a constant.
  package var declaredInputs: [ONNXValueInfo] {
    let constants = Set(model.graph.initializers.map(\.name))
    return model.graph.inputs.filter { !constants.contains($0.name) }
  }

  /// The outputs as the file declares them.
  package var declaredOutputs: [ONNXValueInfo] { model.graph.outputs }
}
