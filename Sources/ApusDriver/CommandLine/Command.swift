internal import ApusIR

/// A subcommand of `apus`.
protocol Command: Sendable {
  /// The word after `apus`.
  static var name: String { get }
  /// What comes after it, for the help.
  static var usage: String { get }
  /// One line for people.
  static var summary: String { get }
  /// The options it takes.
  static var options: [Arguments.Option] { get }
  /// Does the work and returns the exit code.
  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32
}

extension Command {
  /// The text of `apus NAME --help`.
  static var help: String {
    var lines = ["usage: apus \(name) \(usage)", "", summary, ""]
    let help = Arguments.Option(name: "--help", help: "show this text")
    for option in options + [help] {
      let head =
        option.name + (option.value.map { option.isOptional ? "[=\($0)]" : " \($0)" } ?? "")
      let gap = String(repeating: " ", count: max(1, 26 - head.count))
      lines.append("  \(head)\(gap)\(option.help)")
    }
    return lines.joined(separator: "\n")
  }
}

/// The command line as a whole.
public enum CommandLineTool {
  /// Every subcommand: the one list.
  static let commands: [any Command.Type] = [
    CompileCommand.self, RunCommand.self, VerifyCommand.self, BenchCommand.self,
    InspectCommand.self, QuantizeCommand.self, DiffCommand.self, SnapshotCommand.self,
    OptimizeCommand.self, DisassembleCommand.self, OperatorsCommand.self, PassesCommand.self,
    TargetsCommand.self,
    ExplainCommand.self,
  ]

  /// Runs a command line without the program's name and returns the exit code.
  public static func run(_ words: [String], console: Console = .standard) -> Int32 {
    guard let name = words.first else {
      console.message(overview)
      return 2
    }
    if ["help", "--help", "-h"].contains(name) {
      console.output(overview)
      return 0
    }
    guard let command = commands.first(where: { $0.name == name }) else {
      console.message("error: apus has no command \(name) [usage]\nhelp: apus --help lists them")
      return 2
    }
    if words.dropFirst().contains("--help") {
      console.output(command.help)
      return 0
    }
    do {
      let arguments = try Arguments(Array(words.dropFirst()), options: command.options)
      return try command.run(arguments, console)
    } catch {
      let isJSON = asksForJSON(words)
      for diagnostic in error.diagnostics {
        console.message(isJSON ? diagnostic.json : diagnostic.text)
      }
      return error.exitCode
    }
  }

  /// Whether diagnostics are for tools; read from the words, because those may be wrong.
  private static func asksForJSON(_ words: [String]) -> Bool {
    if words.contains("--diagnostics=json") { return true }
    guard let place = words.firstIndex(of: "--diagnostics") else { return false }
    return words[place...].dropFirst().first == "json"
  }

  private static var overview: String {
    let lines = commands.map { command in
      let gap = String(repeating: " ", count: max(1, 12 - command.name.count))
      return "  \(command.name)\(gap)\(command.summary)"
    }
    return "usage: apus COMMAND …\n\n" + lines.joined(separator: "\n")
      + "\n\napus COMMAND --help lists the options of a command."
  }
}
