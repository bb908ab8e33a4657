internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusTransforms

/// The options that every command that compiles shares.
enum CompileOptions {
  static let all: [Arguments.Option] = [
    Arguments.Option(name: "-O", value: "0…3", help: "how much is optimised (2)"),
    Arguments.Option(
      name: "--target", value: "NAME", help: "the machine (native); see apus targets"),
    dimensions,
    Arguments.Option(
      name: "--string-bytes", value: "N", help: "room for the strings of a run (65536)"),
    Arguments.Option(
      name: "--sequence", value: "NAME=3", help: "how many elements a sequence has: NAME.0 and on",
      isRepeatable: true),
    Arguments.Option(
      name: "--shape", value: "NAME=2x3", help: "the shape of an input that leaves it open",
      isRepeatable: true),
    Arguments.Option(
      name: "--absent", value: "NAME", help: "an optional input that is not there",
      isRepeatable: true),
    Arguments.Option(
      name: "--requant", value: "HOW", help: "how sums become codes: float (default) or tflite"),
    Arguments.Option(
      name: "--fast-math", value: "N", help: "units in the last place functions may be off by (2)"),
    Arguments.Option(name: "--pass-pipeline", value: "P1,P2", help: "passes in place of -O's"),
    Arguments.Option(name: "--rewrite-limit", value: "N", help: "stop rewriting after N changes"),
    diagnostics,
  ]

  /// Measured choices.
  static let tuning = Arguments.Option(
    name: "--tuning", value: "FILE", help: "what --tune, or bench --machine, measured")

  /// A target with the choices of a file, if there is one.
  static func tuned(_ target: Target, _ file: String?) throws(DiagnosticError) -> Target {
    guard let file else { return target }
    let tuning = try TuningFile(file, target: target)
    var result = tuning.measured(target)
    result.tuning.answers = tuning.known
    return result
  }

  /// Sizes of symbols.
  static let dimensions = Arguments.Option(
    name: "--dim", value: "N=8", help: "fixes a symbolic dimension; N=1..64 bounds it",
    isRepeatable: true)

  /// How errors are told.
  static let diagnostics = Arguments.Option(
    name: "--diagnostics", value: "FORM", help: "text (default) or json")

  private enum Form: String, CaseIterable { case text, json }

  /// Fails when `--diagnostics` has another value than those that exist.
  static func checkDiagnostics(_ arguments: Arguments) throws(DiagnosticError) {
    _ = try arguments.choice("--diagnostics", default: Form.text)
  }

  static func compilation(_ arguments: Arguments) throws(DiagnosticError) -> Compilation.Options {
    try checkDiagnostics(arguments)
    _ = try functionError(arguments)
    var options = Compilation.Options()
    options.level =
      OptimizationLevel(rawValue: try arguments.integer("-O", in: 0...3, default: 2)) ?? .full
    options.rewriteLimit = try arguments.integer(
      "--rewrite-limit", in: 0...Int.max, default: .max)
    options.stringBytes = try arguments.integer(
      "--string-bytes", in: 1...1 << 30, default: options.stringBytes)
    options.rounding = try arguments.choice("--requant", default: .once)
    guard
      options.rounding == .once || options.level.rawValue >= 2 && !arguments.has("--pass-pipeline")
    else { throw .usage("--requant tflite needs -O2 or more, whose passes it is one of") }
    if let text = arguments["--pass-pipeline"] { options.passes = try passes(text) }
    for text in arguments.all("--dim") { try addDimension(text, to: &options) }
    try addForms(arguments, to: &options)
    return options
  }

  /// The passes of a pipeline's text.
  static func passes(_ text: String) throws(DiagnosticError) -> [Pass] {
    switch PassManager.parse(text) {
    case .success(let manager): return manager.passes
    case .failure(let unknown):
      let all = PassRegistry.all.map(\.name).joined(separator: ", ")
      throw .usage("there is no pass \(unknown.name); there are \(all)")
    }
  }

  private static func addDimension(
    _ text: String, to options: inout Compilation.Options
  ) throws(DiagnosticError) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    let ends = parts.count == 2 ? parts[1].split(separator: ".").compactMap { Int($0) } : []
    let form = ends.map(String.init).joined(separator: "..")
    let range = 0..<1 << 31
    guard parts.count == 2, !parts[0].isEmpty, (1...2).contains(ends.count), form == parts[1],
      ends.allSatisfy(range.contains), ends[0] <= ends[ends.count - 1]
    else { throw .usage("--dim needs NAME=SIZE or NAME=LOWEST..HIGHEST, not \(text)") }
    let name = String(parts[0])
    guard options.dimensions[name] == nil, !options.bounds.contains(where: { $0.name == name })
    else { throw .usage("--dim \(name) stands twice") }
    if ends[0] == ends[ends.count - 1] {
      options.dimensions[name] = ends[0]
    } else {
      options.bounds.append(SymbolBounds(name: name, lower: ends[0], upper: ends[1]))
    }
  }

  /// Fails when `--dim` names a symbol that the model does not have.
  static func requireSymbols(
    _ options: Compilation.Options, of path: String
  ) throws(DiagnosticError) {
    let given = options.dimensions.keys.sorted() + options.bounds.map(\.name)
    guard !given.isEmpty, !path.hasSuffix(".apir") else { return }
    var open = options.importing
    open.dimensions = [:]
    let types = try ModelInterface(of: path).inputs(open).map(\.type)
    let symbols = types.flatMap { $0.shape.dimensions.flatMap(\.symbols) }
    guard let unknown = given.first(where: { !symbols.contains($0) }) else { return }
    var known: [String] = []
    for symbol in symbols where !known.contains(symbol) { known.append(symbol) }
    let list = known.isEmpty ? "it has none" : "it has " + known.joined(separator: ", ")
    throw .usage("the model has no symbolic dimension \(unknown); \(list)")
  }

  static func target(_ arguments: Arguments) throws(DiagnosticError) -> Target {
    let name = arguments["--target"] ?? "native"
    guard var target = Target(named: name) else {
      let all = Target.all.map(\.name).joined(separator: ", ")
      throw .usage("there is no target \(name); there are \(all)")
    }
    target.functionError = try functionError(arguments)
    return target
  }

  private static func functionError(_ arguments: Arguments) throws(DiagnosticError) -> Int {
    try arguments.integer("--fast-math", in: 2...1 << 23, default: 2)
  }
}
