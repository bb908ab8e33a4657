import ApusBytecode
import ApusIR
import ApusONNX
import Testing

@testable import ApusQuantize

@Suite struct WeightTests {
  private func quantized(
    _ graph: Graph, _ format: LayerFormat, _ count: Int = 0,
    _ change: (inout QuantizationOptions) -> Void = { _ in }
  ) throws -> Graph {
    var options = QuantizationOptions()
    options.format = format
    change(&options)
    var quantizer = try Quantizer(graph)
    let data = samples(graph, count)
    if options.rounding == .gptq { try quantizer.learn(from: data) }
    return try quantizer.quantized(try quantizer.recipe(options, data))
  }

  /// What each format keeps of random weights, in decibels: six for a bit, less for the scale.
  @Test(arguments: [
    (LayerFormat.int8, 42.0), (.int4, 17.0), (.int2, 4.0), (.fp16, 65.0), (.bf16, 45.0),
    (.fp8, 28.0), (.mxfp8, 25.0), (.mxfp4, 14.0), (.dynamic, 36.0),
  ])
  func formatsKeepWhatTheyCan(_ format: LayerFormat, _ least: Double) throws {
    for graph in [try makePerceptron(), try makeNetwork()] {
      let result = try decibels(graph, try quantized(graph, format))
      #expect(result > least - 3, "\(result)")
    }
  }

  /// Written as ONNX and read again, results are the same.
  @Test(arguments: LayerFormat.allCases.filter { $0 != .float && $0 != .integers }, [0, 16, 32])
  func formatsComeBackFromONNX(_ format: LayerFormat, _ block: Int) throws {
    for graph in [try makePerceptron(), try makeNetwork()] {
      for isSymmetric in [true, false] {
        let stored = try quantized(graph, format) {
          ($0.block, $0.symmetric, $0.rounding) = (block, isSymmetric, .nearest)
        }
        let again = try Graph(importing: try stored.exported().bytes, named: "again")
        let inputs = samples(graph, 1)[0].inputs
        #expect(try Session(stored).run(inputs) == Session(again).run(inputs))
        #expect(operations(stored) == operations(again))
      }
    }
  }

  @Test func scalesAreThoseOfBlocks() throws {
    let weights = TensorData(.f32, [3, 2], [7, 0.5, -14, 0.2, 3.5, -0.75] as [Float])
    let groups = WeightGroups(blocks: 2, along: 0, of: [3, 2])
    let stored = GroupedWeights(weights, groups, WeightCode(integers: .i4), .nearest)
    #expect(stored.scales.elements(as: Float.self) == [2, 0.5 / 7, 0.5, 0.75 / 7])
    // 7/2 and 14/2; ties to even, low bits first.
    let bytes = stored.data.withBytes { Array($0) }
    #expect(bytes == [0x74, 0x39, 0x97])
    #expect((0..<6).map(groups.group(of:)) == [0, 1, 0, 1, 2, 3])
    #expect(groups.places(of: 1) == [1, 3] && groups.places(of: 3) == [5])
  }

  @Test func asymmetricWeightsUseTheirWholeRange() {
    let code = WeightCode(integers: .u4)
    let step = code.step(for: [-1, 0, 2], .nearest)
    #expect(step.scale == 0.2 && step.zero == 5)
    #expect([-1, 0, 2].map { code.integer($0, step) } == [0, 5, 15])
  }

  /// OCP Microscaling Formats 1.0, section 6.3: the scale is 2 to the exponent of the largest
  /// magnitude less that of the largest number, and too large ones saturate.
  @Test func microscalesArePowersOfTwo() throws {
    let weights = TensorData(.f32, [4, 1], [7.5, -0.5, 1, 0] as [Float])
    let groups = WeightGroups(blocks: 32, along: 0, of: [4, 1])
    let stored = try #require(GroupedWeights.microscaled(weights, groups, .f4e2m1))
    #expect(stored.scales.withBytes { Array($0) } == [127])
    // 6, -0.5, 1 and 0 as e2m1.
    #expect(stored.data.withBytes { Array($0) } == [0x97, 0x02])
  }

  @Test func roundingThatLearnsIsBetter() throws {
    let graph = try makePerceptron()
    let plain = try decibels(graph, try quantized(graph, .int4, 12) { $0.rounding = .nearest })
    let fitted = try decibels(graph, try quantized(graph, .int4, 12) { $0.rounding = .mse })
    #expect(fitted > plain - 0.5)
    // Inputs that go together let one weight make up for another.
    let learned = try decibels(graph, try quantized(graph, .int4, 12) { $0.rounding = .gptq })
    #expect(learned > fitted)
  }

  /// With `H = [[2, 1], [1, 2]]` the second row takes half of the error of the first, but for
  /// damping.
  @Test func errorsSpreadAsInputsGoTogether() throws {
    let solver = try #require(ErrorSolver([2, 1, 1, 2], count: 2))
    var numbers: [Float] = [0.25, 1]
    solver.solve(&numbers, WeightGroups(channels: 1, of: [2, 1])) { _, _ in
    } round: { place, value in
      place == 0 ? 0 : value
    }
    #expect(abs(numbers[1] - (1 + 0.25 / 2.02)) < 1e-6)
    #expect(ErrorSolver([0, 0, 0, 0], count: 2) == nil)
  }
}
