import ApusIR
import ApusRuntime
import Testing

@testable import ApusTransforms

@Suite struct PassTests {
  @Test(arguments: PassCase.all) func changesTheGraphAndKeepsResults(
    _ example: PassCase
  ) throws {
    let before = try Graph(text: example.changes)
    let after = try optimized(before, [example.pass])
    #expect(after.text != before.text)
    expectSame(after, before, rounding)
  }

  @Test(arguments: PassCase.all) func leavesTheGraph(_ example: PassCase) throws {
    let before = try Graph(text: example.stays)
    #expect(try optimized(before, [example.pass]).text == before.text)
  }

  @Test(arguments: PassCase.all) func aSecondRunChangesNothing(_ example: PassCase) throws {
    let once = try optimized(try Graph(text: example.changes), [example.pass])
    guard example.pass.name != "assign-layouts" else { return }
    #expect(try optimized(once, [example.pass]).text == once.text)
  }

  @Test func everyPassHasExamples() {
    #expect(Set(PassCase.all.map(\.pass.name)) == Set(PassRegistry.all.map(\.name)))
  }

  @Test func constantsFoldThroughViews() throws {
    let graph = try Graph(
      text: """
        graph @g(%const: tensor<2x3xf32>) -> (y: tensor<3x2xf32>) {
          %0 = transpose %const {permutation = [1, 0]} : tensor<3x2xf32>
          %1 = map %0 {f = (a: f32) neg(a)} : tensor<3x2xf32>
          return %1
        }
        """)
    let folded = try optimized(graph, [.foldConstants])
    #expect(folded.nodes.map(\.operation.mnemonic) == ["constant"])
    expectSame(folded, graph)
  }

  @Test func withoutAnEvaluatorNothingFolds() throws {
    var graph = try Graph(text: PassCase.folding)
    let before = graph
    var context = PassContext()
    try PassManager([.foldConstants]).run(&graph, &context)
    #expect(graph == before)
  }
}

/// The graph after passes, verified after each.
func optimized(
  _ graph: Graph, _ passes: [Pass], limit: Int = .max
) throws(PassError) -> Graph {
  var (graph, manager) = (graph, PassManager(passes))
  manager.instrumentation.verifyEach = true
  var context = PassContext(evaluate: evaluate)
  context.rewriteLimit = limit
  try manager.run(&graph, &context)
  return graph
}

/// A pass with a graph that it changes and one that it leaves.
struct PassCase: Sendable, CustomTestStringConvertible {
  let pass: Pass
  let changes: String
  let stays: String

  var testDescription: String { pass.name }

  /// `exp` of a constant.
  static let folding = """
    graph @g(%x: tensor<3xf32>, %const: tensor<3xf32>) -> (y: tensor<3xf32>) {
      %0 = map %const {f = (a: f32) exp(a)} : tensor<3xf32>
      %1 = map %x, %0 {f = (a: f32, b: f32) add(a, b)} : tensor<3xf32>
      return %1
    }
    """

  private static let plain = """
    graph @g(%x: tensor<3xf32>, %z: tensor<2x3xf32>) -> (y: tensor<2x3xf32>) {
      %0 = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
      %1 = map %z, %0 {f = (a: f32, b: f32) add(a, b)} : tensor<2x3xf32>
      return %1
    }
    """

  private static func graph(_ body: String, of inputs: String = "%x: tensor<3xf32>") -> String {
    "graph @g(\(inputs)) -> (y: tensor<3xf32>) {\n\(body)\n}"
  }

  private static let image = "%x: tensor<1x2x5x5xf32>, %const: tensor<2x2x3x3xf32>"

  private static func conv(_ body: String, _ inputs: String = image) -> String {
    """
    graph @g(\(inputs)) -> (y: tensor<1x2x3x3xf32>) {
      %0 = conv %x, %const {extents = [3, 3]} : tensor<1x2x3x3xf32>
    \(body)
    }
    """
  }

  static let all: [PassCase] = [
    PassCase(
      pass: .canonicalize,
      changes: graph(
        """
        %0 = reshape %x {shape = <3x1>} : tensor<3x1xf32>
        %1 = transpose %0 {permutation = [1, 0]} : tensor<1x3xf32>
        %2 = reshape %1 {shape = <3>} : tensor<3xf32>
        %3 = map %2 {f = (a: f32) mul(a, 1.0:f32)} : tensor<3xf32>
        return %3
        """), stays: plain),
    PassCase(
      pass: .expandCustom,
      changes: graph(
        """
        %0 = custom %x : tensor<3xf32> do @acme.wave (%a: tensor<3xf32>) -> (y: tensor<3xf32>) {
          %0 = map %a {f = (a: f32) sin(a)} : tensor<3xf32>
          return %0
        }
        return %0
        """), stays: plain),
    PassCase(pass: .foldConstants, changes: folding, stays: plain),
    PassCase(
      pass: .eliminateCommonSubexpressions,
      changes: graph(
        """
        %0 = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %1 = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %2 = map %0, %1 {f = (a: f32, b: f32) mul(a, b)} : tensor<3xf32>
        return %2
        """),
      // Zeros of both signs differ.
      stays: graph(
        """
        %0 = map %x {f = (a: f32) add(a, 0.0:f32)} : tensor<3xf32>
        %1 = map %x {f = (a: f32) add(a, -0.0:f32)} : tensor<3xf32>
        %2 = map %0, %1 {f = (a: f32, b: f32) div(a, b)} : tensor<3xf32>
        return %2
        """)),
    PassCase(
      pass: .eliminateDeadCode,
      changes: graph("%0 = map %x {f = (a: f32) exp(a)} : tensor<3xf32>\nreturn %x"),
      stays: plain),
    PassCase(
      pass: .formIntegers,
      changes: """
        graph @g(%x: tensor<2x8xu8>, %const: tensor<8x3xi8>) -> (y: tensor<2x3xf32>) {
          %0 = map %x {f = (a: u8) mul(f32(sub(i32(a), 3:i32)), 0.5:f32)} : tensor<2x8xf32>
          %1 = map %const {f = (a: i8) mul(f32(i32(a)), 0.25:f32)} : tensor<8x3xf32>
          %2 = matmul %0, %1 : tensor<2x3xf32>
          return %2
        }
        """,
      stays: plain),
    PassCase(
      pass: .foldScales,
      changes: conv(
        """
        %1 = map %0, %const2 {f = (a: f32, b: f32) mul(a, b)} : tensor<1x2x3x3xf32>
        return %1
        """, image + ", %const2: tensor<2x1x1xf32>"),
      stays: conv(
        """
        %1 = map %0, %s {f = (a: f32, b: f32) mul(a, b)} : tensor<1x2x3x3xf32>
        return %1
        """, image + ", %s: tensor<2x1x1xf32>")),
    PassCase(
      pass: .fuseMaps,
      changes: graph(
        """
        %0 = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %1 = map %0 {f = (a: f32) neg(a)} : tensor<3xf32>
        return %1
        """), stays: plain),
    PassCase(
      pass: .roundTwice,
      changes: """
        graph @g(%x: tensor<2x3xi32>) -> (y: tensor<2x3xi32>) {
          %0 = map %x {f = (a: i32) i32(round(mul(f32(a), 0.7:f32)))} : tensor<2x3xi32>
          return %0
        }
        """,
      stays: """
        graph @g(%x: tensor<2x3xi32>) -> (y: tensor<2x3xi32>) {
          %0 = map %x {f = (a: i32) i32(round(mul(f32(a), -0.7:f32)))} : tensor<2x3xi32>
          return %0
        }

        """),
    PassCase(
      pass: .fuseKernels,
      changes: conv(
        "%1 = map %0 {f = (a: f32) max(a, 0.0:f32)} : tensor<1x2x3x3xf32>\nreturn %1"),
      stays: plain),
    PassCase(pass: .assignLayouts, changes: conv("return %0"), stays: plain),
  ]
}
