internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusTransforms

/// `apus ops`: the ONNX operators that can be imported.
enum OperatorsCommand: Command {
  static let name = "ops"
  static let usage = ""
  static let summary = "List the ONNX operators that can be imported."
  static let options: [Arguments.Option] = []

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try arguments.refuseOperands()
    let names = OperatorRegistry.names
    console.output(
      markdown(
        "Operators", "ONNX operators that can be imported.", ["operator", "domain"],
        names.map { ["`\($0.name)`", "`\($0.domain.isEmpty ? "ai.onnx" : $0.domain)`"] }))
    return 0
  }
}

/// `apus passes`: the passes of the compiler.
enum PassesCommand: Command {
  static let name = "passes"
  static let usage = ""
  static let summary = "List the passes and what they do."
  static let options: [Arguments.Option] = []

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try arguments.refuseOperands()
    let standard = OptimizationLevel.allCases.map { ($0.rawValue, $0.pipeline.map(\.name)) }
    let rows = PassRegistry.all.map { pass in
      let levels = standard.filter { $0.1.contains(pass.name) }.map { "`-O\($0.0)`" }
      return ["`\(pass.name)`", pass.summary, levels.joined(separator: " ")]
    }
    console.output(
      markdown(
        "Passes", "Transformations of graphs, for `--pass-pipeline`.",
        ["pass", "what it does", "part of"], rows))
    return 0
  }
}

/// `apus targets`: the machines that programs are scheduled for.
enum TargetsCommand: Command {
  static let name = "targets"
  static let usage = ""
  static let summary = "List the targets."
  static let options: [Arguments.Option] = []

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try arguments.refuseOperands()
    console.output(
      markdown(
        "Targets", "Machines that programs are scheduled for, for `--target`.",
        ["target", "machine"], Target.all.map { ["`\($0.name)`", $0.summary] }))
    return 0
  }
}

/// `apus explain`: what the IDs of messages mean.
enum ExplainCommand: Command {
  static let name = "explain"
  static let usage = "[ID]"
  static let summary = "Explain the message with an ID, or list all."
  static let options: [Arguments.Option] = []

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    guard !arguments.operands.isEmpty else {
      console.output(
        markdown(
          "Diagnostics", "What the IDs in brackets at the end of messages mean; `apus explain ID`.",
          ["ID", "meaning"], Explanation.all.map { ["`\($0.id)`", $0.text] }))
      return 0
    }
    let id = try arguments.operand("ID")
    guard let known = Explanation.all.first(where: { $0.id == id }) else {
      throw .usage("no message has the ID \(id); apus explain lists all")
    }
    console.output(known.text)
    return 0
  }
}

/// A page with one table.
private func markdown(
  _ title: String, _ text: String, _ heads: [String], _ rows: [[String]]
) -> String {
  let lines = [heads, heads.map { _ in "---" }] + rows
  let table = lines.map { "| " + $0.joined(separator: " | ") + " |" }
  return "# \(title)\n\n\(text)\n\n" + table.joined(separator: "\n")
}
