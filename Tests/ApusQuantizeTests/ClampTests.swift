import ApusIR
import Testing

@testable import ApusQuantize

@Suite struct ClampTests {
  private let x = Scalar.operand(0)

  private func isImplied(_ formula: Scalar, _ scale: Float, _ zero: Int) throws -> Bool {
    try #require(Pointwise([.f32], formula))
      .isImplied(by: AffineParameters(.u8, scale: scale, zero: zero))
  }

  @Test func storingKeepsBoundsThatItReaches() throws {
    #expect(try isImplied(.max(x, 0), 0.1, 0))
    #expect(try !isImplied(.max(x, 0), 0.1, 1))
    // 255 steps of 0.02 end below 6, and of 6 / 255 at 6; those of 0.03 go beyond.
    let clip = Scalar.min(.max(x, 0), 6)
    #expect(try isImplied(clip, 0.02, 0))
    #expect(try isImplied(clip, 6 / 255, 0))
    #expect(try !isImplied(clip, 0.03, 0))
    #expect(try isImplied(.max(.min(x, 6), 0), 0.02, 0))
  }

  @Test func otherFunctionsStay() throws {
    #expect(try !isImplied(.exp(x), 0.1, 0))
    #expect(try !isImplied(.max(x, 0) * x, 0.1, 0))
    #expect(try isImplied(.max(x, -1), 0.004, 100))
  }

  /// The function after the first convolution is gone: storing does its work.
  @Test func clampsLeaveTheGraph() throws {
    let graph = try makeNetwork()
    let quantizer = try Quantizer(graph)
    let recipe = try quantizer.recipe(QuantizationOptions(), samples(graph, 4))
    func clamps(_ graph: Graph) -> Int {
      graph.nodes.count { node in
        guard case .map(let map) = node.operation else { return false }
        return map.function == Pointwise([.f32], .max(x, 0))
      }
    }
    #expect(clamps(quantizer.graph) == 1)
    #expect(clamps(try quantizer.quantized(recipe)) == 0)
  }
}
