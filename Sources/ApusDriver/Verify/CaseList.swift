internal import ApusIR
internal import ApusRuntime

/// The names of cases that must pass, from a file with one per line; `#` starts a comment.
struct CaseList {
  let names: [String]

  init(reading path: String) throws(DiagnosticError) {
    let text = String(decoding: try FileBytes(reading: path).array, as: UTF8.self)
    names = text.split(whereSeparator: \.isNewline).compactMap { line in
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      return words.first.map(String.init)
    }
  }
}

/// A result with what it counts as.
struct Verdict {
  enum Kind: String { case passed, failed, skipped }

  var result: CaseResult
  var kind: Kind
  /// The line for people.
  var line: String

  /// What a result counts as; cases that a list leaves out never count as passed or failed.
  init(_ result: CaseResult, isListed: Bool?) {
    self.result = result
    let name = result.name
    switch (result.outcome, isListed) {
    case (.passed, false?):
      kind = .skipped
      line = "unlisted \(name): passes but is not in the list"
    case (_, false?):
      kind = .skipped
      line = "skip \(name): not in the list (\(result.outcome.rawValue): \(result.message))"
    case (.passed, _):
      kind = .passed
      line = "pass \(name) (\(result.message))"
    case (.failed, _):
      kind = .failed
      line = "FAIL \(name): \(result.message)"
    case (.unsupported, true?):
      kind = .failed
      line = "FAIL \(name): in the list but unsupported: \(result.message)"
    case (.unsupported, nil):
      kind = .skipped
      line = "unsupported \(name): \(result.message)"
    }
  }
}
