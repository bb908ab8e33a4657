internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// `apus compile`: a model to C, bytecode, a library, or the text of a stage.
enum CompileCommand: Command {
  static let name = "compile"
  static let usage = "MODEL.onnx -o OUT [options]"
  static let summary = "Compile a model to C, bytecode or a shared library."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(name: "-o", value: "OUT", help: "the folder (c) or file that is written"),
      Arguments.Option(
        name: "--emit", value: "KIND",
        help: "c (default), bytecode, so, object, onnx, ir, loops"),
      Arguments.Option(name: "--weights", value: "HOW", help: "embed, object or file"),
      Arguments.Option(
        name: "--threads", value: "HOW", help: "openmp (default), callback or none"),
      Arguments.Option(name: "--name", value: "NAME", help: "the C prefix (from the file name)"),
      Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler of so and object"),
      Arguments.Option(
        name: "--tune", value: "SECONDS", help: "measure what kernels may choose from (60)",
        isOptional: true),
      CompileOptions.tuning,
      Arguments.Option(
        name: "--stop-after", value: "STAGE", help: "import, optimize or lower; writes no result"),
      Arguments.Option(
        name: "--dump", value: "STAGE,…", help: "write the text of stages beside the result"),
      Arguments.Option(
        name: "--print-after", value: "PASS", help: "show the graph after a pass, or after all",
        isRepeatable: true),
      Arguments.Option(name: "--print-changed", help: "show the graph after passes that change it"),
      Arguments.Option(name: "--verify-each", help: "check the graph after each pass"),
      Arguments.Option(name: "--time-passes", help: "show the time that each pass takes"),
    ] + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let start = ContinuousClock().now
    let plan = try CompilePlan(arguments)
    try CompileOptions.requireSymbols(plan.options, of: plan.model)
    let watch = PassWatch(plan.wishes, print: console.message)
    var options = plan.options
    options.instrumentation = watch.instrumentation
    let compilation = try Compilation(plan.model, options)
    watch.finish()
    let dumps = StageDumps(plan, console)
    try dumps.write(.import) { compilation.imported.text }
    if plan.stop == .import { return 0 }
    try dumps.write(.optimize) { compilation.graph.text }
    if plan.stop == .optimize { return 0 }
    switch plan.kind {
    case .ir:
      try Emission(plan, console).writeText(compilation.graph.text, ending: "apir")
      return 0
    case .onnx:
      try Emission(plan, console).writeONNX(compilation.graph)
      return 0
    case .c, .bytecode, .so, .object, .loops: break
    }
    let program = try compilation.program(
      for: try plan.tuned(compilation, console), name: plan.name)
    try dumps.write(.lower) { program.text }
    if plan.stop == .lower { return 0 }
    try Emission(plan, console).write(program)
    if console.isInteractive {
      console.message(summary(plan, program, start.duration(to: ContinuousClock().now)))
    }
    return 0
  }

  /// One line about a compiled model.
  private static func summary(
    _ plan: CompilePlan, _ program: Program, _ time: Duration
  ) -> String {
    "\(program.name) for \(plan.target.name): \(program.kernels.count) kernels, arena "
      + "\(grouped(program.arenaBytes)) bytes, weights \(grouped(program.constantBytes)) bytes, "
      + "\(decimal(time.inSeconds, places: 2)) s"
  }

  /// The file name without folder and ending.
  static func modelName(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let name = file.split(separator: ".").first.map(String.init) ?? file
    guard name == "model" else { return name }
    return path.split(separator: "/").dropLast().last.map(String.init) ?? name
  }
}

/// Writes the texts of stages that are asked for.
private struct StageDumps {
  let plan: CompilePlan
  let console: Console

  init(_ plan: CompilePlan, _ console: Console) {
    self.plan = plan
    self.console = console
  }

  /// Writes `OUT/NAME.STAGE.txt`, or to standard error where OUT is no folder; a stage to stop at
  /// that is not dumped goes to standard output.
  func write(
    _ stage: Compilation.Stage, _ text: () -> String
  ) throws(DiagnosticError) {
    if plan.dumps.contains(stage) {
      if let folder = plan.folder {
        try makeFolder(folder)
        try writeWhole(text(), to: "\(folder)/\(plan.name).\(stage.rawValue).txt")
      } else {
        console.message(text())
      }
    } else if plan.stop == stage {
      console.output(text())
    }
  }
}
