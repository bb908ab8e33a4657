internal import ApusIR

/// The words of a command line, taken apart by what a command declares.
struct Arguments {
  /// An option that a command takes.
  struct Option {
    var name: String
    /// What stands for the value in the help; `nil` for a flag.
    var value: String?
    var help: String
    var isRepeatable = false
    /// Whether the value may be left out; it then follows `=`.
    var isOptional = false
  }

  private var values: [String: [String]] = [:]
  private(set) var operands: [String] = []

  /// Takes words apart; unknown or repeated options are errors of usage.
  init(_ words: [String], options: [Option]) throws(DiagnosticError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      let (name, attached) = Arguments.split(word)
      guard let option = options.first(where: { $0.name == name }) else {
        throw .usage("unknown option \(name)")
      }
      guard values[name] == nil || option.isRepeatable else { throw .usage("\(name) stands twice") }
      if option.value == nil {
        guard attached == nil else { throw .usage("\(name) takes no value") }
        values[name, default: []].append("")
      } else if let value = attached ?? (option.isOptional ? "" : rest.popFirst()) {
        values[name, default: []].append(value)
      } else {
        throw .usage("\(name) needs a value")
      }
    }
  }

  /// `--name=value` in two; `-O2` is the option `-O` with the value 2.
  private static func split(_ word: String) -> (String, String?) {
    if word.hasPrefix("-O"), word.count == 3 { return ("-O", String(word.dropFirst(2))) }
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }

  /// Whether a flag is given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// The value of an option.
  subscript(name: String) -> String? { values[name]?.last }

  /// All values of an option that may stand several times.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// The one operand of a command that takes one.
  func operand(_ what: String) throws(DiagnosticError) -> String {
    guard operands.count == 1 else {
      throw .usage("one \(what) expected, \(operands.count) given")
    }
    return operands[0]
  }

  /// A whole number in a range.
  func integer(
    _ name: String, in range: ClosedRange<Int>, default standard: Int
  ) throws(DiagnosticError) -> Int {
    guard let text = self[name] else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw .usage("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A finite number that is not negative.
  func number(_ name: String, default standard: Double) throws(DiagnosticError) -> Double {
    guard let text = self[name] else { return standard }
    guard let number = Double(text), number.isFinite, number >= 0 else {
      throw .usage("\(name) must be a finite number that is not negative, not \(text)")
    }
    return number
  }

  /// Fails when there are operands that a command does not take.
  func refuseOperands() throws(DiagnosticError) {
    if let word = operands.first { throw .usage("\(word) is not expected here") }
  }

  /// One of the raw values of an enumeration.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, default standard: Choice
  ) throws(DiagnosticError) -> Choice {
    guard let text = self[name] else { return standard }
    guard let choice = Choice(rawValue: text) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .usage("\(name) must be one of \(all)")
    }
    return choice
  }
}

extension DiagnosticError {
  /// A mistake on the command line.
  static func usage(_ message: String) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(.usage, id: "usage", message, help: "apus COMMAND --help lists the options"))
  }
}
