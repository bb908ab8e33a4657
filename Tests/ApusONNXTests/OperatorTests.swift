import ApusBytecode
import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// One node, its inputs, and what ONNX says comes out: worked out by hand from the operator's text.
struct OperatorCase: Sendable, CustomTestStringConvertible {
  var name: String
  var version = 17
  var attributes: [ONNXAttribute] = []
  var inputs: [([Int], [Float])]
  /// Operands after the inputs, known at compile time.
  var integers: [([Int], [Int64])] = []
  var expected: ([Int], [Float])

  var testDescription: String { "\(name)-\(version)" }
}

private func ints(_ name: String, _ values: [Int]) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .ints(values))
}

private func int(_ name: String, _ value: Int) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .int(value))
}

private func text(_ name: String, _ value: String) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .string(Array(value.utf8)))
}

private func float(_ name: String, _ value: Float) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .float(value))
}

private let cases: [OperatorCase] = [
  OperatorCase(
    name: "Dropout", version: 6, attributes: [int("is_test", 1)], inputs: [([2], [1, 2])],
    expected: ([2], [1, 2])),
  // The second region lies outside of the image, so that its bins are empty.
  OperatorCase(
    name: "MaxRoiPool", attributes: [ints("pooled_shape", [2, 2])],
    inputs: [
      ([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), ([2, 5], [0, 0, 0, 2, 2, 0, 5, 5, 6, 6]),
    ], expected: ([2, 1, 2, 2], [5, 6, 8, 9, 0, 0, 0, 0])),
  OperatorCase(name: "Relu", inputs: [([3], [-1, 0, 2])], expected: ([3], [0, 0, 2])),
  OperatorCase(
    name: "LeakyRelu", attributes: [float("alpha", 0.5)], inputs: [([2], [-4, 4])],
    expected: ([2], [-2, 4])),
  OperatorCase(
    name: "Selu", attributes: [float("alpha", 2), float("gamma", 3)],
    inputs: [([3], [-0.6931472, 0, 1])], expected: ([3], [-3, 0, 3])),
  OperatorCase(
    name: "Transpose", attributes: [ints("perm", [1, 0])],
    inputs: [([2, 3], [1, 2, 3, 4, 5, 6])], expected: ([3, 2], [1, 4, 2, 5, 3, 6])),
  OperatorCase(
    name: "MatMul", inputs: [([2, 2], [1, 2, 3, 4]), ([2, 1], [5, 6])],
    expected: ([2, 1], [17, 39])),
  OperatorCase(
    name: "MatMul", inputs: [([2], [1, 2]), ([2], [3, 4])], expected: ([], [11])),
  OperatorCase(
    name: "Gemm", attributes: [int("transB", 1), float("beta", 2)],
    inputs: [([1, 2], [1, 2]), ([2, 2], [1, 0, 0, 1]), ([2], [10, 20])],
    expected: ([1, 2], [21, 42])),
  OperatorCase(
    name: "Add", version: 6, attributes: [int("broadcast", 1), int("axis", 0)],
    inputs: [([2, 2], [1, 2, 3, 4]), ([2], [10, 20])], expected: ([2, 2], [11, 12, 23, 24])),
  OperatorCase(
    name: "Conv", attributes: [ints("pads", [1, 1, 1, 1])],
    inputs: [([1, 1, 2, 2], [1, 2, 3, 4]), ([1, 1, 3, 3], Array(repeating: 1, count: 9))],
    expected: ([1, 1, 2, 2], [10, 10, 10, 10])),
  OperatorCase(
    name: "MaxPool",
    attributes: [ints("kernel_shape", [2]), ints("strides", [2]), int("ceil_mode", 1)],
    inputs: [([1, 1, 5], [1, 3, 2, 0, -7])], expected: ([1, 1, 3], [3, 2, -7])),
  OperatorCase(
    name: "AveragePool", attributes: [ints("kernel_shape", [2]), ints("pads", [1, 0])],
    inputs: [([1, 1, 3], [2, 4, 6])], expected: ([1, 1, 3], [2, 3, 5])),
  OperatorCase(
    name: "Softmax", version: 11, attributes: [int("axis", 0)],
    inputs: [([2, 2], [0, 0, 0, 0])], expected: ([2, 2], [0.25, 0.25, 0.25, 0.25])),
  OperatorCase(
    name: "ReduceMean", attributes: [ints("axes", [1]), int("keepdims", 0)],
    inputs: [([2, 2], [1, 3, 5, 9])], expected: ([2], [2, 7])),
  OperatorCase(
    name: "LayerNormalization", attributes: [float("epsilon", 0)],
    inputs: [([1, 2], [1, 3]), ([2], [2, 2]), ([2], [1, 1])], expected: ([1, 2], [-1, 3])),
  OperatorCase(
    name: "Pad", version: 2, attributes: [ints("pads", [1, 2])],
    inputs: [([2], [5, 6])], expected: ([5], [0, 5, 6, 0, 0])),
  OperatorCase(
    name: "GatherElements", attributes: [int("axis", 1)], inputs: [([2, 2], [1, 2, 3, 4])],
    integers: [([2, 3], [0, 0, 1, -1, 0, 1])], expected: ([2, 3], [1, 1, 2, 4, 3, 4])),
  OperatorCase(
    name: "GatherND", attributes: [int("batch_dims", 1)],
    inputs: [([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7])], integers: [([2, 1], [1, 0])],
    expected: ([2, 2], [2, 3, 4, 5])),
  OperatorCase(
    name: "TopK", attributes: [int("axis", 0)], inputs: [([5], [1, 4, 3, 4, 2])],
    integers: [([1], [3])], expected: ([3], [4, 4, 3])),
  OperatorCase(
    name: "CumSum", attributes: [int("exclusive", 1), int("reverse", 1)],
    inputs: [([4], [1, 2, 3, 4])], integers: [([], [0])], expected: ([4], [9, 7, 4, 0])),
  OperatorCase(
    name: "ReverseSequence", inputs: [([3, 2], [0, 1, 2, 3, 4, 5])],
    integers: [([2], [2, 3])], expected: ([3, 2], [2, 5, 0, 3, 4, 1])),
  OperatorCase(
    name: "NegativeLogLikelihoodLoss", attributes: [int("ignore_index", 5)],
    inputs: [([3, 2], [-1, -2, -3, -4, -5, -6])], integers: [([3], [1, 5, 0])],
    expected: ([], [3.5])),
  OperatorCase(
    name: "ConvTranspose", attributes: [ints("strides", [2])],
    inputs: [([1, 1, 2], [1, 10]), ([1, 1, 3], [1, 2, 3])],
    expected: ([1, 1, 5], [1, 2, 13, 20, 30])),
  OperatorCase(
    name: "Einsum", attributes: [text("equation", "ij, jk -> ki")],
    inputs: [([1, 2], [1, 2]), ([2, 2], [3, 4, 5, 6])], expected: ([2, 1], [13, 16])),
  OperatorCase(
    name: "Einsum", attributes: [text("equation", "ii")], inputs: [([2, 2], [1, 2, 3, 4])],
    expected: ([], [5])),
  OperatorCase(
    name: "DFT", version: 17, attributes: [int("axis", 0), int("onesided", 1)],
    inputs: [([4, 1], [1, 2, 3, 4])], expected: ([3, 2], [10, 0, -2, 2, -2, 0])),
  OperatorCase(
    name: "Attention", version: 23, attributes: [int("is_causal", 1), float("scale", 0)],
    inputs: [
      ([1, 1, 2, 1], [1, 1]), ([1, 1, 2, 1], [1, 1]), ([1, 1, 2, 1], [2, 4]),
    ], expected: ([1, 1, 2, 1], [2, 3])),
]

@Suite struct OperatorTests {
  @Test(arguments: cases) func computes(_ test: OperatorCase) throws {
    var graph = Graph(name: "case")
    let operands = test.inputs.enumerated().map { place, input in
      graph.addInput("x\(place)", TensorType(.f32, input.0))
    }
    var importer = NodeImporter(graph: graph)
    let all = operands + test.integers.map { importer.constant(TensorData(.i64, $0.0, $0.1)) }
    let rule = try #require(OperatorRegistry.rule(test.name, domain: ""))
    importer.begin(
      ONNXNode(
        name: "", operatorType: test.name, domain: "", overload: "",
        inputs: all.indices.map { "x\($0)" }, outputs: ["y"], attributes: test.attributes),
      version: test.version, operands: all)
    let results = try rule.body(&importer)
    try importer.end()
    importer.graph.addOutput(results[0], name: "y")
    let program = try Lowering.program(
      for: importer.graph, target: .virtualMachine, name: "case")
    let session = try Session(try Bytecode.encode(program))
    let output = try session.run(test.inputs.map { TensorData(.f32, $0.0, $0.1) })[0]
    #expect(output.type == TensorType(.f32, test.expected.0))
    for (got, want) in zip(output.elements(as: Float.self), test.expected.1) {
      #expect(abs(got - want) <= 1e-5 + 1e-5 * abs(want))
    }
  }
}
