internal import ApusIR
internal import ApusRuntime

/// `apus opt`: passes over a graph in text form.
enum OptimizeCommand: Command {
  static let name = "opt"
  static let usage = "FILE.apir --passes P1,P2 [options]"
  static let summary = "Run passes over a graph in text form."
  static let options: [Arguments.Option] = [
    Arguments.Option(name: "--passes", value: "P1,P2", help: "the passes; see apus passes"),
    Arguments.Option(name: "-o", value: "FILE", help: "the file (standard output)"),
    Arguments.Option(name: "--rewrite-limit", value: "N", help: "stop rewriting after N changes"),
    Arguments.Option(name: "--verify-each", help: "check the graph after each pass"),
    Arguments.Option(name: "--time-passes", help: "show the time that each pass takes"),
    CompileOptions.diagnostics,
  ]

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try CompileOptions.checkDiagnostics(arguments)
    let path = try arguments.operand("FILE.apir")
    var options = Compilation.Options()
    options.passes = try CompileOptions.passes(arguments["--passes"] ?? "")
    let bytes = try FileBytes(reading: path).array
    var graph = try Graph(parsing: String(decoding: bytes, as: UTF8.self), file: path)
    var wishes = PassWatch.Wishes()
    wishes.verifiesEach = arguments.has("--verify-each")
    wishes.takesTimes = arguments.has("--time-passes")
    let watch = PassWatch(wishes, print: console.message)
    options.rewriteLimit = try arguments.integer(
      "--rewrite-limit", in: 0...Int.max, default: .max)
    options.instrumentation = watch.instrumentation
    try Compilation.optimize(&graph, options)
    watch.finish()
    if let output = arguments["-o"], output != "-" {
      try writeWhole(graph.text, to: output)
    } else {
      console.output(graph.text)
    }
    return 0
  }
}
