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
      ["  --> line \(line), column \(column)"] + caret(column: column, source: source)
    case .node(let graph, let index, let name, let operatorType):
      [
        "  --> \(graph.map { $0 + " / " }.joined())node \(index) \"\(name)\" (\(operatorType))"
      ]
    case .tensor(let name): ["  --> tensor \"\(name)\""]
    case .pass(let name): ["  --> pass \(name)"]
    }
  }
}

extension Diagnostic.Place {
  /// The line of source with a caret below; of a long line, the part around the column.
  private func caret(column: Int, source: String) -> [String] {
    let place = max(column - 1, 0)
    let first = place < 80 ? 0 : place - 60
    let all = source.unicodeScalars
    let shown = all.dropFirst(first).prefix(100)
    let text = String(String.UnicodeScalarView(shown)).replacingTabs.escapingControls
    let lead = String(String.UnicodeScalarView(shown.prefix(place - first)))
      .replacingTabs.escapingControls
    let marks = (first > 0 ? "..." : "", all.count > first + 100 ? "..." : "")
    let blanks = String(repeating: " ", count: marks.0.count + lead.unicodeScalars.count)
    return ["   | \(marks.0)\(text)\(marks.1)", "   | \(blanks)^"]
  }
}

extension String {
  fileprivate var replacingTabs: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\t" ? " " : $0 }))
  }

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
