import ApusIR
import Testing

@testable import ApusONNX

/// A node of `ai.onnx.ml` on one input, with results worked out by hand.
struct LearningCase: Sendable, CustomTestStringConvertible {
  var name: String
  var attributes: [ONNXAttribute]
  var input: TensorData
  var expected: [([Int], [Double])]

  var testDescription: String { name }
}

private func reals(_ extents: [Int], _ values: [Float]) -> TensorData {
  TensorData(.f32, extents, values)
}

private func floats(_ name: String, _ values: [Float]) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .floats(values))
}

private func wholes(_ name: String, _ values: [Int]) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .ints(values))
}

private func strings(_ name: String, _ values: [String]) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .strings(values.map { Array($0.utf8) }))
}

private func text(_ name: String, _ value: String) -> ONNXAttribute {
  ONNXAttribute(name: name, value: .string(Array(value.utf8)))
}

private let cases: [LearningCase] = [
  LearningCase(
    name: "Scaler", attributes: [floats("offset", [1, 2]), floats("scale", [2, 10])],
    input: reals([1, 2], [3, 1]), expected: [([1, 2], [4, -10])]),
  LearningCase(
    name: "Normalizer", attributes: [text("norm", "L2")], input: reals([2, 2], [3, -4, 0, 0]),
    expected: [([2, 2], [0.6, -0.8, 0, 0])]),
  LearningCase(
    name: "OneHotEncoder", attributes: [wholes("cats_int64s", [7, 2])],
    input: reals([3], [2, 3, 7]), expected: [([3, 2], [0, 1, 0, 0, 1, 0])]),
  LearningCase(
    name: "CategoryMapper",
    attributes: [strings("cats_strings", ["a", "b", "a"]), wholes("cats_int64s", [4, 5, 6])],
    input: TensorData(strings: ["a", "c"].map { Array($0.utf8) }, [2]),
    expected: [([2], [6, -1])]),
  LearningCase(
    name: "Imputer",
    attributes: [
      floats("imputed_value_floats", [5]),
      ONNXAttribute(name: "replaced_value_float", value: .float(.nan)),
    ], input: reals([1, 2], [.nan, 2]), expected: [([1, 2], [5, 2])]),
  LearningCase(
    name: "LabelEncoder",
    attributes: [wholes("keys_int64s", [4, 4, 6]), floats("values_floats", [0.5, 9, 1.5])],
    input: TensorData(.i64, [3], [6, 4, 5] as [Int64]), expected: [([3], [1.5, 0.5, 0])]),
  LearningCase(
    name: "LinearRegressor",
    attributes: [
      floats("coefficients", [1, 2, 3, 4]), floats("intercepts", [10, 20]),
      ONNXAttribute(name: "targets", value: .int(2)),
    ], input: reals([2], [1, -1]), expected: [([1, 2], [9, 19])]),
  LearningCase(
    name: "LinearClassifier",
    attributes: [
      floats("coefficients", [2]), floats("intercepts", [-1]), wholes("classlabels_ints", [3, 8]),
      text("post_transform", "LOGISTIC"),
    ], input: reals([2, 1], [0.5, 4]),
    expected: [([2], [3, 8]), ([2, 2], [0.5, 0.5, 9.110512e-4, 0.9990889])]),
  // Kernels 1 + 1 and 1 - 1; both classes have one vector.
  LearningCase(
    name: "SVMClassifier",
    attributes: [
      floats("coefficients", [0.5, 1]), floats("rho", [-3]), wholes("classlabels_ints", [3, 8]),
      floats("support_vectors", [1, 1, 1, -1]), wholes("vectors_per_class", [1, 1]),
      floats("prob_a", [-1]), floats("prob_b", [-2]), text("kernel_type", "LINEAR"),
    ], input: reals([1, 2], [1, 1]), expected: [([1], [8]), ([1, 2], [0.5, 0.5])]),
  LearningCase(
    name: "SVMRegressor",
    attributes: [
      floats("coefficients", [1, 2]), floats("rho", [0.5]), floats("support_vectors", [1, 3]),
      ONNXAttribute(name: "n_supports", value: .int(2)), text("kernel_type", "POLY"),
      floats("kernel_params", [1, 1, 2]),
    ], input: reals([1, 1], [2]), expected: [([1, 1], [9 + 2 * 49 + 0.5])]),
]

extension GraphImportTests {
  @Test(arguments: cases) func learns(_ test: LearningCase) throws {
    let names = test.expected.indices.map { "y\($0)" }
    let extents = test.input.type.shape.extents
    let graph = body(
      [node(test.name, ["x"], names, test.attributes, domain: "ai.onnx.ml")],
      in: [value("x", test.input.type.element, extents)],
      out: names.map { ONNXValueInfo(name: $0, type: nil) })
    let found = try results(graph, [test.input])
    #expect(found.map(\.type.shape) == test.expected.map { Shape($0.0) })
    for (got, want) in zip(found, test.expected) {
      let numbers =
        got.type.element == .i64
        ? got.elements(as: Int64.self).map { Double($0) }
        : got.elements(as: Float.self).map { Double($0) }
      #expect(zip(numbers, want.1).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    }
  }

  @Test(arguments: [
    ("ZipMap", "ai.onnx.ml"), ("ImageDecoder", ""), ("Gradient", "ai.onnx.preview.training"),
  ]) func whatIsLeftOutComesWithAdvice(_ name: String, _ domain: String) {
    let graph = body(
      [node(name, ["x"], ["y"], domain: domain)],
      in: [value("x", .f32, [1, 2])], out: [ONNXValueInfo(name: "y", type: nil)])
    let error = #expect(throws: DiagnosticError.self) { try imported(graph) }
    #expect(error?.exitCode == 4)
    #expect(error?.diagnostics.first?.help != nil)
  }

  /// Classes are strings for strings only, and numbers for numbers.
  @Test(arguments: [
    [strings("cats_strings", ["a"])], [],
    [strings("cats_strings", ["a"]), wholes("cats_int64s", [1])],
  ]) func classesHaveTheTypeOfTheirInput(_ attributes: [ONNXAttribute]) {
    let graph = body(
      [node("OneHotEncoder", ["x"], ["y"], attributes, domain: "ai.onnx.ml")],
      in: [value("x", .f32, [1, 2])], out: [ONNXValueInfo(name: "y", type: nil)])
    let error = #expect(throws: DiagnosticError.self) { try imported(graph) }
    #expect(error?.exitCode == 3)
  }

  /// Two scores, of which the first is larger in row 0 and the second in row 1.
  @Test func labelsMayBeStrings() throws {
    let graph = body(
      [
        node(
          "LinearClassifier", ["x"], ["y"],
          [
            floats("coefficients", [1, -1]), floats("intercepts", [0, 1]),
            strings("classlabels_strings", ["oak", "ash"]),
          ], domain: "ai.onnx.ml")
      ], in: [value("x", .f32, [2, 1])], out: [ONNXValueInfo(name: "y", type: nil)])
    let found = try results(graph, [TensorData(.f32, [2, 1], [1, -1] as [Float])])
    #expect(found[0].strings.map { String(decoding: $0, as: UTF8.self) } == ["oak", "ash"])
  }

  /// The second row takes the place of the first: -(2 · (0 - 3 · 1 / 2)).
  @Test func determinantsSwapRows() throws {
    let model = body(
      [node("Det", ["x"], ["y"])], in: [value("x", .f32, [2, 2, 2])],
      out: [value("y", .f32, [2])])
    let found = try results(
      model, [TensorData(.f32, [2, 2, 2], [0, 3, 2, 1, 1, 2, 2, 4] as [Float])])
    #expect(found[0].elements(as: Float.self) == [-6, 0])
  }

  /// Running sums of 1, 2, 3 and of 10, 20, whose third step is not part of the sequence.
  @Test(arguments: ["forward", "reverse"]) func sequencesMayEndEarly(_ direction: String) throws {
    let model = body(
      [
        node(
          "RNN", ["x", "w", "r", "", "lengths"], ["y", "last"],
          [
            int("hidden_size", 1), text("direction", direction),
            ONNXAttribute(name: "activations", value: .strings([Array("Affine".utf8)])),
            floats("activation_alpha", [1]), floats("activation_beta", [0]),
          ])
      ],
      in: [value("x", .f32, [3, 2, 1]), value("lengths", .i32, [2])],
      out: [value("y", .f32, [3, 1, 2, 1]), value("last", .f32, [1, 2, 1])],
      constants: ["w", "r"].map {
        ONNXTensor(
          name: $0, element: .f32, extents: [1, 1, 1],
          data: TensorData(.f32, [1, 1, 1], [1] as [Float]))
      })
    let x = TensorData(.f32, [3, 2, 1], [1, 10, 2, 20, 3, 30] as [Float])
    let found = try results(model, [x, TensorData(.i32, [2], [3, 2] as [Int32])])
    let isForward = direction == "forward"
    #expect(
      found[0].elements(as: Float.self)
        == (isForward ? [1, 10, 3, 30, 6, 0] : [6, 30, 5, 20, 3, 0]))
    #expect(found[1].elements(as: Float.self) == [6, 30])
  }

  /// Scores 0 and ln 3 give chances of 1/4 and 3/4, which the second subgraph doubles.
  @Test func attentionRunsItsSubgraphs() throws {
    let any = ONNXValueInfo(name: "s", type: nil)
    let doubled = body(
      [node("Add", ["s", "s"], ["t"])], in: [any], out: [ONNXValueInfo(name: "t", type: nil)])
    let scaled = body(
      [node("Mul", ["s", "k"], ["t"])], in: [any], out: [ONNXValueInfo(name: "t", type: nil)],
      constants: [
        ONNXTensor(
          name: "k", element: .f32, extents: [],
          data: TensorData(.f32, [], [Float(1.0986123)]))
      ])
    let model = body(
      [
        node(
          "FlexAttention", ["q", "k", "v"], ["y"],
          [graph("score_mod", scaled), graph("prob_mod", doubled)], domain: "ai.onnx.preview")
      ],
      in: [
        value("q", .f32, [1, 1, 1, 1]), value("k", .f32, [1, 1, 2, 1]),
        value("v", .f32, [1, 1, 2, 1]),
      ], out: [value("y", .f32, [1, 1, 1, 1])])
    let two = [1, 1, 2, 1]
    let found = try results(
      model,
      [
        TensorData(.f32, [1, 1, 1, 1], [1] as [Float]), TensorData(.f32, two, [0, 1] as [Float]),
        TensorData(.f32, two, [4, 8] as [Float]),
      ])
    #expect(abs(found[0].elements(as: Float.self)[0] - 14) < 1e-4)
  }
}
