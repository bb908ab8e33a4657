internal import ApusIR
internal import ApusLoops

/// Measures what schedules may choose from, kernel by kernel.
///
/// A model is lowered once for each variant: with the best estimated choices, and with some of them
/// replaced by those that come next. Kernels that ask the same questions form a group; the variant
/// in which one kernel of the group takes the least time gives the answers for all.
struct Tuner {
  let compilation: Compilation
  let build: Runner.Build
  /// How long to measure, with compiling; groups that have no turn keep their estimates.
  let seconds: Double

  /// Choices that come next by estimate.
  private static let variants: [[String: Int]] = [
    [:], ["tile": 1], ["tile": 2], ["tile": 3], ["winograd": 1], ["winograd": 2],
  ]
  /// A variant must be this much faster than the estimate: less is noise.
  private static let leastGain = 0.03

  /// Kernels that ask the same questions.
  private struct Group {
    var places: [Int] = []
    var cycles = 0.0
  }

  /// Answers questions of the model that the file does not, the most expensive kernels first.
  ///
  /// Returns how many groups of kernels there are and how many of them were measured.
  func tune(
    into file: inout TuningFile, _ console: Console
  ) throws(DiagnosticError) -> (groups: Int, measured: Int) {
    var programs: [Program] = []
    for ranks in Tuner.variants {
      var target = build.target
      target.tuning.ranks = ranks
      programs.append(try compilation.program(for: target, name: "model"))
    }
    guard programs[0].symbols.isEmpty, programs[0].pool == nil else {
      throw .usage("--tune needs fixed sizes, and no strings: give each symbol one with --dim")
    }
    let known = file.known
    var groups: [[String]: Group] = [:]
    for (place, kernel) in programs[0].kernels.enumerated() {
      let questions = kernel.choices.map(\.question)
      guard questions.contains(where: { known[$0] == nil }) else { continue }
      groups[questions, default: Group()].places.append(place)
      groups[questions]?.cycles += kernel.body.reduce(0) { $0 + $1.cycles }
    }
    let order = groups.sorted { a, b in
      (b.value.cycles, a.value.places[0]) < (a.value.cycles, b.value.places[0])
    }
    let clock = ContinuousClock()
    let start = clock.now
    var measured = 0
    for (questions, group) in order {
      let rest = seconds - start.duration(to: clock.now).inSeconds
      if rest <= 0 { break }
      let share = rest / Double(order.count - measured)
      let choices = try best(programs.map { ($0, $0.kernels[group.places[0]]) }, share)
      try file.add(choices)
      measured += 1
      if console.isInteractive {
        let answers = choices.map { "\($0.question): \($0.answer)" }.joined(separator: ", ")
        console.message(
          "tuned \(measured) of \(order.count), \(questions.count) questions: \(answers)")
      }
    }
    return (order.count, measured)
  }

  /// The choices of the fastest of several forms of one kernel.
  private func best(
    _ forms: [(program: Program, kernel: Kernel)], _ seconds: Double
  ) throws(DiagnosticError) -> [Tuning.Choice] {
    var different: [(program: Program, kernel: Kernel)] = []
    for form in forms where !different.contains(where: { $0.kernel.choices == form.kernel.choices })
    {
      different.append(form)
    }
    if different.count == 1 { return forms[0].kernel.choices }
    var contestants: [Contestant] = []
    for (program, kernel) in different {
      contestants.append(
        try Contestant(.c, try Runner(program.isolating(kernel), .c, build)))
    }
    BenchCommand.measure(&contestants, seconds / Double(2 * contestants.count))
    let times = contestants.map(\.leastTime)
    let least = times.indices.min { times[$0] < times[$1] } ?? 0
    return different[times[least] < times[0] * (1 - Tuner.leastGain) ? least : 0].kernel.choices
  }
}
