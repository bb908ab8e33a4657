import ApusBytecode
import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// A node whose small operands are inputs, with the result that ONNX's text gives for them.
struct OpenOperandCase: Sendable, CustomTestStringConvertible {
  var name: String
  var domain = ""
  var attributes: [ONNXAttribute] = []
  /// The operands; `nil` for one that is left out.
  var inputs: [TensorData?]
  var expected: ([Int], [Float])

  var testDescription: String { "\(domain)\(name) \(expected.0)" }
}

private func reals(_ extents: [Int], _ values: [Float]) -> TensorData {
  TensorData(.f32, extents, values)
}

private func whole(_ extents: [Int], _ values: [Int64]) -> TensorData {
  TensorData(.i64, extents, values)
}

private func attribute(_ name: String, _ value: ONNXAttribute.Value) -> ONNXAttribute {
  ONNXAttribute(name: name, value: value)
}

private func text(_ name: String, _ value: String) -> ONNXAttribute {
  attribute(name, .string(Array(value.utf8)))
}

private let cases: [OpenOperandCase] = [
  OpenOperandCase(
    name: "CumSum", inputs: [reals([2, 2], [1, 2, 3, 4]), whole([], [-1])],
    expected: ([2, 2], [1, 3, 3, 7])),
  OpenOperandCase(
    name: "CumSum", inputs: [reals([2, 2], [1, 2, 3, 4]), whole([], [0])],
    expected: ([2, 2], [1, 2, 4, 6])),
  OpenOperandCase(
    name: "TopK", inputs: [reals([3], [1, 3, 2]), whole([1], [2])], expected: ([2], [3, 2])),
  OpenOperandCase(
    name: "OneHot", inputs: [whole([2], [1, -1]), whole([], [3]), reals([2], [0, 5])],
    expected: ([2, 3], [0, 5, 0, 0, 0, 5])),
  OpenOperandCase(
    name: "CenterCropPad", inputs: [reals([3], [1, 2, 3]), whole([1], [1])],
    expected: ([1], [2])),
  OpenOperandCase(
    name: "HannWindow", attributes: [attribute("periodic", .int(0))],
    inputs: [whole([], [3])], expected: ([3], [0, 1, 0])),
  OpenOperandCase(
    name: "Range", inputs: [reals([], [1]), reals([], [2]), reals([], [0.25])],
    expected: ([4], [1, 1.25, 1.5, 1.75])),
  OpenOperandCase(
    name: "Range", inputs: [reals([], [1]), reals([], [-1]), reals([], [-1])],
    expected: ([2], [1, 0])),
  // log(e^1000 + e^1000), which overflows unless the largest element is taken out first.
  OpenOperandCase(
    name: "ReduceLogSumExp", attributes: [attribute("keepdims", .int(0))],
    inputs: [reals([2, 2], [1000, 1000, 0, 0]), whole([1], [1])],
    expected: ([2], [1000.6931, 0.6931472])),
  OpenOperandCase(
    name: "Resize", attributes: [text("mode", "linear")],
    inputs: [reals([2], [0, 4]), nil, reals([1], [2])], expected: ([4], [0, 1, 3, 4])),
  OpenOperandCase(
    name: "Resize", attributes: [text("mode", "nearest")],
    inputs: [reals([4], [1, 2, 3, 4]), nil, nil, whole([1], [2])], expected: ([2], [1, 3])),
  OpenOperandCase(
    name: "DFT", inputs: [reals([1, 2, 1], [1, 2]), nil, whole([], [1])],
    expected: ([1, 2, 2], [3, 0, -1, 0])),
  // x <= 2 gives 1, more gives 10; the second tree adds 100 to both and its base value is 0.5.
  OpenOperandCase(
    name: "TreeEnsembleRegressor", domain: "ai.onnx.ml",
    attributes: [
      attribute("nodes_treeids", .ints([0, 0, 0, 1])),
      attribute("nodes_nodeids", .ints([0, 1, 2, 0])),
      attribute("nodes_featureids", .ints([0, 0, 0, 0])),
      attribute("nodes_truenodeids", .ints([1, 0, 0, 0])),
      attribute("nodes_falsenodeids", .ints([2, 0, 0, 0])),
      attribute("nodes_values", .floats([2, 0, 0, 0])),
      attribute(
        "nodes_modes", .strings(["BRANCH_LEQ", "LEAF", "LEAF", "LEAF"].map { Array($0.utf8) })),
      attribute("target_treeids", .ints([0, 0, 1])),
      attribute("target_nodeids", .ints([1, 2, 0])),
      attribute("target_ids", .ints([0, 0, 0])),
      attribute("target_weights", .floats([1, 10, 100])),
      attribute("base_values", .floats([0.5])),
    ], inputs: [reals([3, 1], [2, 3, -.infinity])],
    expected: ([3, 1], [101.5, 110.5, 101.5])),
]

@Suite struct OpenOperandTests {
  @Test(arguments: cases) func computes(_ test: OpenOperandCase) throws {
    #expect(try run(test, declared: test.expected.0) == test.expected.0)
  }

  @Test func aRunChecksWhatTheFileDeclares() throws {
    let test = OpenOperandCase(
      name: "TopK", inputs: [reals([3], [1, 3, 2]), whole([1], [3])], expected: ([2], [3, 2]))
    #expect(throws: (any Error).self) { try run(test, declared: [2]) }
  }

  @Test func anAxisOutsideStopsTheRun() throws {
    let test = OpenOperandCase(
      name: "CumSum", inputs: [reals([2, 1], [1, 2]), whole([], [2])], expected: ([2, 1], [1, 3]))
    #expect(throws: (any Error).self) { try run(test, declared: [2, 1]) }
  }

  /// Runs a case, compares the elements and returns the extents.
  private func run(_ test: OpenOperandCase, declared: [Int]) throws -> [Int]? {
    var graph = Graph(name: "case")
    var operands: [ValueID?] = []
    for (place, input) in test.inputs.enumerated() {
      operands.append(input.map { graph.addInput("x\(place)", $0.type) })
    }
    var importer = NodeImporter(graph: graph)
    let rule = try #require(OperatorRegistry.rule(test.name, domain: test.domain))
    importer.begin(
      ONNXNode(
        name: "", operatorType: test.name, domain: test.domain, overload: "",
        inputs: operands.indices.map { operands[$0] == nil ? "" : "x\($0)" }, outputs: ["y"],
        attributes: test.attributes),
      version: test.domain.isEmpty ? 20 : 3, operands: operands, declared: [declared])
    let results = try rule.body(&importer)
    try importer.end()
    importer.graph.addOutput(results[0], name: "y")
    importer.graph.symbols = importer.symbols
    let program = try Lowering.program(
      for: importer.graph, target: .virtualMachine, name: "case")
    let session = try Session(try Bytecode.encode(program))
    let output = try session.run(test.inputs.compactMap(\.self))[0]
    for (got, want) in zip(output.elements(as: Float.self), test.expected.1) {
      #expect(abs(got - want) <= 1e-5 + 1e-5 * abs(want))
    }
    return output.type.shape.extents
  }
}
