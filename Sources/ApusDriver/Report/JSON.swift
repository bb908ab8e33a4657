internal import ApusIR

/// A JSON document whose fields keep their order.
indirect enum JSON {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// The text over several lines; arrays of plain values stay on one.
  var text: String { text(indent: 0) }

  /// The text on one line.
  var line: String {
    switch self {
    case .null, .bool, .integer, .number, .string: text
    case .array(let items): "[" + items.map(\.line).joined(separator: ",") + "]"
    case .object(let fields):
      "{" + fields.map { $0.0.jsonQuoted + ":" + $0.1.line }.joined(separator: ",") + "}"
    }
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    case .null, .bool, .integer, .number, .string: true
    }
  }

  private func text(indent: Int) -> String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .string(let value): return value.jsonQuoted
    case .array(let items) where items.allSatisfy(\.isPlain):
      return "[" + items.map { $0.text(indent: 0) }.joined(separator: ", ") + "]"
    case .array(let items):
      return JSON.lines("[", items.map { $0.text(indent: indent + 2) }, "]", indent)
    case .object(let fields):
      let lines = fields.map { $0.0.jsonQuoted + ": " + $0.1.text(indent: indent + 2) }
      return fields.isEmpty ? "{}" : JSON.lines("{", lines, "}", indent)
    }
  }

  private static func lines(
    _ open: String, _ items: [String], _ close: String, _ indent: Int
  ) -> String {
    let margin = String(repeating: " ", count: indent)
    return open + "\n" + items.map { margin + "  " + $0 }.joined(separator: ",\n") + "\n"
      + margin + close
  }
}
