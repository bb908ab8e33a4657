public import ApusIR
internal import ApusLoops

extension Session {
  /// Lowers a graph for the interpreter and loads the result.
  ///
  /// - Throws: `unsupported` when a symbol of the graph has no upper bound, or an operation no
  ///   schedule for its types.
  public init(_ graph: Graph) throws(DiagnosticError) {
    let program = try Lowering.program(for: graph, target: .virtualMachine, name: "graph")
    try self.init(try Bytecode.encode(program))
  }

  /// What a graph without inputs computes, for a `PassContext`; `nil` when it cannot be run.
  @Sendable public static func evaluate(_ graph: Graph) -> [TensorData]? {
    try? Session(graph).run([])
  }
}
