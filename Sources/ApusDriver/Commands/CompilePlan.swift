internal import ApusBytecode
internal import ApusC
internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime
internal import ApusTransforms
internal import Foundation

/// What a command line of `apus compile` asks for.
struct CompilePlan {
  /// What is written.
  enum Kind: String, CaseIterable { case c, bytecode, so, object, onnx, ir, loops }
  /// How parallel loops run.
  let model: String
  let output: String?
  let kind: Kind
  let target: Target
  let name: String
  let options: Compilation.Options
  let weights: WeightStorage?
  let threads: ThreadModel
  let compiler: CCompiler
  let wishes: PassWatch.Wishes
  let dumps: Set<Compilation.Stage>
  let stop: Compilation.Stage?
  /// The time for measuring choices of schedules, when that is wanted.
  let tuning: Double?
  /// Measured choices that are used.
  let tuningFile: String?

  init(_ arguments: Arguments) throws(DiagnosticError) {
    model = try arguments.operand("MODEL")
    output = arguments["-o"] == "-" ? nil : arguments["-o"]
    kind = try arguments.choice("--emit", default: Kind.c)
    stop = try CompilePlan.stages(arguments["--stop-after"] ?? "", "--stop-after").first
    dumps = Set(try CompilePlan.stages(arguments["--dump"] ?? "", "--dump"))
    name = CModel.identifier(arguments["--name"] ?? CompileCommand.modelName(model))
    weights =
      arguments.has("--weights")
      ? try arguments.choice("--weights", default: WeightStorage.embed) : nil
    threads = try arguments.choice("--threads", default: ThreadModel.openmp)
    compiler = CCompiler(command: arguments["--cc"])
    wishes = try CompilePlan.wishes(arguments)
    target =
      kind == .bytecode
      ? .virtualMachine : try CompileOptions.target(arguments).shared(by: threads)
    tuning =
      arguments.has("--tune")
      ? arguments["--tune"] == "" ? 60 : try arguments.number("--tune", default: 60) : nil
    tuningFile = arguments["--tuning"]
    var options = try CompileOptions.compilation(arguments)
    if stop == .import { options.passes = [] }
    self.options = options
    try check(arguments)
  }

  private func check(_ arguments: Arguments) throws(DiagnosticError) {
    if kind == .bytecode, arguments["--target"].map({ $0 != "vm" && $0 != "native" }) == true {
      throw .usage("bytecode runs on every machine: leave --target out")
    }
    if tuning != nil, kind == .bytecode || target.name != "native" {
      throw .usage("--tune measures C on this machine: leave --target and bytecode out")
    }
    let isText = kind == .ir || kind == .loops
    guard output != nil || stop != nil || isText else { throw .usage("-o OUT is missing") }
    if let output, CompilePlan.isSameFile(output, model) {
      throw .usage("OUT is the model itself")
    }
  }

  /// The target with measured choices, which are measured first when that is wanted.
  func tuned(_ compilation: Compilation, _ console: Console) throws(DiagnosticError) -> Target {
    guard let seconds = tuning else { return try CompileOptions.tuned(target, tuningFile) }
    var file = try TuningFile(tuningFile ?? TuningFile.standardPath, target: target)
    let build = Runner.Build(target: file.measured(target), compiler: compiler)
    let tuner = Tuner(compilation: compilation, build: build, seconds: seconds)
    let (groups, measured) = try tuner.tune(into: &file, console)
    if measured < groups {
      console.message(
        "\(measured) of \(groups) kinds of kernels were measured: give --tune more seconds, "
          + "or run it again")
    }
    return try CompileOptions.tuned(target, file.path)
  }

  private static func stages(
    _ text: String, _ option: String
  ) throws(DiagnosticError) -> [Compilation.Stage] {
    var result: [Compilation.Stage] = []
    for word in text.split(separator: ",") {
      guard let stage = Compilation.Stage(rawValue: String(word)) else {
        let all = Compilation.Stage.allCases.map(\.rawValue).joined(separator: ", ")
        throw .usage("\(option) knows no stage \(word); there are \(all)")
      }
      result.append(stage)
    }
    return result
  }

  private static func wishes(_ arguments: Arguments) throws(DiagnosticError) -> PassWatch.Wishes {
    var wishes = PassWatch.Wishes()
    for text in arguments.all("--print-after") {
      if text != "all" { _ = try CompileOptions.passes(text) }
      wishes.printAfter.formUnion(text.split(separator: ",").map(String.init))
    }
    wishes.printsChanged = arguments.has("--print-changed")
    wishes.verifiesEach = arguments.has("--verify-each")
    wishes.takesTimes = arguments.has("--time-passes")
    return wishes
  }

  private static func isSameFile(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(a, &first) == 0, stat(b, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// The folder that results go to, if OUT is one.
  var folder: String? {
    guard let output else { return nil }
    switch kind {
    case .c: return output
    case .bytecode: return output.hasSuffix(".apb") ? nil : output
    case .so, .object, .onnx, .ir, .loops:
      return isFolder(output) || output.hasSuffix("/") ? output : nil
    }
  }
}

/// Writes what a model was compiled to.
struct Emission {
  private let plan: CompilePlan
  private let console: Console

  init(_ plan: CompilePlan, _ console: Console) {
    self.plan = plan
    self.console = console
  }

  /// Writes a program in the form that the plan asks for.
  func write(_ program: Program) throws(DiagnosticError) {
    switch plan.kind {
    case .c: if let output = plan.output { try model(program).write(to: output) }
    case .bytecode: try writeBytes(try Bytecode.encode(program), ending: "apb")
    case .so:
      let folder = try TemporaryFolder()
      let file = try plan.compiler.buildLibrary(
        model(program), target: plan.target, threads: plan.threads, in: folder.path)
      try writeBytes(try FileBytes(reading: file).array, ending: "so")
    case .object:
      let folder = try TemporaryFolder()
      let file = try plan.compiler.buildObject(
        model(program), target: plan.target, threads: plan.threads, in: folder.path)
      try writeBytes(try FileBytes(reading: file).array, ending: "o")
    case .loops: try writeText(program.text, ending: "loops")
    case .ir, .onnx: break
    }
  }

  /// Writes a graph as an ONNX model, with a file of weights beside it where they are large.
  func writeONNX(_ graph: Graph) throws(DiagnosticError) {
    guard let output = plan.output else { return }
    let path = plan.folder.map { "\($0)/\(plan.name).onnx" } ?? output
    if let folder = plan.folder { try makeFolder(folder) }
    try graph.exported(ExportOptions(beside: path)).write(to: path)
  }

  private func model(_ program: Program) -> CModel {
    let standard: WeightStorage = program.constantBytes > 1 << 20 ? .object : .embed
    let options = CModel.Options(weights: plan.weights ?? standard, threads: plan.threads)
    return CModel(program, target: plan.target, options: options)
  }

  /// Writes a text to OUT, or to standard output without `-o`.
  func writeText(_ text: String, ending: String) throws(DiagnosticError) {
    if plan.output == nil {
      console.output(text)
    } else {
      try writeBytes(Array(text.utf8), ending: ending)
    }
  }

  private func writeBytes(_ bytes: [UInt8], ending: String) throws(DiagnosticError) {
    guard let output = plan.output else { return }
    guard let folder = plan.folder else { return try writeWhole(bytes, to: output) }
    try makeFolder(folder)
    try writeWhole(bytes, to: "\(folder)/\(plan.name).\(ending)")
  }
}
