import ApusIR
import ApusTestSupport
import Testing

@testable import ApusLoops

/// One graph for each schedule.
enum LoweredSample {
  static let graphs: [String] = [
    graph(
      "%a: tensor<2x3xf32>", "map %a {f = (a: f32) t0 = exp(a); div(t0, add(t0, 1.0:f32))}",
      "2x3xf32"),
    graph("%a: tensor<70xf16>", "map %a {f = (a: f16) mul(a, a)}", "70xf16"),
    graph("%a: tensor<9xi8>", "map %a {f = (a: i8) add(a, 1:i8)}", "9xi8"),
    graph("%a: tensor<33x70xf32>, %b: tensor<70x65xf32>", "matmul %a, %b", "33x65xf32"),
    graph("%a: tensor<3x4xf64>, %b: tensor<4x5xf64>", "matmul %a, %b", "3x5xf64"),
    graph("%a: tensor<4x33xf32>", "softmax %a {axis = 1, logarithm = true}", "4x33xf32"),
    graph("%a: tensor<4x5x6xf32>", "softmax %a {axis = 1}", "4x5x6xf32"),
    graph("%a: tensor<4x40xf32>", "normalize %a {axis = 1, epsilon = 1e-05}", "4x40xf32"),
    graph("%a: tensor<4x40xf32>", "reduce %a {kind = max, axes = [1]}", "4x1xf32"),
    graph("%a: tensor<4x40xi32>", "reduce %a {kind = sum, axes = [0]}", "1x40xi32"),
    graph("%a: tensor<4x40xf32>", "arg_reduce %a {kind = max, axis = 1}", "4x1xi64"),
    graph("%a: tensor<2x3xf32>, %b: tensor<2x5xf32>", "concat %a, %b {axis = 1}", "2x8xf32"),
    graph("%a: tensor<5x4xf32>, %b: tensor<3xi64>", "gather %a, %b", "3x4xf32"),
    graph(
      "%a: tensor<5x4xf32>, %b: tensor<f32>",
      "pad %a, %b {before = [1, 2], after = [0, 1], mode = constant}", "6x7xf32"),
    graph(
      "%a: tensor<5x4xf32>, %b: tensor<f32>",
      "pad %a, %b {before = [1, 2], after = [0, 1], mode = reflect}", "6x7xf32"),
    graph(
      "%a: tensor<1x4x9x9xf32>, %b: tensor<6x4x3x3xf32>",
      "conv %a, %b {extents = [3, 3], before = [1, 1], after = [1, 1]}", "1x6x9x9xf32"),
    graph(
      "%a: tensor<1x8x9x9xf32>, %b: tensor<8x1x3x3xf32>",
      "conv %a, %b {extents = [3, 3], strides = [2, 2], groups = 8}", "1x8x4x4xf32"),
    graph("%a: tensor<1x3x8x8xf32>", "pool %a {kind = max, extents = [2, 2]}", "1x3x7x7xf32"),
    """
    graph @lstm(%x: tensor<5x2x16xf32>, %r: tensor<16x4xf32>, %h: tensor<2x4xf32>) ->
      (y: tensor<5x2x4xf32>, c: tensor<2x4xf32>)
    {
      %0, %1, %2 = lstm %x, %r, %h, %h : tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
      return %0, %2
    }
    """,
    """
    graph @constants(%x: tensor<8x16xf32>) -> (y: tensor<8x2xf32>, z: tensor<2xf32>) {
      %0 = constant @w \(weights) : tensor<16x2xf32>
      %1 = constant @c 0x0000803f00000040 : tensor<2xf32>
      %2 = matmul %x, %0 : tensor<8x2xf32>
      %3 = softmax %2 {axis = 1} : tensor<8x2xf32>
      %4 = map %3, %1 {f = (a: f32, b: f32) mul(a, b)} : tensor<8x2xf32>
      return %4, %1
    }
    """,
  ]

  private static let weights = "0x" + String(repeating: "0000803f", count: 32)

  private static func graph(_ inputs: String, _ operation: String, _ result: String) -> String {
    """
    graph @sample(\(inputs)) -> (y: tensor<\(result)>) {
      %y = \(operation) : tensor<\(result)>  @ "Node \\"n\\""
      return %y
    }
    """
  }

  /// The program for a graph, or the diagnostics.
  static func program(_ text: String, _ target: Target) throws -> Program {
    try Lowering.program(for: try Graph(parsing: text), target: target, name: "sample")
  }
}

@Suite struct ProgramTextTests {
  static let targets: [Target] = [.c99, .x86v4, .armv8, .virtualMachine]

  @Test(arguments: LoweredSample.graphs, targets)
  func printingAParsedProgramGivesItBack(_ graph: String, _ target: Target) throws {
    let program = try LoweredSample.program(graph, target)
    let text = program.text(constants: .full)
    do throws(DiagnosticError) {
      let parsed = try Program(parsing: text)
      #expect(parsed.text(constants: .full) == text)
      for (a, b) in zip(parsed.kernels, program.kernels) { #expect(a.body == b.body) }
    } catch {
      Issue.record("\(error.diagnostics.map(\.text).joined())\n\(text)")
    }
  }

  @Test func constantsResolveByDigest() throws {
    let text = try LoweredSample.program(LoweredSample.graphs.last ?? "", .c99).text
    #expect(throws: DiagnosticError.self) { try Program(parsing: text) }
    let ones = TensorData(.f32, [32], [Float](repeating: 1, count: 32))
    let parsed = try Program(parsing: text) { _, count in
      count == ones.byteCount ? ConstantData(ones) : nil
    }
    #expect(parsed.text == text)
  }

  @Test func loweringIsTheSameOnEveryRun() throws {
    for graph in LoweredSample.graphs {
      let texts = try (0..<3).map { _ in try LoweredSample.program(graph, .x86v4).text }
      #expect(Set(texts).count == 1)
    }
  }

  @Test(arguments: [3, 10, 18, 19]) func hostileTextsAreRefused(_ number: Int) throws {
    let program = try LoweredSample.program(LoweredSample.graphs[number], .x86v4)
    let bytes = Array(program.text(constants: .full).utf8.prefix(4000))
    for count in 0..<min(bytes.count - 1, 600) {
      #expect(throws: DiagnosticError.self) {
        try Program(parsing: String(decoding: bytes[..<count], as: UTF8.self))
      }
    }
    var random = SeededRandom(seed: UInt64(number))
    let alphabet = Array(#"0123456789-+*(){}[]<>,:;=%@#"\ xibr."#.utf8)
    for _ in 0..<500 {
      var mutated = Array(program.text(constants: .full).utf8)
      let place = Int.random(in: 0..<mutated.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: mutated[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      case 1: mutated.insert(contentsOf: "9223372036854775807".utf8, at: place)
      default: mutated.remove(at: place)
      }
      let text = String(decoding: mutated, as: UTF8.self)
      guard let parsed = try? Program(parsing: text) else { continue }
      let printed = parsed.text(constants: .full)
      let again = try Program(parsing: printed)
      #expect(again.text(constants: .full) == printed)
    }
  }

  @Test(arguments: [
    "program @p { arena 0 live 0 kernel @k {"
      + String(repeating: "serial i0 in 0..<2 {", count: 9999),
    "program @p { arena 0 live 0 kernel @k { r0: f32 = " + String(repeating: "neg(", count: 9999),
    "program @p { arena 0 live 0 kernel @k { i0 = i1" + String(repeating: "+i1", count: 9999),
    "program @p { arena 0 live 0 kernel @k { i0 = 9223372036854775807*i1 } }",
    "program @p { arena 0 live 0 b0 : f32[1] input kernel @k { tile 3x1 { a = b0[0] rows "
      + "[-9223372036854775808, 1, 2] b = b0[0] start = zero output = b0[0] rows [0] } } }",
    "program @p { arena 0 live 0 b0 : f32[-1] input }",
    "program @p { arena 0 live 0 b0 : f32[9223372036854775807] constant 0x00 }",
    "program @p { arena 0 live 0 input \"x\" : tensor<f32> = b0 }",
    "program @p { arena 0 live 0 kernel @k { r0: f32 = r1 } }",
    "program @p { arena 0 live 0 kernel @k { r0: f32x0 = 1.0:f32 } }",
  ])
  func extremes(_ text: String) {
    #expect(throws: DiagnosticError.self) { try Program(parsing: text) }
  }
}
