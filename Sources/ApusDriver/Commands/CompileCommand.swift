internal import ApusC
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
        name: "--emit", value: "KIND", help: "c (default), bytecode, so, object, ir, loops"),
      Arguments.Option(name: "--weights", value: "HOW", help: "embed, object or file"),
      Arguments.Option(name: "--threads", value: "HOW", help: "openmp (default) or none"),
      Arguments.Option(name: "--name", value: "NAME", help: "the C prefix (from the file name)"),
    ] + CompileOptions.all

  enum Kind: String, CaseIterable { case c, so, object, ir, loops }

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    guard let output = arguments["-o"] else { throw .usage("-o OUT is missing") }
    let kind = try arguments.choice("--emit", default: Kind.c)
    let target = try CompileOptions.target(arguments)
    let compilation = try Compilation(path, try CompileOptions.compilation(arguments))
    if kind == .ir {
      try writeWhole(compilation.graph.text, to: output)
      return 0
    }
    let name = CModel.identifier(arguments["--name"] ?? modelName(path))
    let program = try compilation.program(for: target, name: name)
    let bytes = program.constantBytes
    let weights = try arguments.choice(
      "--weights", default: bytes > 1 << 20 ? WeightStorage.object : .embed)
    let threads = try arguments.choice("--threads", default: ThreadModel.openmp)
    let model = CModel(
      program, target: target, options: CModel.Options(weights: weights, threads: threads))
    switch kind {
    case .c: try model.write(to: output)
    case .so, .object:
      let folder = try TemporaryFolder()
      let library = try CCompiler().buildLibrary(model, target: target, in: folder.path)
      try copyFile(library, to: output)
    case .ir, .loops: break
    }
    return 0
  }

  /// The file name without folder and ending.
  static func modelName(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let name = file.split(separator: ".").first.map(String.init) ?? file
    guard name == "model" else { return name }
    return path.split(separator: "/").dropLast().last.map(String.init) ?? name
  }
}
