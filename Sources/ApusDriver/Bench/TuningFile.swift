internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import Foundation

/// Measured choices of schedules in a text file, one per line: target, processor, question, answer.
struct TuningFile {
  let path: String
  /// Who the answers are for.
  private let machine: [String]
  private var answers: [[String]: String] = [:]

  private static let header = "# apus tuning 1: target | processor | question | answer"

  /// The answers in a file; none when there is no such file.
  init(_ path: String, target: Target) throws(DiagnosticError) {
    self.path = path
    machine = [target.name, Target.processorName]
    guard FileManager.default.fileExists(atPath: path) else { return }
    let text = String(decoding: try FileBytes(reading: path).array, as: UTF8.self)
    let lines = text.split(separator: "\n")
    guard lines.first == TuningFile.header[...] else { throw unreadable(1) }
    for (number, line) in lines.enumerated().dropFirst() {
      let parts = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 4 else { throw unreadable(number + 1) }
      answers[Array(parts.dropLast())] = parts[3]
    }
  }

  private func unreadable(_ line: Int) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .invalidInput, id: "tuning-file", "line \(line) is none of a file of tuning", file: path,
        help: "remove the file; --tune writes it anew"))
  }

  /// The answers for this machine, by question.
  var known: [String: String] {
    answers.reduce(into: [:]) { result, entry in
      if Array(entry.key.dropLast()) == machine { result[entry.key[2]] = entry.value }
    }
  }

  /// Takes answers in and writes the file, in order.
  mutating func add(_ choices: [Tuning.Choice]) throws(DiagnosticError) {
    for choice in choices { answers[machine + [choice.question]] = choice.answer }
    let lines = answers.map { ($0.key + [$0.value]).joined(separator: " | ") }.sorted()
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
    try writeWhole(([TuningFile.header] + lines).joined(separator: "\n") + "\n", to: path)
  }

  /// Where choices are kept unless `--tuning` says otherwise.
  static var standardPath: String {
    let environment = ProcessInfo.processInfo.environment
    let caches = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? ".") + "/.cache"
    return caches + "/apus/tuning.txt"
  }
}
