internal import ApusDiff
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime

/// `apus snapshot`: a model as a text that can be reviewed and kept in a repository.
enum SnapshotCommand: Command {
  static let name = "snapshot"
  static let usage = "MODEL [options]"
  static let summary = "Write the compact canonical text of a model."
  static let options: [Arguments.Option] = [
    Arguments.Option(name: "-o", value: "FILE", help: "the file (standard output)"),
    Arguments.Option(name: "--names", help: "write the names of nodes too"),
    CompileOptions.diagnostics,
  ]

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try CompileOptions.checkDiagnostics(arguments)
    let outline = try Outline.load(
      arguments.operand("MODEL"), Compilation.Options(), .virtualMachine)
    let text = Snapshot.text(of: outline, names: arguments.has("--names") ? .origins : .none)
    if let file = arguments["-o"], file != "-" {
      try writeWhole(text, to: file)
    } else {
      console.output(String(text.dropLast()))
    }
    return 0
  }
}
