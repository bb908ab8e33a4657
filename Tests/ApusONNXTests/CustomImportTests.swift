import ApusIR
import Testing

@testable import ApusONNX

/// Nodes of a domain that is not of ONNX.
@Suite struct CustomImportTests {
  private let swirl = CustomImport("Swirl", domain: "acme") { attributes throws(OperatorError) in
    guard case .real(let gain)? = attributes["gain"], attributes.count == 1 else {
      throw OperatorError("gain expected", id: "acme-swirl")
    }
    return CustomOperator("acme.swirl") { graph, operands throws(OperatorError) in
      [try graph.map(operands, .operand(0) * .real(Double(gain)))]
    }
  }

  private func model(_ attributes: [ONNXAttribute]) -> [UInt8] {
    let type = ONNXType.tensor(.f32, shape: [.extent(2)])
    let node = ONNXNode(
      name: "n", operatorType: "Swirl", domain: "acme", overload: "", inputs: ["x"],
      outputs: ["y"], attributes: attributes)
    let graph = ONNXGraph(
      name: "g", nodes: [node], initializers: [], inputs: [ONNXValueInfo(name: "x", type: type)],
      outputs: [ONNXValueInfo(name: "y", type: type)], valueInfo: [])
    var writer = ModelWriter()
    return writer.write(
      ONNXModel(
        irVersion: 10, producer: "test", opsets: [("acme", 1)], metadata: [], graph: graph,
        functions: [], warnings: []))
  }

  @Test func nodesBecomeCustomOperators() throws {
    let bytes = model([ONNXAttribute(name: "gain", value: .float(2))])
    let graph = try Graph(
      importing: bytes, named: "m", options: ImportOptions(customOperators: [swirl]))
    guard case .custom(let custom)? = graph.nodes.first?.operation else {
      Issue.record("no custom operator in \(graph.text)")
      return
    }
    #expect(custom.name == "acme.swirl")
    #expect(graph.nodes.first?.origins == ["Swirl n"])
    #expect(graph.expandingCustomOperators().nodes.map(\.operation.mnemonic) == ["map"])
  }

  @Test func whatIsNotUnderstoodIsRefused() {
    let strange = model([ONNXAttribute(name: "speed", value: .int(2))])
    let options = ImportOptions(customOperators: [swirl])
    let refused = #expect(throws: DiagnosticError.self) {
      try Graph(importing: strange, named: "m", options: options)
    }
    #expect(refused?.diagnostics.first?.id == "acme-swirl")
    let unknown = #expect(throws: DiagnosticError.self) {
      try Graph(importing: strange, named: "m")
    }
    #expect(unknown?.exitCode == 4)
  }
}
