internal import ApusIR
internal import ApusRuntime

/// A back end with the times that it took.
struct Contestant {
  let backend: Backend
  let runner: Runner
  let body: () -> Void
  private var times: [Double] = []
  private var total = 0.0

  init(_ backend: Backend, _ runner: Runner) throws(DiagnosticError) {
    self.backend = backend
    self.runner = runner
    var random = RandomTensors(seed: 0)
    let values = runner.inputs.compactMap { random.tensor($0.type) }
    guard values.count == runner.inputs.count else {
      throw .usage("fix the symbolic dimensions with --dim; strings cannot be timed")
    }
    body = runner.prepared(try RawTensors(runner, values))
  }

  func needsMore(than seconds: Double) -> Bool { times.count < 3 || total < seconds }

  mutating func measure() {
    let clock = ContinuousClock()
    let time = clock.measure(body).inSeconds
    times.append(time)
    total += time
  }

  private func percentile(_ share: Double) -> Double {
    let sorted = times.sorted()
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }

  /// Two floating-point operations per multiply-add.
  private func gigaflops(_ operations: Int?) -> Double? {
    operations.map { Double($0) * 2 / percentile(0.5) * 1e-9 }
  }

  /// The share of a rate in GFLOP/s that the median reaches.
  func share(of peak: Double?, _ operations: Int?) -> Double? {
    guard let peak, let rate = gigaflops(operations) else { return nil }
    return rate / peak
  }

  /// The least time of a run in seconds.
  var leastTime: Double { percentile(0) }

  /// The time of half the runs, at most, in seconds.
  var medianTime: Double { percentile(0.5) }

  func line(_ operations: Int?, peak: Double?) -> String {
    func ms(_ share: Double) -> String { decimal(percentile(share) * 1e3, places: 3) }
    var text =
      "\(backend.rawValue): median \(ms(0.5)) ms, minimum \(ms(0)) ms, p10 \(ms(0.1)) ms, "
      + "p90 \(ms(0.9)) ms, \(times.count) runs"
    if let rate = gigaflops(operations) { text += ", \(decimal(rate, places: 2)) GFLOP/s" }
    if let share = share(of: peak, operations) {
      text += " (\(decimal(share * 100, places: 1)) % of the peak)"
    }
    if let arena = runner.arenaBytes { text += ", arena \(grouped(arena)) bytes" }
    if let weights = runner.weightBytes { text += ", weights \(grouped(weights)) bytes" }
    return text
  }

  func json(_ operations: Int?, peak: Double?) -> JSON {
    func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    return .object([
      ("backend", .string(backend.rawValue)), ("runs", .integer(times.count)),
      ("median_seconds", .number(percentile(0.5))), ("minimum_seconds", .number(percentile(0))),
      ("p10_seconds", .number(percentile(0.1))), ("p90_seconds", .number(percentile(0.9))),
      ("gflops", gigaflops(operations).map { .number($0) } ?? .null),
      ("share_of_peak", share(of: peak, operations).map { .number($0) } ?? .null),
      ("arena_bytes", number(runner.arenaBytes)), ("weight_bytes", number(runner.weightBytes)),
    ])
  }
}
