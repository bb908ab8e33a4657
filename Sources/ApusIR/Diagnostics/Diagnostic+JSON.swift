extension Diagnostic {
  /// The form tools read: one JSON object on one line, schema version 1.
  public var json: String {
    var fields = [
      ("severity", severity.rawValue.jsonQuoted), ("code", String(category.rawValue)),
      ("id", id.jsonQuoted), ("message", message.jsonQuoted),
    ]
    if let file { fields.append(("file", file.jsonQuoted)) }
    fields += place.jsonFields
    fields.append(("notes", "[\(notes.map(\.jsonQuoted).joined(separator: ","))]"))
    if let help { fields.append(("help", help.jsonQuoted)) }
    return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }
}

extension Diagnostic.Place {
  fileprivate var jsonFields: [(String, String)] {
    switch self {
    case .file: []
    case .byte(let offset): [("byte", String(offset))]
    case .text(let line, let column, _): [("line", String(line)), ("column", String(column))]
    case .node(let graph, let index, let name, let operatorType):
      [
        ("graph", "[\(graph.map(\.jsonQuoted).joined(separator: ","))]"),
        ("node", String(index)), ("name", name.jsonQuoted), ("operator", operatorType.jsonQuoted),
      ]
    case .tensor(let name): [("tensor", name.jsonQuoted)]
    case .pass(let name): [("pass", name.jsonQuoted)]
    }
  }
}

extension String {
  /// The text as a JSON string literal.
  package var jsonQuoted: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
