internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import Dispatch
internal import Synchronization

/// `apus verify`: models against recorded outputs.
enum VerifyCommand: Command {
  static let name = "verify"
  static let usage = "CASE… [options]"
  static let summary = "Run models on recorded inputs and compare with recorded outputs."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(name: "--backend", value: "WHICH", help: "c, bytecode or both (both)"),
      Arguments.Option(name: "--rtol", value: "R", help: "relative tolerance (1e-3)"),
      Arguments.Option(name: "--atol", value: "A", help: "absolute tolerance (1e-4)"),
      Arguments.Option(name: "--jobs", value: "N", help: "cases that run at the same time (1)"),
      Arguments.Option(name: "--list", value: "FILE", help: "names of cases that must pass"),
      Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler ($CC or cc)"),
      Arguments.Option(name: "--json", help: "write a JSON document to standard output"),
      Arguments.Option(name: "--junit", value: "FILE", help: "write a JUnit report"),
    ] + CompileOptions.all

  private enum Choice: String, CaseIterable { case c, bytecode, both }

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let runs = try caseRun(arguments)
    let jobs = try arguments.integer("--jobs", in: 1...256, default: 1)
    let list = try arguments["--list"].map { path throws(DiagnosticError) in
      try CaseList(reading: path)
    }
    guard !arguments.operands.isEmpty else { throw .usage("no CASE given") }
    var cases: [TestCase] = []
    for path in arguments.operands {
      let found = try TestCase.find(in: path)
      guard !found.isEmpty else {
        throw .usage("no cases in \(path): a case is a folder with model.onnx and tensors")
      }
      cases += found
    }
    let isJSON = arguments.has("--json")
    let listed = list.map { Set($0.names) }
    let line: @Sendable (CaseResult) -> Void = { result in
      guard !isJSON else { return }
      console.output(Verdict(result, isListed: listed.map { $0.contains(result.name) }).line)
    }
    var results = run(cases, runs, jobs, line)
    for name in list?.names ?? [] where !results.contains(where: { $0.name == name }) {
      results.append(CaseResult(name: name, outcome: .failed, message: "no such case"))
      results.last.map(line)
    }
    let report = VerifyReport(
      verdicts: results.map { Verdict($0, isListed: listed?.contains($0.name)) })
    console.output(isJSON ? report.json.text : report.summary)
    if let path = arguments["--junit"] { try writeWhole(report.junit, to: path) }
    return report.exitCode
  }

  private static func caseRun(_ arguments: Arguments) throws(DiagnosticError) -> CaseRun {
    let backends: [Backend] =
      switch try arguments.choice("--backend", default: Choice.both) {
      case .c: [.c]
      case .bytecode: [.bytecode]
      case .both: [.c, .bytecode]
      }
    let tolerance = Tolerance(
      absolute: try arguments.number("--atol", default: 1e-4),
      relative: try arguments.number("--rtol", default: 1e-3))
    let build = Runner.Build(
      target: try CompileOptions.target(arguments),
      compiler: CCompiler(command: arguments["--cc"]))
    return CaseRun(
      backends: backends, options: try CompileOptions.compilation(arguments), build: build,
      tolerance: tolerance)
  }

  /// Runs cases on `jobs` threads and hands out results in order as they become known.
  private static func run(
    _ cases: [TestCase], _ runs: CaseRun, _ jobs: Int, _ line: @Sendable (CaseResult) -> Void
  ) -> [CaseResult] {
    let queue = Mutex(CaseQueue(count: cases.count))
    DispatchQueue.concurrentPerform(iterations: min(jobs, cases.count)) { _ in
      while let place = queue.withLock({ $0.next() }) {
        let result = runs.result(of: cases[place])
        queue.withLock { $0.finish(place, result, line) }
      }
    }
    return queue.withLock { $0.results.compactMap { $0 } }
  }
}

/// Which cases are done.
private struct CaseQueue {
  var results: [CaseResult?]
  private var started = 0
  private var told = 0

  init(count: Int) { results = Array(repeating: nil, count: count) }

  /// The place of a case that nobody runs yet.
  mutating func next() -> Int? {
    guard started < results.count else { return nil }
    started += 1
    return started - 1
  }

  /// Keeps a result and tells those whose turn it is.
  mutating func finish(_ place: Int, _ result: CaseResult, _ line: (CaseResult) -> Void) {
    results[place] = result
    while told < results.count, let next = results[told] {
      line(next)
      told += 1
    }
  }
}
