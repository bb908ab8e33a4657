internal import ApusIR

/// Fields that the scan leaves out of its copy and that may matter to someone.
struct DroppedFields {
  private static let most = 16
  private var unknown: [String] = []
  private var hints: [String] = []
  private var seen: Set<Int> = []

  /// Notes a field that the schema does not have.
  mutating func noteUnknown(_ kind: MessageKind, _ number: Int) {
    if isNew(kind, number) { unknown.append("\(kind.name) field \(number)") }
  }

  /// Notes a field that does not change results.
  mutating func noteHint(_ kind: MessageKind, _ number: Int, _ field: Field) {
    if isNew(kind, number) { hints.append("\(kind.name).\(field.name)") }
  }

  private mutating func isNew(_ kind: MessageKind, _ number: Int) -> Bool {
    seen.count < DroppedFields.most && seen.insert(number << 8 | kind.rawValue).inserted
  }

  /// At most one warning for unknown fields and one for hints.
  func warnings(file: String) -> [Diagnostic] {
    var result: [Diagnostic] = []
    if !unknown.isEmpty {
      result.append(
        Diagnostic(
          .warning, .invalidInput, id: "unknown-field",
          "left out fields that ONNX IR version 14 does not have", file: file, notes: unknown))
    }
    if !hints.isEmpty {
      result.append(
        Diagnostic(
          .warning, .unsupported, id: "hint-ignored",
          "left out advice that does not change results", file: file, notes: hints))
    }
    return result
  }
}
