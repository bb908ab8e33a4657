import ApusIR
import Testing

@testable import ApusQuantize

@Suite struct ChoosingTests {
  private func entry(
    _ layer: String, _ format: LayerFormat, _ bytes: Int, _ noise: Double
  ) -> LayerSensitivity {
    LayerSensitivity(
      layer: layer, format: format, bytes: bytes, error: OutputError(noise: noise))
  }

  private var entries: [LayerSensitivity] {
    [
      entry("a", .int4, 50, 0.01), entry("a", .int8, 100, 0.0001), entry("a", .float, 400, 0),
      entry("b", .int4, 10, 0.02), entry("b", .int8, 20, 0.0002), entry("b", .float, 80, 0),
    ]
  }

  @Test func cheapImprovementsComeFirst() {
    let tradeOff = TradeOff(entries, otherBytes: 5)
    #expect(tradeOff.points.map(\.bytes) == [65, 75, 125, 185, 485])
    #expect(tradeOff.points[1].formats == ["a": .int4, "b": .int8])
    #expect(tradeOff.points.last?.formats == ["a": .float, "b": .float])
    let levels = tradeOff.points.map(\.expected.decibels)
    #expect(levels == levels.sorted())
  }

  @Test(arguments: [(64, nil), (65, 0), (100, 1), (484, 3), (1 << 30, 4)] as [(Int, Int?)])
  func bytesAreKept(_ most: Int, _ place: Int?) {
    var tradeOff = TradeOff(entries, otherBytes: 5)
    try? tradeOff.choose(bytes: most) { _ in OutputError() }
    #expect(tradeOff.choice == place)
  }

  /// What is measured decides, even where sensitivities promise more.
  @Test func accuracyIsMeasured() throws {
    var tradeOff = TradeOff(entries, otherBytes: 5)
    var asked = 0
    try tradeOff.choose(accuracy: 35) { formats in
      asked += 1
      return OutputError(noise: formats["a"] == .float ? 0 : 0.001)
    }
    #expect(tradeOff.choice.map { tradeOff.points[$0].formats["a"] } == .float)
    #expect(asked > 1)
    let error = #expect(throws: DiagnosticError.self) {
      try tradeOff.choose(accuracy: 300) { _ in OutputError(noise: 0.001) }
    }
    #expect(error?.diagnostics.first?.id == "quantize-budget")
    #expect(error?.exitCode == 5)
  }

  // MARK: Latency

  /// Of 100 units of time, `a` takes 40 and `b` 20; 4 bits make `b` slower than 8.
  private func timed(_ entries: [LayerSensitivity]) -> TradeOff {
    let profile = LatencyProfile(
      .modelled, real: 100,
      layers: [
        .float: ["a": 40, "b": 20], .int8: ["a": 20, "b": 15], .int4: ["a": 10, "b": 16],
      ])
    return TradeOff(entries, otherBytes: 5, profile: profile)
  }

  @Test func cheapSavingsComeFirst() {
    let tradeOff = timed(entries)
    #expect(tradeOff.points.map(\.expectedTime) == [65, 75, 80, 100])
    #expect(tradeOff.points[2].formats == ["a": .int8, "b": .float])
    #expect(tradeOff.points[0].formats == ["a": .int4, "b": .int8])
    #expect(tradeOff.points.map(\.time) == [nil, nil, nil, 100])
  }

  /// Whole mixtures take 3 units more than their layers say.
  @Test(arguments: [(120, 3, 0), (99, 2, 2), (83, 2, 2), (78, 1, 3), (70, 0, 2), (68, 0, 2)])
  func latencyIsThatOfTheWhole(_ limit: Double, _ place: Int, _ asked: Int) throws {
    var tradeOff = timed(entries)
    let points = tradeOff.points
    var count = 0
    try tradeOff.choose(latency: limit, told: { "\($0)" }) { formats in
      count += 1
      return (points.first { $0.formats == formats }?.expectedTime ?? 0) + 3
    } _: { _ in
      OutputError()
    }
    #expect(tradeOff.choice == place)
    #expect(count == asked)
  }

  @Test func missedLatenciesNameTheBest() {
    var tradeOff = timed(entries)
    let error = #expect(throws: DiagnosticError.self) {
      try tradeOff.choose(latency: 60, told: { "\($0) units" }) { _ in
        68
      } _: { _ in
        OutputError()
      }
    }
    #expect(error?.diagnostics.first?.id == "quantize-budget")
    #expect(error?.diagnostics.first?.message.contains("68.0 units, not 60.0 units") == true)
  }

  /// Neighbours of integers may save what one layer alone does not.
  @Test func layersThatSaveNothingAreTriedLast() throws {
    let profile = LatencyProfile(
      .measured, real: 100, layers: [.float: ["a": 20], .int8: ["a": 25]])
    var tradeOff = TradeOff(
      [entry("a", .int8, 100, 0.1), entry("a", .float, 400, 0)], otherBytes: 0, profile: profile)
    #expect(tradeOff.points.map(\.expectedTime) == [105, 100])
    try tradeOff.choose(latency: 90, told: { "\($0)" }) { _ in
      85
    } _: { _ in
      OutputError()
    }
    #expect(tradeOff.choice == 0)
  }

  @Test func errorsAreRatiosOfPowers() {
    let real = [[TensorData(.f32, [2], [3, 4] as [Float])]]
    let other = [[TensorData(.f32, [2], [3, 3.5] as [Float])]]
    let error = OutputError(real, other)
    #expect(abs(error.decibels - 20) < 1e-9)
    let chances = [[TensorData(.f32, [2], [0.5, 0.5] as [Float])]]
    let others = [[TensorData(.f32, [2], [0.25, 0.75] as [Float])]]
    // 0.5 ln 2 + 0.5 ln (2/3)
    #expect(abs(OutputError(chances, others).divergence - 0.143841036) < 1e-7)
  }

  @Test func sensitivitiesNameEveryLayer() throws {
    let graph = try makeNetwork()
    let data = samples(graph, 4)
    let quantizer = try Quantizer(graph)
    let recipe = try quantizer.recipe(QuantizationOptions(), data)
    let meter = try OutputMeter(quantizer, data)
    let found = try quantizer.sensitivities(recipe, to: [.integers, .float], meter)
    #expect(found.map(\.layer) == ["first", "first", "second", "second", "last", "last"])
    #expect(found.filter { $0.format == .integers }.allSatisfy { $0.error.noise > 0 })
    #expect(found.filter { $0.format == .integers }.map(\.bytes) == [124, 32, 40])
  }
}
