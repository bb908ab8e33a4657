internal import ApusDiff
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// `apus diff`: what differs between two models, for people and for gates of CI.
enum DiffCommand: Command {
  static let name = "diff"
  static let usage = "OLD NEW | --golden FILE MODEL [options]"
  static let summary = "Compare two models by meaning; exit with 1 where the gate fails."
  static let options: [Arguments.Option] = [
    Arguments.Option(
      name: "--fail-on", value: "RULE",
      help: "such as topology, weights>1e-3, macs+5%, time+5%, none",
      isRepeatable: true),
    Arguments.Option(
      name: "--ignore", value: "TEXT", help: "leave out changes that hold this text",
      isRepeatable: true),
    Arguments.Option(name: "--policy", value: "FILE", help: "the policy (.apus-diff.json)"),
    Arguments.Option(name: "--golden", value: "FILE", help: "compare MODEL with this snapshot"),
    Arguments.Option(name: "--update", help: "write the snapshot of MODEL to the golden file"),
    Arguments.Option(name: "--names", help: "list nodes that only changed their names"),
    Arguments.Option(
      name: "--color", value: "WHEN", help: "always, never or auto (default): on a terminal"),
    Arguments.Option(name: "--json", help: "write a JSON document to standard output"),
    Arguments.Option(name: "--markdown", value: "FILE", help: "write a comment for a review"),
    Arguments.Option(name: "--html", value: "FILE", help: "write one page with both graphs"),
    Arguments.Option(name: "--junit", value: "FILE", help: "write JUnit XML"),
    Arguments.Option(name: "--sarif", value: "FILE", help: "write SARIF 2.1.0"),
    Arguments.Option(
      name: "--data", value: "DIR", help: "run both on these inputs, compare outputs"),
    Arguments.Option(name: "--measure", help: "time both in turns, compiled to C"),
    Arguments.Option(name: "--seconds", value: "S", help: "how long to measure (2)"),
    Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler ($CC or cc)"),
    CompileOptions.dimensions,
    CompileOptions.diagnostics,
  ]

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let options = try CompileOptions.compilation(arguments)
    let paths = try paths(arguments)
    let policy = try policy(arguments)
    let style = try TextStyle(arguments, console)
    if arguments.has("--update") {
      let new = try Outline.load(paths.new, options, .virtualMachine)
      try writeWhole(Snapshot.text(of: new), to: paths.old)
      console.message("\(paths.old) is written")
      return 0
    }
    let (old, new) = try Outline.load(
      paths.old, paths.new, options,
      needs: Outline.needs.contains(where: policy.counts) ? .always : .ofSmallModels)
    let names: Snapshot.Names = arguments.has("--names") ? .origins : .none
    var report = policy.filtered(DiffReport(from: old, to: new, names: names))
    try run(paths, arguments, options, &report)
    let verdict = DiffVerdict(old: paths.old, new: paths.new, report: report, policy: policy)
    if let file = arguments["--markdown"] { try writeWhole(verdict.markdown, to: file) }
    if let file = arguments["--html"] { try writeWhole(DiffPage(verdict, old, new).text, to: file) }
    if let file = arguments["--junit"] { try writeWhole(verdict.junit, to: file) }
    if let file = arguments["--sarif"] { try writeWhole(verdict.sarif.text + "\n", to: file) }
    console.output(arguments.has("--json") ? verdict.json.text : verdict.text(style))
    return verdict.failures.isEmpty ? 0 : 1
  }

  /// Runs the models where that is asked for.
  private static func run(
    _ paths: (old: String, new: String), _ arguments: Arguments, _ options: Compilation.Options,
    _ report: inout DiffReport
  ) throws(DiagnosticError) {
    let seconds = try arguments.number("--seconds", default: 2)
    guard arguments.has("--data") || arguments.has("--measure") else { return }
    for path in [paths.old, paths.new] {
      if try Outline.isModel(path) { continue }
      throw .usage("--data and --measure need models; \(path) is a snapshot")
    }
    var (old, new) = (
      TimingRun(path: paths.old, options: options), TimingRun(path: paths.new, options: options)
    )
    if let folder = arguments["--data"] {
      let run = try DriftRun(paths.old, paths.new, folder, options)
      report.drifts = run.drifts
      // What the data leave open is timed at their sizes.
      (old.options.dimensions, new.options.dimensions) = run.sizes
    }
    if arguments.has("--measure") {
      report.timing = try TimingRun.timing(
        old, new, seconds: seconds, CCompiler(command: arguments["--cc"]))
    }
  }

  private static func paths(
    _ arguments: Arguments
  ) throws(DiagnosticError) -> (old: String, new: String) {
    if let golden = arguments["--golden"] { return (golden, try arguments.operand("MODEL")) }
    guard !arguments.has("--update") else { throw .usage("--update needs --golden") }
    guard arguments.operands.count == 2 else {
      throw .usage("OLD and NEW expected, \(arguments.operands.count) given")
    }
    return (arguments.operands[0], arguments.operands[1])
  }

  /// The policy of the file, with what the command line says in its place.
  private static func policy(_ arguments: Arguments) throws(DiagnosticError) -> Policy {
    var policy = try Policy.load(arguments["--policy"])
    let rules = arguments.all("--fail-on")
    if !rules.isEmpty { try policy.replaceRules(rules) }
    policy.ignored += arguments.all("--ignore")
    return policy
  }
}
