import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import ApusTestSupport
import Testing

@testable import ApusTransforms

/// Results that lie over their operands: less memory, the same numbers.
@Suite struct SlidingStackTests {
  /// Depthwise and pointwise convolutions in turn, with borders around the windows.
  private func stack(channels: Int, height: Int, width: Int) throws -> Graph {
    var random = SeededRandom(seed: 11)
    func weights(_ graph: inout Graph, _ extents: [Int]) -> ValueID {
      let elements = (0..<extents.reduce(1, *)).map { _ in
        Float.random(in: -0.5...0.5, using: &random)
      }
      return graph.constant(TensorData(.f32, extents, elements))
    }
    func window(_ extent: Int) -> Window {
      Window(
        extents: [extent, extent], strides: [1, 1], dilations: [1, 1],
        before: [extent / 2, extent / 2], after: [extent / 2, extent / 2])
    }
    var graph = Graph(name: "g")
    var image = graph.addInput("image", TensorType(.f32, [1, channels, height, width]))
    for _ in 0..<4 {
      image = try graph.add(
        .conv(Conv(window: window(1), groups: 1)),
        [image, weights(&graph, [channels, channels, 1, 1])])
      image = try graph.add(
        .conv(Conv(window: window(3), groups: channels)),
        [image, weights(&graph, [channels, 1, 3, 3])])
    }
    graph.addOutput(try graph.add(.reduce(Reduce(.sum, axes: [2, 3])), [image]), name: "y")
    return graph
  }

  @Test(arguments: [Target.c99, .cortexM4, .x86v3, .armv8, .virtualMachine])
  func stacksTakeLittleMoreThanTheirLargestValue(_ target: Target) throws {
    let (channels, height, width) = (16, 25, 5)
    let graph = try optimized(
      try stack(channels: channels, height: height, width: width),
      OptimizationLevel.full.pipeline)
    let program = try Lowering.program(for: graph, target: target, name: "g")
    let row = (width + 2) * channels * 4
    // Tiles read up to fourteen places before they write.
    #expect(program.arenaBytes <= (height + 2) * row + 14 * channels * 4 + row + 64)
    let apart = 2 * (height + 1) * (width + 1) * channels * 4
    #expect(program.arenaBytes * 3 < apart * 2)
  }

  /// The graph with all values given to the caller too, whose memory nothing else lies in.
  private func keeping(_ graph: Graph) -> Graph {
    var keeping = graph
    for (place, value) in graph.nodes.flatMap(\.results).enumerated()
    where graph.constant(value) == nil {
      keeping.addOutput(value, name: "kept\(place)")
    }
    return keeping
  }

  @Test(arguments: [(16, 25, 5), (5, 9, 9), (24, 6, 13)], [Target.c99, .native])
  func stacksComputeTheSameInC(_ size: (Int, Int, Int), _ target: Target) throws {
    let graph = try optimized(
      try stack(channels: size.0, height: size.1, width: size.2), OptimizationLevel.full.pipeline)
    var random = SeededRandom(seed: 3)
    let inputs = graph.inputs.map { TensorData(random: graph.type(of: $0), using: &random) }
    func outcome(_ graph: Graph) throws -> TensorData {
      let program = try Lowering.program(for: graph, target: target, name: "g")
      let model = CModel(program, target: target, options: CModel.Options(threads: .none))
      let folder = try TemporaryFolder()
      let library = try CCompiler().buildLibrary(model, target: target, in: folder.path)
      return try NativeModel(library: library, name: "g").run(inputs)[0]
    }
    #expect(try outcome(graph) == outcome(keeping(graph)))
    let interpreted = try graph.interpreted(inputs)
    #expect(interpreted == Array(try keeping(graph).interpreted(inputs).prefix(1)))
  }

  @Test(arguments: UInt64(0)..<200) func networksComputeTheSameWithAllValuesKept(
    _ seed: UInt64
  ) throws {
    let graph = try optimized(
      RandomNetwork.graph(seed: seed, size: 10), OptimizationLevel.full.pipeline)
    let want = try keeping(graph).outcome(seed: seed).prefix(graph.outputs.count)
    #expect(try graph.outcome(seed: seed) == Array(want))
  }
}
