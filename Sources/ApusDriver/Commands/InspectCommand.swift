internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// `apus inspect`: what a model is and what it needs.
enum InspectCommand: Command {
  static let name = "inspect"
  static let usage = "MODEL [options]"
  static let summary = "Show interface, operators, cost and memory plan of a model."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(name: "--json", help: "write a JSON document to standard output"),
      Arguments.Option(name: "--dot", help: "write the imported graph for Graphviz"),
      Arguments.Option(name: "--html", value: "FILE", help: "write one page for a browser"),
      Arguments.Option(
        name: "--quantization", help: "show which products take integers, and why others do not"),
      Arguments.Option(
        name: "--kernels", help: "show what each kernel does, moves and was made with"),
      CompileOptions.tuning,
    ] + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    guard !(arguments.has("--json") && arguments.has("--dot")) else {
      throw .usage("--json and --dot exclude each other")
    }
    let options = try CompileOptions.compilation(arguments)
    let target = try CompileOptions.tuned(
      try CompileOptions.target(arguments), arguments["--tuning"])
    try CompileOptions.requireSymbols(options, of: path)
    let compilation = try Compilation(path, options)
    let integers =
      arguments.has("--quantization") ? try Compilation.integers(of: compilation.imported) : nil
    var facts = ModelFacts(path, compilation, target, integers: integers)
    facts.showsKernels = arguments.has("--kernels")
    if arguments.has("--json") {
      console.output(facts.json.text)
    } else if arguments.has("--dot") {
      console.output(facts.imported.dot)
    } else if !arguments.has("--html") {
      console.output(facts.text)
    }
    if let file = arguments["--html"] { try writeWhole(facts.page, to: file) }
    return 0
  }
}
