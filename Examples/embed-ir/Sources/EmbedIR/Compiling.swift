import Apus
import ApusRuntime

/// What a graph computes in the interpreter.
func interpreted(_ graph: Graph, _ inputs: [TensorData]) throws -> [TensorData] {
  try Session(graph).run(inputs)
}

/// What a graph computes as C, built by the system's compiler into a folder.
func compiled(_ graph: Graph, _ inputs: [TensorData], in folder: String) throws -> [TensorData] {
  let name = CModel.identifier(graph.name)
  let target = Target.native
  let program = try Lowering.program(for: graph, target: target, name: name)
  let model = CModel(program, target: target, options: CModel.Options(threads: .none))
  let library = try CCompiler().buildLibrary(model, target: target, threads: .none, in: folder)
  return try NativeModel(library: library, name: name).run(inputs)
}
