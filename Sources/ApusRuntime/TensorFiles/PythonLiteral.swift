/// A value of the few kinds that stand in the header of an `.npy` file.
enum PythonLiteral: Equatable, CustomStringConvertible {
  case string(String)
  case boolean(Bool)
  case tuple([Int])
  /// Something else, such as the list of a structured type.
  case other

  var description: String {
    switch self {
    case .string(let text): "'\(text)'"
    case .boolean(let value): value ? "True" : "False"
    case .tuple(let values): "\(values)"
    case .other: "of several fields"
    }
  }
}

/// Reads a dictionary literal byte by byte; never recurses.
struct PythonLiteralScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The dictionary, up to the first value of another kind; `nil` when it is not one.
  mutating func dictionary() -> [String: PythonLiteral]? {
    guard take("{") else { return nil }
    var fields: [String: PythonLiteral] = [:]
    while !take("}") {
      guard let key = string(), take(":"), fields[key] == nil else { return nil }
      guard let value = value() else { return nil }
      fields[key] = value
      guard take(",") || peek() == UInt8(ascii: "}") else { return nil }
    }
    return peek() == nil ? fields : nil
  }

  private mutating func value() -> PythonLiteral? {
    if let text = string() { return .string(text) }
    if take("True") { return .boolean(true) }
    if take("False") { return .boolean(false) }
    if take("(") { return integers().map { .tuple($0) } }
    return skipList() ? .other : nil
  }

  private mutating func integers() -> [Int]? {
    var values: [Int] = []
    while !take(")") {
      guard values.count < rankLimit, let value = integer() else { return nil }
      values.append(value)
      _ = take("L")  // Python 2 wrote long integers as 3L.
      guard take(",") || peek() == UInt8(ascii: ")") else { return nil }
    }
    return values
  }

  private mutating func integer() -> Int? {
    let isNegative = take("-")
    var digits = ""
    while let byte = peek(), (0x30...0x39).contains(byte) {
      digits.unicodeScalars.append(Unicode.Scalar(byte))
      position += 1
    }
    return Int((isNegative ? "-" : "") + digits)
  }

  private mutating func string() -> String? {
    guard let quote = peek(), quote == 0x27 || quote == 0x22 else { return nil }
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
    let text = bytes[(position + 1)..<end]
    position = end + 1
    return String(validating: text, as: UTF8.self)
  }

  /// Skips a bracketed list of anything; strings in it hold no brackets.
  private mutating func skipList() -> Bool {
    guard peek() == UInt8(ascii: "[") else { return false }
    var depth = 0
    while let byte = peek() {
      position += 1
      if byte == UInt8(ascii: "[") { depth += 1 }
      if byte == UInt8(ascii: "]") { depth -= 1 }
      if depth == 0 { return true }
    }
    return false
  }

  /// The next byte that is not white space.
  private mutating func peek() -> UInt8? {
    while position < bytes.count, [0x20, 0x0a, 0x09, 0x0d].contains(bytes[position]) {
      position += 1
    }
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func take(_ word: String) -> Bool {
    guard peek() != nil, bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }
}
