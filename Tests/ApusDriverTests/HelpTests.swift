import Testing

@testable import ApusDriver

@Suite struct HelpTests {
  /// The options that a help text shows, with whether a value follows.
  private func options(in help: String) -> [(name: String, takesValue: Bool)] {
    help.split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "[" }
      guard line.hasPrefix("  -"), let name = words.first else { return nil }
      let head = line.dropFirst(2 + name.count)
      let takesValue = head.hasPrefix(" ") && !head.hasPrefix("  ")
      return (String(name), takesValue)
    }
  }

  @Test(arguments: CommandLineTool.commands.map { $0.name })
  func helpListsEveryOptionAndEachIsAccepted(_ name: String) throws {
    let command = try #require(CommandLineTool.commands.first { $0.name == name })
    let help = apus(name, "--help")
    #expect(help.code == 0)
    let shown = options(in: help.output)
    #expect(Set(shown.map(\.name)) == Set(command.options.map(\.name) + ["--help"]))
    for option in shown where option.name != "--help" {
      let words = option.takesValue ? [option.name, "0"] : [option.name]
      _ = try Arguments(words, options: command.options)
      #expect(command.options.contains { $0.name == option.name && $0.help.count > 3 })
    }
    #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func overviewListsEveryCommand() {
    let overview = apus("--help")
    #expect(overview.code == 0)
    for command in CommandLineTool.commands {
      #expect(overview.output.contains("  \(command.name) "))
    }
  }

  @Test(arguments: [
    [], ["nonsense"], ["compile"], ["compile", "a.onnx"], ["compile", "a", "b", "-o", "c"],
    ["compile", "a.onnx", "-o", "x", "--emit", "pdf"], ["compile", "a.onnx", "-o", "x", "-O7"],
    ["compile", "a.onnx", "-o", "x", "--target", "toaster"], ["verify", "x", "--atol", "-1"],
    ["verify", "x", "--rtol", "nan"], ["verify", "x", "--jobs", "0"], ["verify"],
    ["compile", "a.onnx", "-o", "x", "--dim", "N=9..2"],
    ["compile", "a.onnx", "-o", "x", "--fast-math=1"], ["bench", "a.onnx", "--fast-math", "yes"],
    ["compile", "a.onnx", "-o", "x.apb", "--emit", "bytecode", "--fast-math", "0"],
    ["run", "a.onnx", "-o", "x", "--input", "y"],
    ["bench", "a.onnx", "--compare", "c,c"], ["ops", "extra"], ["compile", "a.onnx", "--nonsense"],
    ["compile", "a.onnx", "-o", "x", "--stop-after", "lunch"], ["compile", "-o", "x", "-o", "y"],
  ])
  func mistakesOfUsageReturn2(_ words: [String]) {
    let outcome = apus(words)
    #expect(outcome.code == 2)
    #expect(outcome.output.isEmpty)
    #expect(!outcome.message.isEmpty)
  }

  @Test func referencesAreTables() {
    for name in ["ops", "passes", "targets"] {
      let outcome = apus(name)
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("\n| --- | --- |"))
    }
    #expect(apus("ops").output.contains("| `Conv` | `ai.onnx` |"))
  }
}
