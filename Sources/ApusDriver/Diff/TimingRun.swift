internal import ApusDiff
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// A model that is timed, compiled to C for this machine.
struct TimingRun {
  let path: String
  var options: Compilation.Options

  /// Lets two models run in turns for some seconds.
  ///
  /// A round is some runs of each, as many as take a millisecond; which one is first alternates.
  static func timing(
    _ old: TimingRun, _ new: TimingRun, seconds: Double, _ compiler: CCompiler
  ) throws(DiagnosticError) -> Timing {
    let bodies = (try old.body(compiler), try new.body(compiler))
    let once = max(time(bodies.0, 1), 1e-9)
    let repetitions = Int(min(max(1e-3 / once, 1), 1e6).rounded(.up))
    _ = time(bodies.1, repetitions)
    var rounds: [(old: Double, new: Double)] = []
    var total = 0.0
    while rounds.count < 10 || total < seconds {
      let isOldFirst = rounds.count.isMultiple(of: 2)
      let first = time(isOldFirst ? bodies.0 : bodies.1, repetitions)
      let second = time(isOldFirst ? bodies.1 : bodies.0, repetitions)
      rounds.append(isOldFirst ? (first, second) : (second, first))
      total += (first + second) * Double(repetitions)
    }
    guard let timing = Timing(rounds) else { throw .usage("the clock shows no time") }
    return timing
  }

  /// The seconds of one of several runs.
  private static func time(_ body: () -> Void, _ repetitions: Int) -> Double {
    let clock = ContinuousClock()
    return clock.measure { for _ in 0..<repetitions { body() } }.inSeconds / Double(repetitions)
  }

  private func body(_ compiler: CCompiler) throws(DiagnosticError) -> () -> Void {
    let build = Runner.Build(target: .native, compiler: compiler)
    return try Contestant(.c, try Runner(try Compilation(path, options), .c, build)).body
  }
}
