import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusTransforms

/// What RUN lines can say: the one place to add a command.
enum GoldenCommand {
  /// Runs a command on the text of a golden file and returns what it prints.
  static func run(_ command: [String], on input: String) throws -> String {
    do throws(DiagnosticError) {
      return try output(command, input)
    } catch {
      return error.diagnostics.map { $0.text + "\n" }.joined()
    }
  }

  private static func output(
    _ command: [String], _ input: String
  ) throws(DiagnosticError) -> String {
    let argument = command.dropFirst().joined(separator: " ")
    switch command.first {
    case "print": return try Graph(parsing: input).text
    case "print-loops": return try Program(parsing: input).text
    case "json": return try json(input)
    case "verify": return try verify(input, argument)
    case "lower": return try lower(input, argument).program.text
    case "emit-c": return try emitC(input, argument)
    case "opt": return try optimize(input, argument)
    case "bytecode": return try bytecode(input)
    default: return "unknown command \(command)\n"
    }
  }

  /// The diagnostics of a text as JSON.
  private static func json(_ input: String) throws(DiagnosticError) -> String {
    do {
      return try Graph(parsing: input).text
    } catch {
      return error.diagnostics.map { $0.json + "\n" }.joined()
    }
  }

  private static func verify(_ input: String, _ name: String) throws(DiagnosticError) -> String {
    guard let stage = Graph.Stage(rawValue: name) else { return "unknown stage \(name)\n" }
    let graph = try Graph(parsing: input)
    do {
      try graph.verify(stage: stage)
      return "correct\n"
    } catch {
      return "\(error)\n"
    }
  }

  /// The graph after passes, verified after each.
  private static func optimize(
    _ input: String, _ passes: String
  ) throws(DiagnosticError) -> String {
    var graph = try Graph(parsing: input)
    switch PassManager.parse(passes) {
    case .failure(let unknown): return "unknown pass \(unknown.name)\n"
    case .success(var manager):
      manager.instrumentation.verifyEach = true
      var context = PassContext(evaluate: evaluate)
      do {
        try manager.run(&graph, &context)
      } catch {
        return "\(error.pass): \(error.message)\n"
      }
      return graph.text
    }
  }

  @Sendable private static func evaluate(_ graph: Graph) -> [TensorData]? {
    guard
      let program = try? Lowering.program(for: graph, target: .virtualMachine, name: "fold"),
      let bytes = try? Bytecode.encode(program)
    else { return nil }
    return try? Session(bytes).run([])
  }

  private static func bytecode(_ input: String) throws(DiagnosticError) -> String {
    let program = try lower(input, Target.virtualMachine.name).program
    return try Bytecode.text(try Bytecode.encode(program))
  }

  private static func lower(
    _ input: String, _ name: String
  ) throws(DiagnosticError) -> (program: Program, target: Target) {
    let graph = try Graph(parsing: input)
    let target = Target(named: name) ?? .c99
    let program = try Lowering.program(
      for: graph, target: target, name: CModel.identifier(graph.name))
    return (program, target)
  }

  private static func emitC(_ input: String, _ name: String) throws(DiagnosticError) -> String {
    let (program, target) = try lower(input, name)
    return CModel(program, target: target, options: CModel.Options()).source
  }
}
