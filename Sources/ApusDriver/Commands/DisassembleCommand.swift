internal import ApusBytecode
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// `apus dis`: bytecode as text.
enum DisassembleCommand: Command {
  static let name = "dis"
  static let usage = "FILE.apb [options]"
  static let summary = "Show the instructions of a bytecode file."
  static let options: [Arguments.Option] = [
    Arguments.Option(name: "--verify", help: "only check the file and show its interface"),
    CompileOptions.diagnostics,
  ]

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try CompileOptions.checkDiagnostics(arguments)
    let path = try arguments.operand("FILE.apb")
    let bytes = try FileBytes(reading: path).array
    do {
      console.output(try arguments.has("--verify") ? interface(bytes) : Bytecode.text(bytes))
      return 0
    } catch {
      throw DiagnosticError(
        error.diagnostics.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.file = diagnostic.file ?? path
          return diagnostic
        })
    }
  }

  private static func interface(_ bytes: [UInt8]) throws(DiagnosticError) -> String {
    let session = try Session(bytes)
    let lines =
      session.interface.inputs.map { "in  \($0.name): \($0.type)" }
      + session.interface.outputs.map { "out \($0.name): \($0.type)" }
      + ["memory \(grouped(session.memoryBytes)) bytes", "verified"]
    return lines.joined(separator: "\n")
  }
}
