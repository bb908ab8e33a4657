internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import Foundation

/// Measured choices of schedules in a text file, one per line: target, processor, question, answer.
///
/// Three questions are about the machine itself; `apus bench --machine` answers them.
struct TuningFile {
  let path: String
  /// Who the answers are for.
  private let owner: [String]
  private var answers: [[String]: String] = [:]
  /// The machine, where it was measured.
  private(set) var machine: Machine?

  private static let header = "# apus tuning 1: target | processor | question | answer"

  /// The answers in a file; none when there is no such file.
  init(_ path: String, target: Target) throws(DiagnosticError) {
    self.path = path
    owner = [target.name, Target.processorName]
    guard FileManager.default.fileExists(atPath: path) else { return }
    let text = String(decoding: try FileBytes(reading: path).array, as: UTF8.self)
    let lines = text.split(separator: "\n")
    guard lines.first == TuningFile.header[...] else { throw unreadable(1) }
    for (number, line) in lines.enumerated().dropFirst() {
      let parts = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 4 else { throw unreadable(number + 1) }
      answers[Array(parts.dropLast())] = parts[3]
    }
    machine = Machine(answers: known)
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
      if Array(entry.key.dropLast()) == owner { result[entry.key[2]] = entry.value }
    }
  }

  /// The target as it was measured, without answers to its questions.
  func measured(_ target: Target) -> Target {
    var result = target
    if let machine { result.machine = machine }
    return result
  }

  /// Takes answers in and writes the file, in order.
  mutating func add(_ choices: [Tuning.Choice]) throws(DiagnosticError) {
    for choice in choices { answers[owner + [choice.question]] = choice.answer }
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

extension Machine {
  /// What a file says about a machine; `nil` where it does not, or not so that it can be read.
  fileprivate init?(answers: [String: String]) {
    func numbers(_ what: String, count: Int) -> [Double]? {
      let words = answers["machine \(what)"]?.split(separator: " ") ?? []
      let numbers = words.compactMap { Double($0) }.filter { $0 > 0 && $0 < 1e12 }
      return numbers.count == count && words.count == count ? numbers : nil
    }
    guard let rate = numbers("multiply-adds", count: 1), let caches = numbers("caches", count: 3),
      let reads = numbers("reads", count: 4)
    else { return nil }
    self.init(multiplyAdds: rate[0], caches: caches.map { Int($0) }, reads: reads)
  }

  /// The machine as lines of a file.
  var answers: [Tuning.Choice] {
    func words(_ numbers: [Double]) -> String {
      numbers.map { short($0, digits: 4) }.joined(separator: " ")
    }
    return [
      Tuning.Choice(question: "machine multiply-adds", answer: words([multiplyAdds])),
      Tuning.Choice(
        question: "machine caches", answer: caches.map(String.init).joined(separator: " ")),
      Tuning.Choice(question: "machine reads", answer: words(reads)),
    ]
  }
}
