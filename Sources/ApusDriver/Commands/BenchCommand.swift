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
      Arguments.Option(name: "--per-kernel", help: "time each kernel alone"),
      Arguments.Option(name: "--machine", help: "measure the machine in place of a model"),
      Arguments.Option(name: "--threads", value: "N", help: "threads of compiled C (1)"),
      Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler ($CC or cc)"),
      CompileOptions.tuning,
      Arguments.Option(name: "--json", help: "write a JSON document to standard output"),
    ] + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let seconds = try arguments.number("--seconds", default: 1)
    let threads = try arguments.integer("--threads", in: 1...1024, default: 1)
    if arguments.has("--machine") {
      return try MachineReport.run(arguments, seconds, threads, console)
    }
    let path = try arguments.operand("MODEL")
    let backends = try backends(arguments)
    let options = try CompileOptions.compilation(arguments)
    try CompileOptions.requireSymbols(options, of: path)
    let build = Runner.Build(
      target: try CompileOptions.tuned(
        try CompileOptions.target(arguments), arguments["--tuning"]),
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
    let report = Report(
      path: path, threads: threads, operations: operations,
      peak: (try? MachineProbe(build.compiler, for: build.target))
        .map { $0.peak(seconds: 0.1) * Double(threads) },
      contestants: contestants,
      kernels: arguments.has("--per-kernel")
        ? try KernelTimes.measure(compilation, backends, build, seconds) : nil)
    if arguments.has("--json") {
      console.output(report.json.text)
    } else {
      for line in report.lines { console.output(line) }
    }
    return 0
  }

  /// What was measured.
  private struct Report {
    var path: String
    var threads: Int
    var operations: Int?
    var peak: Double?
    var contestants: [Contestant]
    var kernels: [KernelTimes]?

    var lines: [String] {
      var lines = contestants.map { $0.line(operations, peak: peak) }
      if let peak { lines.append("peak: \(decimal(peak, places: 1)) GFLOP/s measured") }
      return lines + (kernels ?? []).flatMap(\.lines)
    }

    var json: JSON {
      .object(
        [
          ("schema", .integer(1)), ("model", .string(path)), ("threads", .integer(threads)),
          ("multiply_adds", operations.map { .integer($0) } ?? .null),
          ("peak_gflops", peak.map { .number($0) } ?? .null),
          ("results", .array(contestants.map { $0.json(operations, peak: peak) })),
        ] + (kernels.map { [("kernels", .array($0.map(\.json)))] } ?? []))
    }
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
  static func measure(_ contestants: inout [Contestant], _ seconds: Double) {
    for contestant in contestants { contestant.body() }
    while contestants.contains(where: { $0.needsMore(than: seconds) }) {
      for place in contestants.indices where contestants[place].needsMore(than: seconds) {
        contestants[place].measure()
      }
    }
  }
}
