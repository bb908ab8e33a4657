import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import Testing

/// The emitted C and the interpreter give the same bits where both fuse multiply-adds.
@Suite struct AgreementTests {
  /// Every unary function and one node of each kind of schedule.
  ///
  /// Rows have a multiple of 16 elements and at most 256: docs/numerics.md tells why.
  static let nodes: [(name: String, text: String, type: String)] =
    UnaryFunction.allCases.compactMap { function in
      guard function.isDefined(on: .f32), !function.isPredicate else { return nil }
      return (
        function.rawValue, "map %x {f = (a: f32) \(function.rawValue)(a)}", "tensor<3x240xf32>"
      )
    } + [
      ("softmax", "softmax %x {axis = 1}", "tensor<3x240xf32>"),
      ("normalize", "normalize %x {axis = 1, epsilon = 1e-05}", "tensor<3x240xf32>"),
      ("sum", "reduce %x {kind = sum, axes = [1]}", "tensor<3x1xf32>"),
      ("max", "reduce %x {kind = max, axes = [1]}", "tensor<3x1xf32>"),
      ("columns", "reduce %x {kind = sum, axes = [0]}", "tensor<1x240xf32>"),
      ("matmul", "matmul %x, %w", "tensor<3x20xf32>"),
      (
        "conv", "conv %i, %k {extents = [3, 3], before = [1, 1], after = [1, 1]}",
        "tensor<1x6x9x9xf32>"
      ),
    ]

  /// Nodes that add along rows, in as many partial sums as the target has lanes.
  static let ordered: Set<String> = ["softmax", "normalize", "sum"]

  static let graph: String = {
    let outputs = nodes.map { "o_\($0.name): \($0.type)" }.joined(separator: ", ")
    let lines = nodes.map { "  %o_\($0.name) = \($0.text) : \($0.type)\n" }.joined()
    return """
      graph @agree(%x: tensor<3x240xf32>, %w: tensor<240x20xf32>, %i: tensor<1x4x9x9xf32>, \
      %k: tensor<6x4x3x3xf32>) -> (\(outputs)) {
      \(lines)  return \(nodes.map { "%o_\($0.name)" }.joined(separator: ", "))
      }

      """
  }()

  @Test(.enabled(if: Target.native.lanes >= 8, "only AVX2 and AVX-512 surely fuse"))
  func bitForBit() throws {
    let graph = try Graph(parsing: Self.graph)
    let native = try Lowering.program(for: graph, target: .native, name: "agree")
    let model = CModel(native, target: .native, options: CModel.Options())
    let folder = try TemporaryFolder()
    let library = try CCompiler().buildLibrary(model, target: .native, in: folder.path)
    let inputs = native.inputs.map { port in
      let extents = port.type.shape.dimensions.map { $0.constant ?? 0 }
      let numbers = (0..<extents.reduce(1, *)).map { (n: Int) -> Float in
        Float((n * 7919 + 13) % 2003 - 1001) / 160
      }
      return TensorData(.f32, extents, numbers)
    }
    let code = try NativeModel(library: library, name: "agree").run(inputs)
    let machine = try Lowering.program(for: graph, target: .virtualMachine, name: "agree")
    let interpreted = try Session(Bytecode.encode(machine)).run(inputs)
    for (node, (a, b)) in zip(Self.nodes, zip(code, interpreted)) {
      let (a, b) = (a.elements(as: Float.self), b.elements(as: Float.self))
      if Self.ordered.contains(node.name) && Target.native.lanes != 16 { continue }
      let apart = zip(a, b).count { $0.bitPattern != $1.bitPattern && !($0.isNaN && $1.isNaN) }
      #expect(apart == 0, "\(node.name): \(apart) of \(a.count) differ")
    }
  }
}
