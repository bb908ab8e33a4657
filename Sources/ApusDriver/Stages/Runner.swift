internal import ApusBytecode
internal import ApusC
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// What runs a compiled model.
enum Backend: String, CaseIterable, Sendable { case c, bytecode }

/// A model made ready to run with one back end.
struct Runner {
  /// What goes in or comes out.
  struct Port {
    var name: String
    var type: TensorType
    /// The bytes that the elements may take.
    var byteCount: Int
  }

  /// How a compiled model is built.
  struct Build {
    var target: Target
    var compiler = CCompiler()
    var threads = ThreadModel.none

    /// The machine that programs are scheduled for.
    func target(of backend: Backend) -> Target {
      backend == .c ? target.shared(by: threads) : .virtualMachine
    }
  }

  /// The inputs in order.
  let inputs: [Port]
  /// The outputs in order.
  let outputs: [Port]
  /// The bytes of temporaries, and of weights where they are known.
  private(set) var arenaBytes: Int?
  private(set) var weightBytes: Int?
  private let machine: Machine

  private enum Machine {
    case native(NativeModel, TemporaryFolder?)
    case interpreter(Session)
  }

  /// Compiles a model for a back end and loads the result.
  init(_ compilation: Compilation, _ backend: Backend, _ build: Build) throws(DiagnosticError) {
    let program = try compilation.program(for: build.target(of: backend), name: "model")
    try self.init(program, backend, build)
  }

  /// Builds a program and loads the result.
  init(_ program: Program, _ backend: Backend, _ build: Build) throws(DiagnosticError) {
    switch backend {
    case .c:
      let storage: WeightStorage = program.constantBytes > 1 << 20 ? .object : .embed
      let source = CModel(
        program, target: build.target,
        options: CModel.Options(weights: storage, threads: build.threads))
      let folder = try TemporaryFolder()
      let library = try build.compiler.buildLibrary(
        source, target: build.target, threads: build.threads, in: folder.path)
      self.init(try NativeModel(library: library, name: program.name), folder)
    case .bytecode: try self.init(bytecode: try Bytecode.encode(program))
    }
    arenaBytes = program.arenaBytes
    weightBytes = program.constantBytes
  }

  /// Loads a bytecode file.
  init(bytecode: [UInt8]) throws(DiagnosticError) {
    let session = try Session(bytecode)
    (inputs, outputs) = Runner.ports(session.interface)
    machine = .interpreter(session)
  }

  /// A library that is loaded; `folder` stays as long as the runner.
  init(_ model: NativeModel, _ folder: TemporaryFolder?) {
    (inputs, outputs) = Runner.ports(model.interface)
    machine = .native(model, folder)
  }

  private static func ports(_ interface: ProgramInterface) -> ([Port], [Port]) {
    func port(_ port: ApusLoops.Port) -> Port {
      Port(name: port.name, type: port.type, byteCount: interface.byteCapacity(of: port))
    }
    return (interface.inputs.map(port), interface.outputs.map(port))
  }

  /// Runs the model on inputs in the order of the interface.
  func run(_ inputs: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    switch machine {
    case .native(let model, _): try model.run(inputs)
    case .interpreter(let session): try session.run(inputs)
    }
  }

  /// Runs the model on raw memory, again and again, for timing.
  func prepared(_ memory: RawTensors) -> () -> Void {
    switch machine {
    case .native(let model, _):
      {
        var sizes = memory.sizes
        _ = model.run(memory.inputs, memory.outputs, &sizes)
      }
    case .interpreter(let session):
      {
        var sizes = memory.sizes
        session.run(memory.inputs, memory.outputs, &sizes, memory: memory.scratch)
      }
    }
  }

  /// What goes in and comes out.
  var interface: ProgramInterface {
    switch machine {
    case .native(let model, _): model.interface
    case .interpreter(let session): session.interface
    }
  }

  /// The bytes that one run of the interpreter takes.
  var scratchBytes: Int {
    if case .interpreter(let session) = machine { return session.memoryBytes }
    return 0
  }
}

/// Memory for the inputs and outputs of one run.
final class RawTensors {
  let inputs: [UnsafeRawPointer?]
  let outputs: [UnsafeMutableRawPointer?]
  /// The symbols of the interface.
  let sizes: [Int64]
  private let sources: [PortMemory]
  private let targets: [RunMemory]
  private let work: RunMemory

  /// Memory for a runner, with inputs filled in.
  init(_ runner: Runner, _ values: [TensorData]) throws(DiagnosticError) {
    sizes = try runner.interface.sizes(for: values.map(\.type))
    targets = try runner.outputs.map { port throws(DiagnosticError) in
      try RunMemory(port.byteCount + 64)
    }
    work = try RunMemory(runner.scratchBytes)
    sources = try zip(values, runner.inputs).map { value, port throws(DiagnosticError) in
      try PortMemory(value, capacity: port.byteCount + 64)
    }
    (inputs, outputs) = (sources.map(\.base), targets.map { $0.start })
  }

  var scratch: UnsafeMutableRawPointer { work.start }
}
