import ApusIR
import Testing

@testable import ApusQuantize

/// Changes of a graph that make quantization easier and change nothing else.
@Suite struct ScalingTests {
  /// Two convolutions of one window each, the channels between them of very different size.
  private func unbalanced() throws -> Graph {
    let x = Scalar.operand(0)
    var graph = Graph(name: "g")
    let image = graph.addInput("x", TensorType(.f32, [1, 8, 6, 6]))
    let window = Window(
      extents: [1, 1], strides: [1, 1], dilations: [1, 1], before: [0, 0], after: [0, 0])
    var (first, second) = (numbers(64, 1), numbers(64, 2))
    for channel in 0..<8 {
      let factor = Float(1 << channel)
      for place in 0..<8 {
        first[channel * 8 + place] *= factor
        second[place * 8 + channel] /= factor
      }
    }
    var value = try graph.add(
      .conv(Conv(window: window, groups: 1)),
      [image, graph.constant(TensorData(.f32, [8, 8, 1, 1], first))], origins: ["Conv first"])
    value = try graph.map([value], .max(x, 0))
    value = try graph.add(
      .conv(Conv(window: window, groups: 1)),
      [value, graph.constant(TensorData(.f32, [8, 8, 1, 1], second))], origins: ["Conv second"])
    graph.addOutput(value, name: "y")
    return graph
  }

  @Test func equalizingKeepsTheFunction() throws {
    for graph in [try unbalanced(), try makeNetwork()] {
      #expect(try decibels(graph, graph.equalized()) > 120)
    }
  }

  @Test func equalizingHelpsWhereChannelsDiffer() throws {
    let graph = try unbalanced()
    let results = try [false, true].map { equalizing in
      let quantizer = try Quantizer(graph, equalizing: equalizing)
      let recipe = try quantizer.recipe(QuantizationOptions(), samples(graph, 8))
      return try decibels(graph, try quantizer.quantized(recipe))
    }
    #expect(results[1] > results[0] + 6)
  }

  @Test func smoothingHelpsWithOutliers() throws {
    let graph = try makePerceptron(outlier: 100)
    let results = try [nil, 0.5].map { (share: Double?) in
      var quantizer = try Quantizer(graph)
      let data = samples(graph, 8)
      if let share {
        let before = quantizer.graph
        try quantizer.smooth(share, data)
        #expect(try decibels(before, quantizer.graph) > 110)
      }
      let recipe = try quantizer.recipe(QuantizationOptions(), data)
      #expect((recipe.data == nil) == (share == nil))
      return try decibels(graph, try quantizer.quantized(recipe))
    }
    #expect(results[1] > results[0])
  }
}
