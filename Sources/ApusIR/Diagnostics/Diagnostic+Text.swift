extension Diagnostic {
  /// The form people read: message with ID, an arrow to the place, notes and help.
  public var text: String {
    var lines = ["\(file.map { $0 + ": " } ?? "")\(severity.rawValue): \(message) [\(id)]"]
    lines += place.lines
    lines += notes.map { "note: " + $0 }
    if let help { lines.append("help: " + help) }
    return lines.map(\.escapingControls).joined(separator: "\n")
  }
}

extension Diagnostic.Place {
  /// The lines below the message.
  var lines: [String] {
    switch self {
    case .file: []
    case .byte(let offset): ["  --> byte \(offset)"]
    case .text(let line, let column, let source):
      [
        "  --> line \(line), column \(column)", "   | " + source,
        "   | " + String(repeating: " ", count: max(column - 1, 0)) + "^",
      ]
    case .node(let graph, let index, let name, let operatorType):
      [
        "  --> \(graph.map { $0 + " / " }.joined())node \(index) \"\(name)\" (\(operatorType))"
      ]
    case .tensor(let name): ["  --> tensor \"\(name)\""]
    case .pass(let name): ["  --> pass \(name)"]
    }
  }
}

extension String {
  /// The text with control characters and bidirectional overrides written as `\u{…}`.
  package var escapingControls: String {
    var result = ""
    for scalar in unicodeScalars {
      let isOverride =
        (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      if scalar.properties.generalCategory == .control || isOverride {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
