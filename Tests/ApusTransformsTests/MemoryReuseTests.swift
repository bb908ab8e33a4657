import ApusIR
import ApusRuntime
import ApusTestSupport
import Testing

@testable import ApusTransforms

/// Results take the memory of operands only where that changes nothing.
@Suite struct MemoryReuseTests {
  /// Graphs that read one value, `%0`, in two ways at its last use.
  static let cases = [
    """
      %1 = transpose %0 {permutation = [1, 0]} : tensor<64x64xf32>
      %2 = map %0, %1 {f = (a: f32, b: f32) sub(a, b)} : tensor<64x64xf32>
    """,
    """
      %1 = slice %0 {starts = [1, 0], shape = <1x64>} : tensor<1x64xf32>
      %2 = map %0, %1 {f = (a: f32, b: f32) mul(a, b)} : tensor<64x64xf32>
    """,
    """
      %1 = matmul %0, %const : tensor<64x64xf32>
      %2 = map %1, %0 {f = (a: f32, b: f32) add(a, b)} : tensor<64x64xf32>
    """,
    """
      %1 = matmul %const, %0 : tensor<64x64xf32>
      %2 = map %1, %0 {f = (a: f32, b: f32) add(a, b)} : tensor<64x64xf32>
    """,
    """
      %1 = softmax %0 {axis = 1} : tensor<64x64xf32>
      %3 = transpose %0 {permutation = [1, 0]} : tensor<64x64xf32>
      %2 = map %1, %3 {f = (a: f32, b: f32) add(a, b)} : tensor<64x64xf32>
    """,
  ]

  @Test(arguments: cases, [false, true]) func readsOneValueTwice(
    _ body: String, isOptimized: Bool
  ) throws {
    func graph(_ outputs: String, _ results: String) throws -> Graph {
      let plain = try Graph(
        text: """
          graph @g(%x: tensor<64x64xf32>, %const: tensor<64x64xf32>) -> (\(outputs)) {
            %0 = map %x {f = (a: f32) cos(a)} : tensor<64x64xf32>
          \(body)
            %4 = softmax %2 {axis = 0} : tensor<64x64xf32>
            return \(results)
          }

          """)
      return isOptimized ? try optimized(plain, OptimizationLevel.full.pipeline) : plain
    }
    let type = "tensor<64x64xf32>"
    let lean = try graph("y: \(type)", "%4").outcome(seed: 5)
    // Who gives the value to the caller too must keep it.
    let kept = try graph("y: \(type), kept: \(type)", "%4, %0").outcome(seed: 5)
    #expect(TensorComparison(lean[0], with: kept[0], tolerance: rounding)?.isMatch == true)
  }

  @Test(arguments: UInt64(0)..<100) func randomGraphsComputeTheSameWithAllValuesKept(
    _ seed: UInt64
  ) throws {
    let graph = RandomGraph.runnable(seed: seed, size: 20).withoutDeadNodes()
    guard let want = try? graph.outcome(seed: seed) else { return }
    var keeping = graph
    for (place, value) in graph.nodes.flatMap(\.results).enumerated() {
      keeping.addOutput(value, name: "kept\(place)")
    }
    let got = try keeping.outcome(seed: seed).prefix(want.count)
    #expect(Array(got) == want)
    let pipeline = OptimizationLevel.full.pipeline
    let lean = try optimized(graph, pipeline).outcome(seed: seed)
    for (a, b) in zip(try optimized(keeping, pipeline).outcome(seed: seed), lean) {
      #expect(TensorComparison(a, with: b, tolerance: rounding)?.isMatch == true)
    }
  }
}
