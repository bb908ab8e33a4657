import ApusDiff
import ApusIR
import Testing

@Suite struct BehaviourTests {
  /// Rounds of one second for the old model, with the ratios given.
  private func timing(_ ratios: [Double]) throws -> Timing {
    try #require(Timing(ratios.map { (old: 1, new: $0) }))
  }

  @Test func boundsAreOrderStatistics() throws {
    let timing = try timing((1...100).map { 1 + Double($0) / 1000 })
    // 49.5 ± 2.576 * √100 / 2 = 36.62...62.38, rounded away from the middle.
    #expect(timing.bounds == 1.037...1.064)
    #expect(timing.ratio == 1.051)
    #expect(timing.rounds == 100)
    #expect(timing.verdict == .slower)
    #expect(timing.grows(byMoreThan: 3) == true)
    #expect(timing.grows(byMoreThan: 5) == nil)
    #expect(timing.grows(byMoreThan: 7) == false)
  }

  @Test func verdicts() throws {
    #expect(try timing(Array(repeating: 1.01, count: 9)).verdict == .same)
    #expect(try timing(Array(repeating: 0.9, count: 9)).verdict == .faster)
    #expect(try timing((0..<20).map { 0.9 + Double($0) / 100 }).verdict == .inconclusive)
    #expect(Timing([(1, 1)]) == nil)
    #expect(Timing(Array(repeating: (0, 1), count: 9)) == nil)
  }

  @Test func policies() throws {
    let outline = Outline(try Graph(parsing: Mutation.base, file: "base"))
    var report = DiffReport(from: outline, to: outline)
    func failures(_ rules: String...) -> Int {
      Policy(failOn: rules.compactMap { Policy.Rule($0) }).failures(report).count
    }
    // What was not measured fails, but for what asks for a measurement that says nothing.
    #expect(failures("drift>1e-3") == 1)
    #expect(failures("time+5%") == 1)
    #expect(failures("inconclusive") == 0)
    var drift = OutputDrift(output: "p")
    drift.relative = 0.01
    report.drifts = [drift]
    #expect(failures("drift>1e-3") == 1)
    #expect(failures("drift>0.02") == 0)
    report.timing = try timing((1...100).map { 1 + Double($0) / 1000 })
    #expect(failures("time+3%") == 1)
    #expect(failures("time+5%") == 0)
    #expect(failures("time+5%", "inconclusive") == 1)
    #expect(failures("time+7%", "inconclusive") == 0)
    #expect(Policy(failOn: [.growth("time", percent: 5)]).undecided(report) == ["time+5%"])
    #expect(Policy(failOn: []).undecided(report) == [])
    for text in ["drift", "drift>", "drift>-1", "time", "time+", "inconclusive>1"] {
      #expect(Policy.Rule(text) == nil)
    }
  }
}
