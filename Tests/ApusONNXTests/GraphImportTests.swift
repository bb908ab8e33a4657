import ApusBytecode
import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// Subgraphs, functions, sequences and shapes that are known at run time only, run in the
/// interpreter.
///
/// Expectations are worked out by hand from the operators' texts.
@Suite struct GraphImportTests {
  // MARK: Models

  func value(_ name: String, _ element: ElementType, _ extents: [Int]?) -> ONNXValueInfo {
    let shape = extents.map { $0.map { $0 < 0 ? ONNXDimension.unknown : .extent($0) } }
    return ONNXValueInfo(name: name, type: .tensor(element, shape: shape))
  }

  func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [ONNXAttribute] = [],
    domain: String = ""
  ) -> ONNXNode {
    ONNXNode(
      name: outputs.first ?? "", operatorType: type, domain: domain, overload: "",
      inputs: inputs, outputs: outputs, attributes: attributes)
  }

  func graph(_ name: String, _ attribute: ONNXGraph) -> ONNXAttribute {
    ONNXAttribute(name: name, value: .graph(attribute))
  }

  func int(_ name: String, _ value: Int) -> ONNXAttribute {
    ONNXAttribute(name: name, value: .int(value))
  }

  func ints(_ name: String, _ values: [Int]) -> ONNXAttribute {
    ONNXAttribute(name: name, value: .ints(values))
  }

  func body(
    _ nodes: [ONNXNode], in inputs: [ONNXValueInfo] = [], out outputs: [ONNXValueInfo],
    constants: [ONNXTensor] = []
  ) -> ONNXGraph {
    ONNXGraph(
      name: "body", nodes: nodes, initializers: constants, inputs: inputs, outputs: outputs,
      valueInfo: [])
  }

  func integers(_ name: String, _ extents: [Int], _ values: [Int64]) -> ONNXTensor {
    ONNXTensor(
      name: name, element: .i64, extents: extents,
      data: TensorData(.i64, extents, values))
  }

  func imported(
    _ graph: ONNXGraph, functions: [ONNXFunction] = [],
    _ options: ImportOptions = ImportOptions(), opset: Int = 17
  ) throws(DiagnosticError) -> Graph {
    let model = ONNXModel(
      irVersion: 8, producer: "",
      opsets: [
        ("", opset), ("own", 1), ("ai.onnx.ml", 3), ("ai.onnx.preview", 1),
        ("ai.onnx.preview.training", 1),
      ], metadata: [],
      graph: graph,
      functions: functions, warnings: [])
    var importer = Importer(model, options)
    return try importer.run()
  }

  func results(
    _ model: ONNXGraph, _ inputs: [TensorData], functions: [ONNXFunction] = [],
    _ options: ImportOptions = ImportOptions(), opset: Int = 17
  ) throws -> [TensorData] {
    let graph = try imported(model, functions: functions, options, opset: opset)
    try graph.verify(stage: .imported)
    let program = try Lowering.program(for: graph, target: .virtualMachine, name: "m")
    return try Session(Bytecode.encode(program)).run(inputs)
  }

  func reals(_ values: [Float]) -> TensorData { TensorData(.f32, [values.count], values) }

  // MARK: Control flow

  /// `s = s + x` as often as asked, the sums stacked; `x` comes from around the body.
  private var loop: ONNXGraph {
    let turn = body(
      [
        node("Add", ["s", "x"], ["t"]), node("Identity", ["t"], ["row"]),
        node("Identity", ["go"], ["on"]),
      ],
      in: [value("i", .i64, []), value("go", .bool, []), value("s", .f32, [2])],
      out: [value("on", .bool, []), value("t", .f32, [2]), value("row", .f32, [2])])
    return body(
      [node("Loop", ["n", "", "x"], ["last", "rows"], [graph("body", turn)])],
      in: [value("n", .i64, []), value("x", .f32, [2])],
      out: [value("last", .f32, [2]), value("rows", .f32, [-1, 2])])
  }

  @Test func loopsSeeWhatIsAroundThem() throws {
    var bounded = loop
    bounded.outputs[1] = value("rows", .f32, [4, 2])
    for count in [0, 1, 4] {
      let found = try results(
        bounded, [TensorData(.i64, [], [Int64(count)]), reals([1, 10])])
      #expect(found[0].elements(as: Float.self) == [1, 10].map { $0 * Float(count + 1) })
      #expect(found[1].type == TensorType(.f32, [count, 2]))
      let rows = (0..<count).flatMap { row in [Float(1), 10].map { $0 * Float(row + 2) } }
      #expect(found[1].elements(as: Float.self) == rows)
    }
  }

  @Test func turnsWithoutABoundAreRefused() throws {
    let graph = try imported(loop)
    let error = #expect(throws: DiagnosticError.self) {
      try Lowering.program(for: graph, target: .virtualMachine, name: "m")
    }
    #expect(error?.exitCode == 4)
  }

  /// Scan from the end of axis 1, stacked from the end too.
  @Test func scansGoBothWays() throws {
    let turn = body(
      [node("Add", ["s", "e"], ["t"]), node("Mul", ["e", "e"], ["q"])],
      in: [value("s", .f32, [2]), value("e", .f32, [2])],
      out: [value("t", .f32, [2]), value("q", .f32, [2])])
    let model = body(
      [
        node(
          "Scan", ["z", "x"], ["sum", "squares"],
          [
            graph("body", turn), int("num_scan_inputs", 1), ints("scan_input_axes", [1]),
            ints("scan_input_directions", [1]), ints("scan_output_axes", [-1]),
            ints("scan_output_directions", [1]),
          ])
      ], in: [value("z", .f32, [2]), value("x", .f32, [2, 3])],
      out: [value("sum", .f32, [2]), value("squares", .f32, [2, 3])])
    let x: [Float] = [1, 2, 3, 4, 5, 6]
    let found = try results(model, [reals([0, 0]), TensorData(.f32, [2, 3], x)])
    #expect(found[0].elements(as: Float.self) == [6, 15])
    // What is scanned from the end and stacked from the end keeps its place.
    #expect(found[1].elements(as: Float.self) == x.map { $0 * $0 })
  }

  /// Two scanned inputs must be equally long: told at import, or checked by the run.
  @Test func scannedAxesAreEquallyLong() throws {
    let turn = body(
      [node("Mul", ["a", "b"], ["c"])], in: [value("a", .f32, []), value("b", .f32, [])],
      out: [value("c", .f32, [])])
    var model = body(
      [node("Scan", ["x", "y"], ["r"], [graph("body", turn), int("num_scan_inputs", 2)])],
      in: [value("x", .f32, [3]), value("y", .f32, [2])], out: [value("r", .f32, [3])])
    let error = #expect(throws: DiagnosticError.self) { try imported(model) }
    #expect(error?.diagnostics.first?.id == "scan-extents")
    model.inputs[1].type = .tensor(.f32, shape: [.parameter("N")])
    let graph = try imported(model)
    let binds = graph.nodes.compactMap { node in
      if case .bind(let bind) = node.operation { bind.values } else { nil }
    }
    #expect(binds == [[3]])
  }

  @Test func branchesMayDifferInSize() throws {
    let yes = body(
      [node("Concat", ["x", "y"], ["a"], [int("axis", 0)])], out: [value("a", .f32, nil)])
    let no = body([node("Neg", ["y"], ["b"])], out: [value("b", .f32, nil)])
    let model = body(
      [node("If", ["c"], ["r"], [graph("then_branch", yes), graph("else_branch", no)])],
      in: [value("c", .bool, []), value("x", .f32, [2]), value("y", .f32, [3])],
      out: [value("r", .f32, nil)])
    for (test, want) in [(true, [Float(1), 2, 3, 4, 5]), (false, [-3, -4, -5])] {
      let found = try results(
        model, [TensorData(.bool, [], [test]), reals([1, 2]), reals([3, 4, 5])])
      #expect(found[0].type == TensorType(.f32, [want.count]))
      #expect(found[0].elements(as: Float.self) == want)
    }
  }

  @Test func failuresInSubgraphsNameTheirPlace() throws {
    let yes = body([node("MatMul", ["x", "x"], ["a"])], out: [value("a", .f32, nil)])
    let no = body([], out: [value("nowhere", .f32, nil)])
    let model = body(
      [node("If", ["c"], ["r"], [graph("then_branch", yes), graph("else_branch", no)])],
      in: [value("c", .bool, []), value("x", .f32, [2, 3])], out: [value("r", .f32, nil)])
    let error = #expect(throws: DiagnosticError.self) { try imported(model) }
    #expect(error?.exitCode == 3)
    #expect(error?.diagnostics.first?.text.contains("body") == true)
  }

  // MARK: Functions

  private func function(
    _ name: String, _ nodes: [ONNXNode], defaults: [ONNXAttribute] = []
  ) -> ONNXFunction {
    ONNXFunction(
      name: name, domain: "own", overload: "", inputs: ["a", "b"], outputs: ["r"],
      attributes: ["alpha"], defaults: defaults,
      opsets: [("", 17), ("own", 1), ("ai.onnx.ml", 3), ("ai.onnx.preview", 1)], nodes: nodes,
      valueInfo: [])
  }

  @Test func functionsAreInlined() throws {
    let leaky = function(
      "Leak",
      [node("LeakyRelu", ["a"], ["r"], [ONNXAttribute(name: "alpha", value: .reference("alpha"))])])
    let half = ONNXAttribute(name: "alpha", value: .float(0.5))
    let model = body(
      [
        node("Leak", ["x"], ["y"], [half], domain: "own"),
        node("Leak", ["x"], ["z"], domain: "own"),
      ], in: [value("x", .f32, [2])], out: [value("y", .f32, [2]), value("z", .f32, [2])])
    let found = try results(model, [reals([-4, 4])], functions: [leaky])
    #expect(found[0].elements(as: Float.self) == [-2, 4])
    #expect(found[1].elements(as: Float.self) == [-0.04, 4])
  }

  @Test func functionsThatCallThemselvesAreRefused() throws {
    let first = function("F", [node("G", ["a"], ["r"], domain: "own")])
    let second = function("G", [node("F", ["a"], ["r"], domain: "own")])
    let model = body(
      [node("F", ["x"], ["y"], domain: "own")], in: [value("x", .f32, [2])],
      out: [value("y", .f32, [2])])
    let error = #expect(throws: DiagnosticError.self) {
      try imported(model, functions: [first, second])
    }
    #expect(error?.exitCode == 3)
  }

  @Test(.timeLimit(.minutes(1))) func functionsThatDoubleAreRefused() throws {
    let functions = (0..<30).map { number in
      let next = number == 29 ? ("Neg", "") : ("F\(number + 1)", "own")
      return function(
        "F\(number)",
        [
          node(next.0, ["a"], ["t"], domain: next.1), node(next.0, ["t"], ["r"], domain: next.1),
        ])
    }
    let model = body(
      [node("F0", ["x"], ["y"], domain: "own")], in: [value("x", .f32, [2])],
      out: [value("y", .f32, [2])])
    let error = #expect(throws: DiagnosticError.self) { try imported(model, functions: functions) }
    #expect(error?.exitCode == 5)
  }

  // MARK: Sequences

  @Test func sequencesVanish() throws {
    let model = body(
      [
        node("SequenceConstruct", ["x", "y"], ["s"]),
        node("SequenceInsert", ["s", "z", "m1"], ["t"]),
        node("SequenceErase", ["t", "zero"], ["u"]),
        node("SequenceAt", ["u", "zero"], ["a"]),
        node("ConcatFromSequence", ["u"], ["c"], [int("axis", 0)]),
        node("SequenceLength", ["u"], ["n"]),
      ], in: [value("x", .f32, [1]), value("y", .f32, [2]), value("z", .f32, [1])],
      out: [value("a", .f32, [1]), value("c", .f32, [3]), value("n", .i64, [])],
      constants: [integers("m1", [], [-1]), integers("zero", [], [0])])
    let found = try results(model, [reals([1]), reals([2, 3]), reals([4])])
    #expect(found[0].elements(as: Float.self) == [4])
    #expect(found[1].elements(as: Float.self) == [4, 2, 3])
    #expect(found[2].elements(as: Int64.self) == [2])
  }

  // MARK: Shapes

  @Test func reshapeTargetsMayBeComputed() throws {
    let model = body(
      [node("Reshape", ["x", "shape"], ["y"])],
      in: [value("x", .f32, [2, 6]), value("shape", .i64, [3])],
      out: [value("y", .f32, [-1, -1, -1])])
    let x = (0..<12).map { Float($0) }
    for (shape, want) in [
      ([3, -1, 2], [3, 2, 2]), ([0, 3, 2], [2, 3, 2]), ([12, 1, 1], [12, 1, 1]),
    ] {
      let found = try results(
        model, [TensorData(.f32, [2, 6], x), TensorData(.i64, [3], shape.map { Int64($0) })])
      #expect(found[0].type == TensorType(.f32, want))
      #expect(found[0].elements(as: Float.self) == x)
    }
    #expect(throws: DiagnosticError.self) {
      try results(
        model, [TensorData(.f32, [2, 6], x), TensorData(.i64, [3], [Int64(5), 2, 1])])
    }
  }

  @Test func asManyAsTheDataSays() throws {
    let model = body(
      [node("NonZero", ["x"], ["p"]), node("Compress", ["x", "m"], ["c"])],
      in: [value("x", .f32, [2, 3]), value("m", .bool, [6])],
      out: [value("p", .i64, [2, -1]), value("c", .f32, [-1])])
    let found = try results(
      model,
      [
        TensorData(.f32, [2, 3], [Float(0), 5, 0, -1, 0, 2]),
        TensorData(.bool, [6], [true, false, true, false, false, true]),
      ])
    #expect(found[0].type == TensorType(.i64, [2, 3]))
    #expect(found[0].elements(as: Int64.self) == [0, 1, 1, 1, 0, 2])
    #expect(found[1].elements(as: Float.self) == [0, 0, 2])
  }
}
