/// How the text form calls a value: by its name in the model, or by a number.
struct ValueName: Hashable, CustomStringConvertible {
  var text: String
  var isNumber: Bool

  /// The name in the model; `nil` for a number.
  var modelName: String? { isNumber ? nil : text }

  /// `%0`, `%image`, `%"conv 1"`; a name that looks like a number is quoted.
  var description: String {
    if isNumber { return "%" + text }
    return "%" + (text.utf8.allSatisfy(\.isDigit) ? text.quoted : text.quotedUnlessPlain)
  }
}

extension TextScanner {
  /// `%` and a name or number without a blank between them.
  mutating func valueName() throws(DiagnosticError) -> ValueName {
    try expect("%", "before the name of a value")
    if current == UInt8(ascii: "\"") {
      return ValueName(text: try quotedString(), isNumber: false)
    }
    guard current?.isNameByte ?? false, let text = word() else {
      throw failure("name of a value expected", at: offset)
    }
    return ValueName(text: text, isNumber: text.utf8.allSatisfy(\.isDigit))
  }

  /// Where the attributes in `{…}` stand; their values are skipped by matching brackets.
  mutating func attributeEntries() throws(DiagnosticError) -> [AttributeParser.Entry] {
    var entries: [AttributeParser.Entry] = []
    guard accept("{") else { return entries }
    if accept("}") { return entries }
    repeat {
      skipSpace()
      let place = offset
      guard let name = word() else { throw failure("name of an attribute expected") }
      guard !entries.contains(where: { $0.name == name }) else {
        throw failure("attribute '\(name)' is given twice", id: "duplicate-attribute", at: place)
      }
      guard entries.count < 64 else {
        throw failure("too many attributes", id: "attribute-limit", category: .limitExceeded)
      }
      try expect("=", "after the name of an attribute")
      skipSpace()
      let start = offset
      try skipAttributeValue()
      entries.append(AttributeParser.Entry(name: name, place: place, start: start, end: offset))
    } while accept(",")
    try expect("}", "after the attributes")
    return entries
  }

  private mutating func skipAttributeValue() throws(DiagnosticError) {
    let start = offset
    var open = 0
    skipSpace()
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""): _ = try quotedString()
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "<"), UInt8(ascii: "{"):
        open += 1
        offset += 1
      case UInt8(ascii: ","), UInt8(ascii: "}"):
        if open == 0 { return }
        if byte == UInt8(ascii: "}") { open -= 1 }
        offset += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ">"):
        open -= 1
        offset += 1
      default: offset += 1
      }
      skipSpace()
    }
    throw failure("the attribute does not end", at: start)
  }
}

extension Operation {
  /// The names of all attributes.
  var attributeNames: [String] {
    var collector = AttributeNames()
    _ = visitingAttributes(&collector)
    return collector.names
  }
}

/// Collects the names of attributes.
private struct AttributeNames: AttributeVisitor {
  var names: [String] = []

  mutating func visit(_ name: String, _ value: inout Int, default: Int?) { names.append(name) }
  mutating func visit(_ name: String, _ value: inout [Int], default: [Int]?) { names.append(name) }
  mutating func visit(_ name: String, _ value: inout [Dimension], default: [Dimension]?) {
    names.append(name)
  }
  mutating func visit(_ name: String, _ value: inout Bool, default: Bool?) { names.append(name) }
  mutating func visit(_ name: String, _ value: inout Double, default: Double?) {
    names.append(name)
  }
  mutating func visit(_ name: String, _ value: inout Shape) { names.append(name) }
  mutating func visit(_ name: String, _ value: inout Layout) { names.append(name) }
  mutating func visit(_ name: String, _ value: inout Pointwise) { names.append(name) }
  mutating func visit(_ name: String, _ value: inout Graph) {}
  mutating func visit(_ name: String, _ value: inout Constant) {}
  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) {
    names.append(name)
  }
}
