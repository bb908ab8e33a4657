internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime

/// `apus run`: a model on the tensors of files.
enum RunCommand: Command {
  static let name = "run"
  static let usage = "MODEL --input NAME=FILE … -o DIR [options]"
  static let summary = "Run a model, bytecode or a compiled folder on tensors from files."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(
        name: "--input", value: "NAME=FILE", help: ".npy, .npz, .pb, or random[:seed]",
        isRepeatable: true),
      Arguments.Option(name: "-o", value: "DIR", help: "the folder for the outputs"),
      Arguments.Option(name: "--format", value: "FORM", help: "npy (default) or pb"),
      Arguments.Option(name: "--backend", value: "WHICH", help: "c (default) or bytecode"),
      Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler ($CC or cc)"),
    ] + CompileOptions.all

  private enum Format: String, CaseIterable { case npy, pb }

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    guard let folder = arguments["-o"] else { throw .usage("-o DIR is missing") }
    let format = try arguments.choice("--format", default: Format.npy)
    let inputs = try RunInputs(arguments.all("--input"))
    let runner = try runner(path, inputs, arguments)
    let values = try inputs.tensors(runner.inputs)
    let outputs = try runner.run(values)
    try makeFolder(folder)
    for (port, output) in zip(runner.outputs, outputs) {
      let name = String(port.name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
      let file = "\(folder)/\(name.isEmpty ? "output" : name).\(format.rawValue)"
      try TensorFile.write([NamedTensor(port.name, output)], to: file)
      console.output("\(file)  \(port.type)")
    }
    return 0
  }

  private static func runner(
    _ path: String, _ inputs: RunInputs, _ arguments: Arguments
  ) throws(DiagnosticError) -> Runner {
    var options = try CompileOptions.compilation(arguments)
    let backend = try arguments.choice("--backend", default: Backend.c)
    let build = Runner.Build(
      target: try CompileOptions.target(arguments),
      compiler: CCompiler(command: arguments["--cc"]))
    switch ModelSource(path) {
    case .bytecode(let file): return try Runner(bytecode: try FileBytes(reading: file).array)
    case .compiled(let folder): return try Runner(folder: folder, build.compiler)
    case .model(let file):
      try CompileOptions.requireSymbols(options, of: file)
      if !file.hasSuffix(".apir") {
        let sizes = try ModelInterface(of: file).dimensions(options.importing) { _, name in
          inputs.extents(name)
        }
        options.dimensions.merge(sizes) { given, _ in given }
      }
      return try Runner(try Compilation(file, options), backend, build)
    }
  }
}

/// The tensors that `--input` names.
struct RunInputs {
  private enum Source {
    case file([NamedTensor], path: String)
    case random(UInt64)
  }

  private var sources: [(name: String, source: Source)] = []

  /// Reads the files of `NAME=FILE`.
  init(_ texts: [String]) throws(DiagnosticError) {
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw .usage("--input needs NAME=FILE, not \(text)") }
      guard !sources.contains(where: { $0.name == parts[0] }) else {
        throw .usage("--input \(parts[0]) stands twice")
      }
      sources.append((parts[0], try RunInputs.source(parts[1])))
    }
  }

  private static func source(_ text: String) throws(DiagnosticError) -> Source {
    let words = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard words.first == "random" else { return .file(try TensorFile.read(text), path: text) }
    guard words.count == 2 else { return .random(0) }
    guard let seed = UInt64(words[1]) else {
      throw .usage("a seed is a whole number, not \(words[1])")
    }
    return .random(seed)
  }

  /// The extents of an input that comes from a file.
  func extents(_ name: String) -> [Int]? {
    guard let (_, source) = sources.first(where: { $0.name == name }),
      case .file(let tensors, _) = source
    else { return nil }
    return RunInputs.pick(tensors, name)?.type.shape.extents
  }

  private static func pick(_ tensors: [NamedTensor], _ name: String) -> TensorData? {
    let named = tensors.first { $0.name == name || $0.name == "in:" + name }
    return (named ?? (tensors.count == 1 ? tensors[0] : nil))?.value
  }

  /// One tensor per port.
  func tensors(_ ports: [Runner.Port]) throws(DiagnosticError) -> [TensorData] {
    let names = ports.map(\.name)
    if let unknown = sources.first(where: { !names.contains($0.name) }) {
      throw .usage(
        "the model has no input \(unknown.name); it has \(names.joined(separator: ", "))")
    }
    var result: [TensorData] = []
    for port in ports { result.append(try tensor(port)) }
    return result
  }

  private func tensor(_ port: Runner.Port) throws(DiagnosticError) -> TensorData {
    guard let (_, source) = sources.first(where: { $0.name == port.name }) else {
      throw .usage("--input \(port.name)=FILE is missing; the input is \(port.type)")
    }
    switch source {
    case .random(let seed):
      var random = RandomTensors(seed: seed)
      if let data = random.tensor(port.type) { return data }
      throw .usage("there are no random tensors of \(port.type)")
    case .file(let tensors, let path):
      if let data = RunInputs.pick(tensors, port.name) { return data }
      throw DiagnosticError(
        Diagnostic(
          .usage, id: "input-missing", "the file has no tensor \(port.name)", file: path,
          notes: tensors.map { "it has \($0.name)" }))
    }
  }
}
