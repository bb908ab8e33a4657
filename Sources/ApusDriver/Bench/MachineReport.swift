internal import ApusC
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import Foundation

/// What `apus bench --machine` measured.
struct MachineReport {
  let target: Target
  let machine: Machine
  let threads: Int
  /// Nanoseconds that threads take for a loop that does nothing; `nil` for one thread.
  let start: Double?

  /// Measures each number for a tenth of `seconds`; keeps the machine where `--tuning` says.
  static func run(
    _ arguments: Arguments, _ seconds: Double, _ threads: Int, _ console: Console
  ) throws(DiagnosticError) -> Int32 {
    try arguments.refuseOperands()
    for name in ["--backend", "--compare", "--per-kernel"] where arguments.has(name) {
      throw .usage("--machine and \(name) exclude each other")
    }
    try CompileOptions.checkDiagnostics(arguments)
    let target = try CompileOptions.target(arguments)
    guard target.name == "native" else { throw .usage("--machine measures this one: no --target") }
    setenv("OMP_NUM_THREADS", String(threads), 1)
    let probe = try MachineProbe(
      CCompiler(command: arguments["--cc"]), for: target, threads: threads > 1 ? .openmp : .none)
    let report = MachineReport(
      target: target, machine: probe.machine(target, seconds: seconds / 10), threads: threads,
      start: threads > 1 ? probe.starts(seconds: seconds / 10) : nil)
    if let path = arguments["--tuning"] {
      var file = try TuningFile(path, target: target)
      try file.add(report.machine.answers)
    }
    if arguments.has("--json") {
      console.output(report.json.text)
    } else {
      for line in report.lines { console.output(line) }
    }
    return 0
  }

  private var levels: [(name: String, bytes: Int?, rate: Double)] {
    let names = ["first-level cache", "second-level cache", "third-level cache", "memory"]
    return zip(names, machine.reads).enumerated().map { place, level in
      (level.0, place < machine.caches.count ? machine.caches[place] : nil, level.1)
    }
  }

  var lines: [String] {
    func line(_ what: String, _ number: String, _ unit: String, _ note: String = "") -> String {
      what + right(number, 30 - what.count) + " " + unit + note
    }
    let rate = machine.multiplyAdds * 2
    return ["\(Target.processorName), \(target.summary), one core"]
      + [line("multiply-adds", decimal(rate, places: 1), "GFLOP/s of f32")]
      + levels.map { level in
        line(
          level.name, decimal(level.rate, places: 1), "GB/s",
          level.bytes.map { " of \($0 >> 10) KiB" } ?? "")
      }
      + [line("balance", decimal(rate / machine.reads[3], places: 1), "operations per byte")]
      + (start.map {
        [line("\(threads) threads for a loop", decimal($0 * 1e-3, places: 2), "µs")]
      } ?? [])
  }

  var json: JSON {
    .object([
      ("schema", .integer(1)), ("processor", .string(Target.processorName)),
      ("target", .string(target.summary)), ("peak_gflops", .number(machine.multiplyAdds * 2)),
      (
        "levels",
        .array(
          levels.map { level in
            .object([
              ("name", .string(level.name)),
              ("bytes", level.bytes.map { .integer($0) } ?? .null),
              ("gbytes_per_second", .number(level.rate)),
            ])
          })
      ),
      ("threads", .integer(threads)), ("loop_ns", start.map { .number($0) } ?? .null),
    ])
  }
}
