internal import ApusC
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import Foundation

/// `apus bench`: how fast a model runs.
enum BenchCommand: Command {
  static let name = "bench"
  static let usage = "MODEL.onnx [options]"
  static let summary = "Time a model on random inputs."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(name: "--seconds", value: "S", help: "how long to measure each (1)"),
      Arguments.Option(name: "--backend", value: "WHICH", help: "c (default) or bytecode"),
      Arguments.Option(name: "--compare", value: "A,B", help: "back ends that take turns"),
      Arguments.Option(name: "--threads", value: "N", help: "threads of compiled C (1)"),
      Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler ($CC or cc)"),
      Arguments.Option(name: "--json", help: "write a JSON document to standard output"),
    ] + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    let seconds = try arguments.number("--seconds", default: 1)
    let threads = try arguments.integer("--threads", in: 1...1024, default: 1)
    let backends = try backends(arguments)
    let options = try CompileOptions.compilation(arguments)
    try CompileOptions.requireSymbols(options, of: path)
    let build = Runner.Build(
      target: try CompileOptions.target(arguments),
      compiler: CCompiler(command: arguments["--cc"]), threads: threads > 1 ? .openmp : .none)
    // OpenMP reads this when a library is loaded.
    setenv("OMP_NUM_THREADS", String(threads), 1)
    let compilation = try Compilation(path, options)
    let operations = compilation.imported.multiplyAdds
    var contestants: [Contestant] = []
    for backend in backends {
      contestants.append(
        try Contestant(backend, try Runner(compilation, backend, build)))
    }
    measure(&contestants, seconds)
    if arguments.has("--json") {
      console.output(json(path, threads, operations, contestants).text)
    } else {
      for contestant in contestants { console.output(contestant.line(operations)) }
    }
    return 0
  }

  private static func backends(_ arguments: Arguments) throws(DiagnosticError) -> [Backend] {
    guard let text = arguments["--compare"] else {
      return [try arguments.choice("--backend", default: Backend.c)]
    }
    guard !arguments.has("--backend") else {
      throw .usage("--backend and --compare exclude each other")
    }
    var result: [Backend] = []
    for word in text.split(separator: ",") {
      guard let backend = Backend(rawValue: String(word)), !result.contains(backend) else {
        throw .usage("--compare takes different back ends of c, bytecode")
      }
      result.append(backend)
    }
    guard !result.isEmpty else { throw .usage("--compare needs back ends") }
    return result
  }

  /// Lets contestants take turns until each has had its time, and three runs at least.
  private static func measure(_ contestants: inout [Contestant], _ seconds: Double) {
    for contestant in contestants { contestant.body() }
    while contestants.contains(where: { $0.needsMore(than: seconds) }) {
      for place in contestants.indices where contestants[place].needsMore(than: seconds) {
        contestants[place].measure()
      }
    }
  }

  private static func json(
    _ path: String, _ threads: Int, _ operations: Int?, _ contestants: [Contestant]
  ) -> JSON {
    .object([
      ("schema", .integer(1)), ("model", .string(path)), ("threads", .integer(threads)),
      ("multiply_adds", operations.map { .integer($0) } ?? .null),
      ("results", .array(contestants.map { $0.json(operations) })),
    ])
  }
}

/// A back end with the times that it took.
private struct Contestant {
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

  func line(_ operations: Int?) -> String {
    func ms(_ share: Double) -> String { decimal(percentile(share) * 1e3, places: 3) }
    var text =
      "\(backend.rawValue): median \(ms(0.5)) ms, minimum \(ms(0)) ms, p10 \(ms(0.1)) ms, "
      + "p90 \(ms(0.9)) ms, \(times.count) runs"
    if let rate = gigaflops(operations) { text += ", \(decimal(rate, places: 2)) GFLOP/s" }
    if let arena = runner.arenaBytes { text += ", arena \(grouped(arena)) bytes" }
    if let weights = runner.weightBytes { text += ", weights \(grouped(weights)) bytes" }
    return text
  }

  func json(_ operations: Int?) -> JSON {
    func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    return .object([
      ("backend", .string(backend.rawValue)), ("runs", .integer(times.count)),
      ("median_seconds", .number(percentile(0.5))), ("minimum_seconds", .number(percentile(0))),
      ("p10_seconds", .number(percentile(0.1))), ("p90_seconds", .number(percentile(0.9))),
      ("gflops", gigaflops(operations).map { .number($0) } ?? .null),
      ("arena_bytes", number(runner.arenaBytes)), ("weight_bytes", number(runner.weightBytes)),
    ])
  }
}
