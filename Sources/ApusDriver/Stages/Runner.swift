internal import ApusBytecode
internal import ApusC
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// What runs a compiled model.
enum Backend: String, CaseIterable, Sendable { case c, bytecode }

/// A model made ready to run with one back end.
struct Runner {
  let program: Program
  private let machine: Machine

  private enum Machine {
    case native(NativeModel, TemporaryFolder)
    case interpreter(Session)
  }

  /// Compiles a model for a back end and loads the result.
  init(
    _ compilation: Compilation, _ backend: Backend, target: Target, threads: ThreadModel = .none
  ) throws(DiagnosticError) {
    switch backend {
    case .c:
      program = try compilation.program(for: target, name: "model")
      let storage: WeightStorage = program.constantBytes > 1 << 20 ? .object : .embed
      let source = CModel(
        program, target: target, options: CModel.Options(weights: storage, threads: threads))
      let folder = try TemporaryFolder()
      let library = try CCompiler().buildLibrary(source, target: target, in: folder.path)
      machine = .native(try NativeModel(library: library, program: program), folder)
    case .bytecode:
      program = try compilation.program(for: .virtualMachine, name: "model")
      machine = .interpreter(try Session(try Bytecode.encode(program)))
    }
  }

  /// Runs the model on inputs in the order of the interface.
  func run(_ inputs: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    switch machine {
    case .native(let model, _): try model.run(inputs)
    case .interpreter(let session): try session.run(inputs)
    }
  }
}
