import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// Extents and ranks that only a run tells.
extension GraphImportTests {
  private func sizes(_ values: [Int64]) -> TensorData {
    TensorData(.i64, [values.count], values)
  }

  private func bounds(_ names: String...) -> ImportOptions {
    ImportOptions(bounds: names.map { SymbolBounds(name: $0, lower: 0, upper: 8) })
  }

  /// An If that gives 10 or `[x]`; what follows sees a scalar or a vector.
  private func ranks(_ nodes: [ONNXNode], out: ONNXValueInfo) -> ONNXGraph {
    let scalar = ONNXTensor(
      name: "ten", element: .f32, extents: [], data: TensorData(.f32, [], [Float(10)]))
    let yes = body(
      [node("Identity", ["ten"], ["y0"])], out: [value("y0", .f32, [])], constants: [scalar])
    let no = body([node("Identity", ["x"], ["n0"])], out: [value("n0", .f32, [1])])
    let branch = node("If", ["c"], ["step"], [graph("then_branch", yes), graph("else_branch", no)])
    return body(
      [branch] + nodes,
      in: [value("c", .bool, []), value("x", .f32, [1]), value("z", .f32, [3])], out: [out])
  }

  @Test(arguments: [true, false]) func branchesMayDifferInRank(_ isYes: Bool) throws {
    let model = ranks(
      [node("Neg", ["step"], ["low"]), node("Mul", ["z", "low"], ["y"])],
      out: value("y", .f32, [3]))
    let found = try results(
      model, [TensorData(.bool, [], [isYes]), reals([2]), reals([1, 2, 3])])
    #expect(found[0].elements(as: Float.self) == (isYes ? [-10, -20, -30] : [-2, -4, -6]))
  }

  @Test func outputsHaveOneRank() throws {
    let model = ranks([], out: value("step", .f32, nil))
    let error = #expect(throws: DiagnosticError.self) { try imported(model) }
    #expect(error?.diagnostics.first?.id == "branch-rank")
  }

  /// Rows and columns are cut from one vector, and counted by a Range.
  @Test func partsOfAVectorStayTheSame() throws {
    let model = body(
      [
        node("Split", ["size"], ["n", "h", "w"]),
        node("Concat", ["h", "w"], ["hw"], [int("axis", 0)]),
        node("ConstantOfShape", ["hw"], ["zeros"]),
        node("Cast", ["zeros"], ["grid"], [int("to", 7)]),
        node("Range", ["zero", "w", "one"], ["columns"]), node("Add", ["grid", "columns"], ["y"]),
      ], in: [value("size", .i64, [3])], out: [value("y", .i64, [-1, -1])],
      constants: [integers("zero", [], [0]), integers("one", [], [1])])
    let found = try results(model, [sizes([5, 2, 3])], bounds("size_0", "size_1"))
    #expect(found[0].type.shape == Shape([2, 3]))
    #expect(found[0].elements(as: Int64.self) == [0, 1, 2, 0, 1, 2])
  }

  @Test(arguments: [1, 2]) func gatheredRowsAreThoseOfTheData(_ rows: Int) throws {
    let model = body(
      [node("GatherElements", ["x", "i"], ["y"], [int("axis", 1)])],
      in: [value("x", .f32, [2, 2]), value("i", .i64, [-1, 3])], out: [value("y", .f32, nil)])
    let data = TensorData(.f32, [2, 2], [Float(1), 2, 3, 4])
    let indices = TensorData(.i64, [rows, 3], (0..<3 * rows).map { Int64($0 % 2) })
    func run() throws -> [Float] {
      try results(model, [data, indices], bounds("i_0"))[0].elements(as: Float.self)
    }
    guard rows == 2 else {
      #expect(throws: DiagnosticError.self) { try run() }
      return
    }
    #expect(try run() == [1, 2, 1, 4, 3, 4])
  }

  /// Scores are 0, so that values count alike where the mask does not hide them.
  @Test(arguments: [2, 3]) func masksAreForAllKeys(_ length: Int) throws {
    let model = body(
      [node("Attention", ["q", "k", "v", "m"], ["y"])],
      in: [
        value("q", .f32, [1, 1, 1, 2]), value("k", .f32, [1, 1, -1, 2]),
        value("v", .f32, [1, 1, -1, 1]), value("m", .bool, [1, -1]),
      ], out: [value("y", .f32, [1, 1, 1, 1])])
    func tensor(_ extents: [Int], _ values: [Float]) -> TensorData {
      TensorData(.f32, extents, values)
    }
    func run() throws -> [Float] {
      var options = ImportOptions(bounds: [SymbolBounds(name: "m_1", lower: 1, upper: 8)])
      options.dimensions = ["k_2": 3, "v_2": 3]
      let inputs = [
        tensor([1, 1, 1, 2], [0, 0]), tensor([1, 1, 3, 2], [1, 2, 3, 4, 5, 6]),
        tensor([1, 1, 3, 1], [2, 4, 9]),
        TensorData(.bool, [1, length], (0..<length).map { $0 < 2 }),
      ]
      return try results(model, inputs, options, opset: 23)[0].elements(as: Float.self)
    }
    guard length == 3 else {
      #expect(throws: DiagnosticError.self) { try run() }
      return
    }
    #expect(try run() == [3])
  }

  /// Parts of an extent that does not divide; a run refuses sizes that do not add up.
  @Test func openAxesSplit() throws {
    func parts(_ operands: [String], _ constants: [ONNXTensor] = []) throws -> [[Float]] {
      let model = body(
        [node("Split", operands, ["a", "b", "c"])], in: [value("x", .f32, [-1])],
        out: ["a", "b", "c"].map { value($0, .f32, [-1]) }, constants: constants)
      return try results(model, [reals([1, 2, 3, 4])], bounds("x_0"), opset: 13)
        .map { $0.elements(as: Float.self) }
    }
    #expect(try parts(["x"]) == [[1, 2], [3, 4], []])
    #expect(try parts(["x", "s"], [integers("s", [3], [1, 1, 2])]) == [[1], [2], [3, 4]])
    #expect(throws: DiagnosticError.self) {
      try parts(["x", "s"], [integers("s", [3], [1, 1, 1])])
    }
  }

  /// A batch and a number of steps that a run tells: each row is what it is by itself.
  @Test(arguments: ["LSTM", "GRU", "RNN"]) func recurrentLayersTakeOpenSizes(_ type: String) throws
  {
    let gates = ["LSTM": 4, "GRU": 3, "RNN": 1][type] ?? 0
    func numbers(_ name: String, _ extents: [Int]) -> ONNXTensor {
      let count = extents.reduce(1, *)
      let data = TensorData(.f32, extents, (0..<count).map { Float($0 % 7) / 7 - 0.5 })
      return ONNXTensor(name: name, element: .f32, extents: extents, data: data)
    }
    func run(_ shape: [Int], _ data: [Float], _ extents: [Int]) throws -> [Float] {
      let model = body(
        [
          node(
            type, ["x", "w", "r", "b"], ["y"],
            [
              int("hidden_size", 5),
              ONNXAttribute(name: "direction", value: .string(Array("bidirectional".utf8))),
            ])
        ], in: [value("x", .f32, shape)], out: [value("y", .f32, nil)],
        constants: [
          numbers("w", [2, 5 * gates, 2]), numbers("r", [2, 5 * gates, 5]),
          numbers("b", [2, 10 * gates]),
        ])
      return try results(model, [TensorData(.f32, extents, data)], bounds("x_0", "x_1"))[0]
        .elements(as: Float.self)
    }
    // [steps, batch, 2] in, [steps, directions, batch, 5] out.
    let data: [Float] = (0..<12).map { Float($0 * 5 % 11) / 11 }
    let both = try run([-1, -1, 2], data, [3, 2, 2])
    for row in 0..<2 {
      let own: [Float] = [0, 1, 4, 5, 8, 9].map { data[$0 + 2 * row] }
      let alone = try run([3, 1, 2], own, [3, 1, 2])
      for (place, number) in alone.enumerated() {
        let (outer, unit) = (place / 5, place % 5)
        let other: Float = both[(2 * outer + row) * 5 + unit]
        #expect(abs(other - number) < 1e-6)
      }
    }
  }

  @Test func memoryThatIsNotThereIsAnError() throws {
    let error = #expect(throws: DiagnosticError.self) { try RunMemory(.max / 2) }
    #expect(error?.diagnostics.first?.id == "run-memory")
  }
}
