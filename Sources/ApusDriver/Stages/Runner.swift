internal import ApusC
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// Something that runs a compiled model.
enum Backend: String, CaseIterable { case c, bytecode }

/// A model made ready to run with one back end.
struct Runner {
  let program: Program
  private let model: NativeModel
  private let folder: TemporaryFolder

  /// Compiles with the C back end and loads the result.
  init(_ compilation: Compilation, target: Target, name: String) throws(DiagnosticError) {
    program = try compilation.program(for: target, name: name)
    let storage: WeightStorage = program.constantBytes > 1 << 20 ? .object : .embed
    let source = CModel(
      program, target: target, options: CModel.Options(weights: storage, threads: .openmp))
    folder = try TemporaryFolder()
    let library = try CCompiler().buildLibrary(source, target: target, in: folder.path)
    model = try NativeModel(library: library, program: program)
  }

  func run(_ inputs: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    try model.run(inputs)
  }

  func run(_ inputs: [UnsafeRawPointer?], _ outputs: [UnsafeMutableRawPointer?]) -> Int32 {
    model.run(inputs, outputs)
  }
}
