import ApusIR
import Testing

/// One use of an operator, and its result types or the ID of the error.
struct RuleCase: Sendable, CustomTestStringConvertible {
  var operation: String
  var operands: [String]
  var expected: String

  init(_ operation: String, _ operands: String..., gives expected: String) {
    self.operation = operation
    self.operands = operands
    self.expected = expected
  }

  var testDescription: String { "\(operation) of \(operands.joined(separator: ", "))" }

  /// The result types that the operator's rule gives for the operands, or the ID of its error.
  func outcome() throws -> String {
    let inputs = operands.enumerated().map { "%\($0): tensor<\($1)>" }.joined(separator: ", ")
    let names = operands.indices.map { "%\($0)" }.joined(separator: ", ")
    let parts = operation.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let attributes = parts.count > 1 ? String(parts[1]) : ""
    // The type written is always wrong, so that the message tells the right one.
    let text = """
      graph @g(\(inputs)) -> () {
        %r = \(parts[0]) \(names) \(attributes) : tensor<77xc128>
        return
      }
      """
    do {
      _ = try Graph(parsing: text)
      return "no error"
    } catch {
      let diagnostic = try #require(error.diagnostics.first)
      guard diagnostic.id == "type-mismatch" else { return diagnostic.id }
      let type = diagnostic.message.dropFirst("the result is tensor<".count)
      return String(type.prefix { $0 != ">" })
    }
  }
}

@Suite struct TypeRuleTests {
  @Test(arguments: linear + reductions + movement + views + elementwise)
  func rule(_ rule: RuleCase) throws { #expect(try rule.outcome() == rule.expected) }

  static let big = "9223372036854775807"
  static let small = "-9223372036854775808"

  private static let linear: [RuleCase] = [
    RuleCase("matmul", "2x3xf32", "3x4xf32", gives: "2x4xf32"),
    RuleCase("matmul", "5x1x2x3xf32", "7x3x4xf32", gives: "5x7x2x4xf32"),
    RuleCase("matmul", "NxKxf32", "KxMxf32", gives: "NxMxf32"),
    RuleCase("matmul", "0x3xf32", "3x4xf32", gives: "0x4xf32"),
    RuleCase("matmul", "2x3xf32", "4x4xf32", gives: "matmul-inner"),
    RuleCase("matmul", "2xNxf32", "Mx4xf32", gives: "matmul-inner"),
    RuleCase("matmul", "f32", "f32", gives: "matmul-operands"),
    RuleCase("matmul", "3xf32", "3x4xf32", gives: "matmul-operands"),
    RuleCase("matmul", "2x3xf32", "3x4xf64", gives: "matmul-operands"),
    RuleCase("matmul", "2x3xu8", "3x4xi8", gives: "2x4xi32"),
    RuleCase("matmul", "2x3xu8", "3x4xi32", gives: "matmul-operands"),
    RuleCase("matmul", "2x2x3xf32", "3x3x4xf32", gives: "broadcast-mismatch"),
    RuleCase("matmul", "2x3xf32", gives: "operand-count"),
    RuleCase("matmul {axis = 1}", "2x3xf32", "3x4xf32", gives: "unknown-attribute"),
    conv("{extents = [3, 3]}", gives: "1x6x7x7xf32"),
    conv("{extents = [3, 3], strides = [2, 3], after = [1, 1]}", gives: "1x6x4x3xf32"),
    conv("{extents = [3, 3], dilations = [4, 4]}", gives: "1x6x1x1xf32"),
    conv("{extents = [3, 3], groups = 2}", filter: "6x2x3x3", gives: "1x6x7x7xf32"),
    conv("{extents = [3, 3]}", image: "Nx4xHx9", gives: "Nx6x(H-2)x7xf32"),
    conv("{extents = [3, 3]}", image: "0x4x9x9", gives: "0x6x7x7xf32"),
    conv("{extents = [3, 3], strides = [0, 1]}", gives: "window-range"),
    conv("{extents = [3, 3], dilations = [0, 1]}", gives: "window-range"),
    conv("{extents = [3, 3], before = [-1, 0]}", gives: "window-range"),
    conv("{extents = [3, 3], strides = [\(big), 1]}", gives: "window-range"),
    conv("{extents = [3, 3], dilations = [2147483647, 1]}", gives: "window-size"),
    conv("{extents = [3, 3], groups = 0}", gives: "conv-group"),
    conv("{extents = [3, 3], groups = \(big)}", gives: "conv-channel-mismatch"),
    conv("{extents = [3, 3], groups = 4}", filter: "6x1x3x3", gives: "conv-group"),
    conv("{extents = [3, 3], groups = 3}", gives: "conv-channel-mismatch"),
    conv("{extents = [10, 10]}", filter: "6x4x10x10", gives: "window-size"),
    conv("{extents = [3]}", filter: "6x4x3", gives: "conv-rank"),
    conv("{extents = [3, 2]}", gives: "conv-kernel-shape"),
    conv("{extents = [3, 3], strides = [1]}", gives: "window-rank"),
    RuleCase(
      "lstm", "5x2x16xf32", "16x4xf32", "2x4xf32", "2x3xf32", gives: "lstm-shape"),
    RuleCase("lstm", "5x2x16xf32", "16x4xf32", "2x4xf32", "2x4xf64", gives: "lstm-shape"),
    RuleCase("lstm", "f32", "f32", "f32", "f32", gives: "lstm-shape"),
    RuleCase("lstm", "5x2x16xf32", gives: "operand-count"),
    RuleCase(
      "lstm", "5x2x16xf32", "16x4xf32", "2x4xf32", "2x4xf32", gives: "result-count"),
  ]

  private static func conv(
    _ attributes: String, image: String = "1x4x9x9", filter: String = "6x4x3x3",
    gives expected: String
  ) -> RuleCase {
    RuleCase("conv \(attributes)", image + "xf32", filter + "xf32", gives: expected)
  }

  private static let reductions: [RuleCase] = [
    RuleCase("reduce {kind = sum, axes = [0, 2]}", "2x3x4xf32", gives: "1x3x1xf32"),
    RuleCase("reduce {kind = max, axes = []}", "2x3xf32", gives: "2x3xf32"),
    RuleCase("reduce {kind = max, axes = [0]}", "0x3xf32", gives: "1x3xf32"),
    RuleCase("reduce {kind = sum, axes = [2, 0]}", "2x3x4xf32", gives: "axis-range"),
    RuleCase("reduce {kind = sum, axes = [0, 0]}", "2x3x4xf32", gives: "axis-range"),
    RuleCase("reduce {kind = sum, axes = [-1]}", "2x3x4xf32", gives: "axis-range"),
    RuleCase("reduce {kind = sum, axes = [3]}", "2x3x4xf32", gives: "axis-range"),
    RuleCase("reduce {kind = mean, axes = [0]}", "2xf32", gives: "unknown-choice"),
    RuleCase("arg_reduce {kind = max, axis = 1}", "2x3xf32", gives: "2x1xi64"),
    RuleCase("arg_reduce {kind = max, axis = 1}", "2x0xf32", gives: "axis-range"),
    RuleCase("arg_reduce {kind = max, axis = 0}", "f32", gives: "axis-range"),
    RuleCase("softmax {axis = 1}", "NxMxf32", gives: "NxMxf32"),
    RuleCase("softmax {axis = 2}", "2x3xf32", gives: "axis-range"),
    RuleCase("softmax {axis = -1}", "2x3xf32", gives: "axis-range"),
    RuleCase("softmax {axis = 0}", "2xi32", gives: "axis-range"),
    RuleCase("normalize {axis = 1, epsilon = 0.1}", "2x3xf16", gives: "2x3xf16"),
    RuleCase("normalize {axis = 2, epsilon = 0.1}", "2x3xf16", gives: "axis-range"),
    RuleCase("normalize {axis = 1}", "2x3xf16", gives: "missing-attribute"),
    RuleCase("pool {kind = max, extents = [2, 2]}", "1x3x4x4xf32", gives: "1x3x3x3xf32"),
    RuleCase("pool {kind = max, extents = [2]}", "1x3x4x4xf32", gives: "window-rank"),
    RuleCase("pool {kind = max, extents = []}", "f32", gives: "window-rank"),
    RuleCase("pool {kind = max, extents = [5, 1]}", "1x3x4x4xf32", gives: "window-size"),
  ]

  private static let movement: [RuleCase] = [
    RuleCase("concat {axis = 1}", "2x3xf32", "2x4xf32", "2xNxf32", gives: "2x(N+7)xf32"),
    RuleCase("concat {axis = 0}", "0x3xf32", "2x3xf32", gives: "2x3xf32"),
    RuleCase("concat {axis = 2}", "2x3xf32", gives: "axis-range"),
    RuleCase("concat {axis = -3}", "2x3xf32", gives: "axis-range"),
    RuleCase("concat {axis = 0}", "f32", gives: "axis-range"),
    RuleCase("concat {axis = 0}", gives: "operand-count"),
    RuleCase("concat {axis = 0}", "2x3xf32", "2x4xf32", gives: "concat-mismatch"),
    RuleCase("concat {axis = 0}", "2x3xf32", "2x3xf64", gives: "concat-mismatch"),
    RuleCase("concat {axis = 0}", "2x3xf32", "3xf32", gives: "concat-mismatch"),
    RuleCase("concat {axis = 0}", "2147483648xi8", gives: "shape-limit"),
    RuleCase("concat {axis = 0}", "\(big)xi8", "\(big)xi8", gives: "shape-limit"),
    RuleCase("concat {axis = 0}", "65536x65536x256xi8", gives: "65536x65536x256xi8"),
    RuleCase("concat {axis = 0}", "65536x65536x257xi8", gives: "shape-limit"),
    RuleCase("concat {axis = 0}", "65536x65536x257x0xi8", gives: "65536x65536x257x0xi8"),
    pad("before = [1, 0], after = [0, -1]", gives: "3x2xf32"),
    pad("before = [0, 0], after = [0, -3]", gives: "2x0xf32"),
    pad("before = [0, -2], after = [0, -2]", gives: "pad-negative"),
    pad("before = [0, \(small)], after = [0, \(small)]", gives: "pad-negative"),
    pad("before = [1], after = [1, 1]", gives: "pad-count"),
    pad("before = [2, 0], after = [0, 0]", mode: "reflect", gives: "pad-reflect"),
    pad("before = [1, 0], after = [1, 2]", mode: "reflect", gives: "4x5xf32"),
    pad("before = [1, 0], after = [0, 0]", of: "0x3", mode: "edge", gives: "pad-empty"),
    pad("before = [\(big), 0], after = [\(big), 0]", of: "0x3", mode: "wrap", gives: "pad-empty"),
    RuleCase(
      "pad {before = [0], after = [0], mode = edge}", "2xf32", "i32", gives: "pad-value"),
    RuleCase("gather", "5x4xf32", "2x3xi64", gives: "2x3x4xf32"),
    RuleCase("gather", "5x4xstring", "2x3xi64", gives: "2x3x4xstring"),
    RuleCase("sort {axis = 0}", "5xstring", gives: "element-type"),
    RuleCase("reduce {kind = max, axes = [0]}", "5xstring", gives: "element-type"),
    RuleCase("split {shape = <Nx3>}", "Nxstring", "string", gives: "Nx3xstring"),
    RuleCase("split {shape = <3>, limit = 2}", "string", "string", gives: "3xstring"),
    RuleCase("split {shape = <3>, limit = -1}", "string", "string", gives: "split-limit"),
    RuleCase("split {shape = <>}", "string", "string", gives: "split-shape"),
    RuleCase("split {shape = <2x3>}", "4xstring", "string", gives: "split-shape"),
    RuleCase("split {shape = <4x3>}", "4xstring", "1xstring", gives: "element-type"),
    RuleCase("split {shape = <4x3>}", "4xi64", "string", gives: "element-type"),
    RuleCase("gather", "0x2xf32", "3xi64", gives: "gather-empty"),
    RuleCase("gather", "0x2xf32", "0xi64", gives: "0x2xf32"),
    RuleCase("gather {axis = 1}", "5x4xf32", "i32", gives: "5xf32"),
    RuleCase("gather {axis = 2}", "5x4xf32", "i32", gives: "axis-range"),
    RuleCase("gather", "f32", "i32", gives: "axis-range"),
    RuleCase("gather", "5xf32", "3xf32", gives: "element-type"),
    RuleCase("take {axes = [0, -1], shape = <5x2>}", "5x4xf32", "5x2xi64", gives: "5x2xf32"),
    RuleCase("take {axes = [0, 0], shape = <4>}", "4x4xf32", gives: "4xf32"),
    RuleCase("take {axes = [0, -1], shape = <6x2>}", "5x4xf32", "i64", gives: "index-range"),
    RuleCase("take {axes = [0, -1], shape = <5x2>}", "5x4xf32", gives: "operand-count"),
    RuleCase("take {axes = [0, -1], shape = <5x2>}", "5x4xf32", "3xi64", gives: "index-shape"),
    RuleCase("take {axes = [0, -1], shape = <5x2>}", "5x4xf32", "f32", gives: "element-type"),
    RuleCase("take {axes = [0, 2], shape = <5x2>}", "5x4xf32", gives: "axis-range"),
    RuleCase("take {axes = [-1], shape = <2>}", "0xf32", "2xi64", gives: "index-range"),
    RuleCase(
      "scatter {kind = set, axes = [-1, 1]}", "5x4xf32", "2x4xf32", "2x1xi64", gives: "5x4xf32"),
    RuleCase(
      "scatter {kind = set, axes = [-1, 1]}", "5x4xf32", "2x4xf64", "2x1xi64",
      gives: "operand-count"),
    RuleCase(
      "scatter {kind = set, axes = [-1, 1]}", "5x4xf32", "2x5xf32", "2x1xi64",
      gives: "index-range"),
    RuleCase("sort {axis = 2}", "5x4xf32", gives: "axis-range"),
    RuleCase("cumulate {kind = sum, axis = 0}", "5x4xi64", gives: "5x4xi64"),
    RuleCase("cumulate {kind = sum, axis = 0}", "f32", gives: "axis-range"),
    RuleCase(
      "recurrent {gates = 1, hidden = (a: f32, b: f32, c: f32) a}", "5x2x4xf32", "4x4xf32",
      "2x3xf32", gives: "recurrent-shape"),
    RuleCase(
      "recurrent {gates = 1, hidden = (a: f32) a}", "5x2x4xf32", "4x4xf32", "2x4xf32",
      gives: "recurrent-step"),
    RuleCase("block_matmul {block = 3}", "2x7xf32", "7x4xu4", "3x4xf32", gives: "2x4xf32"),
    RuleCase(
      "block_matmul {block = 3}", "2x7xf32", "7x4xi16", "3x4xf32", gives: "block-operands"),
    RuleCase(
      "block_matmul {block = 4}", "2x7xf32", "7x4xu4", "3x4xf32", gives: "block-scales"),
    RuleCase(
      "linear_attention", "1x3x3x2xf32", "1x2x3x2xf32", "1x2x3x5xf32", "1x2x2x5xf32",
      gives: "linear-attention-shape"),
    RuleCase("relayout {layout = <order(1,1)>}", "2x3xf32", gives: "layout"),
    RuleCase("relayout {layout = <order(0,2,1)>}", "2x3xf32", gives: "layout"),
    RuleCase("relayout {layout = <halo(0:\(big):0)>}", "2x3xf32", gives: "layout"),
    RuleCase("extents {of = <2xN>}", gives: "2xi64"),
    RuleCase("extents {of = <2xN>}", "f32", gives: "operand-count"),
  ]

  private static func pad(
    _ attributes: String, of shape: String = "2x3", mode: String = "constant",
    gives expected: String
  ) -> RuleCase {
    RuleCase("pad {\(attributes), mode = \(mode)}", shape + "xf32", "f32", gives: expected)
  }

  private static let views: [RuleCase] = [
    RuleCase("reshape {shape = <3x4>}", "2x6xf32", gives: "3x4xf32"),
    RuleCase("reshape {shape = <>}", "1x1xf32", gives: "f32"),
    RuleCase("reshape {shape = <(2*N)x3>}", "Nx6xf32", gives: "(2*N)x3xf32"),
    RuleCase("reshape {shape = <0x7>}", "0x3xf32", gives: "0x7xf32"),
    RuleCase("reshape {shape = <5>}", "2x3xf32", gives: "reshape-count"),
    RuleCase("reshape {shape = <\(big)x\(big)>}", "2x3xf32", gives: "reshape-count"),
    RuleCase("reshape {shape = <(-2)x(-3)>}", "2x3xf32", gives: "negative-extent"),
    RuleCase("transpose {permutation = [1, 2, 0]}", "2x3x4xf32", gives: "3x4x2xf32"),
    RuleCase("transpose {permutation = []}", "f32", gives: "f32"),
    RuleCase("transpose {permutation = [0, 0]}", "2x3xf32", gives: "permutation"),
    RuleCase("transpose {permutation = [0]}", "2x3xf32", gives: "permutation"),
    RuleCase("transpose {permutation = [0, \(big)]}", "2x3xf32", gives: "permutation"),
    RuleCase("transpose {permutation = [-1, 0]}", "2x3xf32", gives: "permutation"),
    RuleCase("broadcast {shape = <5x2x3>}", "2x1xf32", gives: "5x2x3xf32"),
    RuleCase("broadcast {shape = <4>}", "3xf32", gives: "broadcast-mismatch"),
    RuleCase("broadcast {shape = <1>}", "3xf32", gives: "broadcast-mismatch"),
    RuleCase("broadcast {shape = <3>}", "1x3xf32", gives: "broadcast-mismatch"),
    RuleCase("broadcast {shape = <M>}", "Nxf32", gives: "broadcast-mismatch"),
    RuleCase("slice {starts = [1], shape = <2>}", "3xf32", gives: "2xf32"),
    RuleCase("slice {starts = [2], steps = [-2], shape = <2>}", "3xf32", gives: "2xf32"),
    RuleCase("slice {starts = [9], shape = <0>}", "3xf32", gives: "0xf32"),
    RuleCase("slice {starts = [1], shape = <3>}", "3xf32", gives: "slice-range"),
    RuleCase("slice {starts = [0], steps = [0], shape = <1>}", "3xf32", gives: "slice-step"),
    RuleCase("slice {starts = [\(small)], shape = <1>}", "3xf32", gives: "slice-range"),
    RuleCase(
      "slice {starts = [1], steps = [\(big)], shape = <\(big)>}", "3xf32", gives: "slice-range"),
    RuleCase("slice {starts = [0, 0], shape = <1>}", "3xf32", gives: "slice"),
  ]

  private static let elementwise: [RuleCase] = [
    RuleCase("map {f = (a: f32, b: f32) add(a, b)}", "2x1xf32", "3xf32", gives: "2x3xf32"),
    RuleCase("map {f = (a: f32, b: f32) lt(a, b)}", "Nxf32", "f32", gives: "Nxbool"),
    RuleCase("map {f = () 1.0:f32}", gives: "f32"),
    RuleCase("map {f = (a: f32, b: f32) add(a, b)}", "3xf32", "4xf32", gives: "broadcast-mismatch"),
    RuleCase("map {f = (a: f32, b: f32) add(a, b)}", "Nxf32", "Mxf32", gives: "broadcast-mismatch"),
    RuleCase("map {f = (a: f32) neg(a)}", "3xf64", gives: "element-type"),
    RuleCase("map {f = (a: f32) not(a)}", "3xf32", gives: "function-type"),
    RuleCase("map {f = (a: f32, b: f32) and(a, b)}", "3xf32", "3xf32", gives: "function-type"),
    RuleCase("map {f = (a: i64) exp(a)}", "3xi64", gives: "function-type"),
    RuleCase("map {f = (a: string) upper(a)}", "Nxstring", gives: "Nxstring"),
    RuleCase("map {f = (a: string, b: string) parts(a, b)}", "2xstring", "string", gives: "2xi64"),
    RuleCase("map {f = (a: string, b: string) matches(a, b)}", "string", "string", gives: "bool"),
    RuleCase(
      "map {f = (a: string, b: string) add(a, b)}", "string", "string", gives: "function-type"),
    RuleCase("map {f = (a: i64) upper(a)}", "3xi64", gives: "function-type"),
    RuleCase("map {f = (a: string) i64(a)}", "string", gives: "i64"),
    RuleCase("map {f = (a: string) f32(a)}", "string", gives: "function-type"),
    RuleCase("map {f = (a: string) bits_i64(a)}", "string", gives: "function-type"),
    RuleCase("map {f = () 0:string}", gives: "string"),
    RuleCase("map {f = () 1:string}", gives: "function-type"),
    RuleCase("map {f = (a: bool, b: bool) add(a, b)}", "bool", "bool", gives: "function-type"),
    RuleCase("map {f = (a: bool, b: bool) min(a, b)}", "bool", "bool", gives: "bool"),
    RuleCase("map {f = (a: f32) neg(a)}", gives: "operand-count"),
    RuleCase("map {f = (a: f32) neg(a, a)}", "3xf32", gives: "argument-count"),
    RuleCase("map {f = (a: f32) negate(a)}", "3xf32", gives: "unknown-function"),
    RuleCase("map {f = (a: f32) b}", "3xf32", gives: "undefined-name"),
    RuleCase("map {f = (a: f32) select(a, a, a)}", "3xf32", gives: "argument-type"),
    RuleCase("map {f = (a: f32) add(a, f64(a))}", "3xf32", gives: "argument-type"),
    RuleCase("map {f = (a: f32, a: f32) a}", "3xf32", "3xf32", gives: "duplicate-parameter"),
    RuleCase("map {f = (a: i32) add(a, 99999999999999999999:i32)}", "3xi32", gives: "number-range"),
    RuleCase("map {f = (a: f32) add(a, 1e999:f32)}", "3xf32", gives: "number-range"),
    RuleCase("constant 0x00", gives: "constant-size"),
    RuleCase("constant", gives: "missing-attribute"),
    RuleCase("kernel", gives: "missing-attribute"),
  ]
}
