extension TextScanner {
  /// A plain name of letters, digits, `_` and `.`; `nil` when none comes next.
  package mutating func word() -> String? {
    skipSpace()
    let start = offset
    while let byte = current, byte.isNameByte { offset += 1 }
    return start == offset ? nil : String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// A plain or quoted name.
  package mutating func name(_ what: String) throws(DiagnosticError) -> String {
    if isNext("\"") { return try quotedString() }
    guard let word = word() else { throw failure("\(what) expected") }
    return word
  }

  /// A quoted string with the escapes of JSON.
  package mutating func quotedString() throws(DiagnosticError) -> String {
    skipSpace()
    let start = offset
    try expect("\"")
    var text: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\n") {
      offset += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      if byte == UInt8(ascii: "\\") {
        text += try escape().utf8
      } else {
        text.append(byte)
      }
    }
    throw failure("the string does not end on its line", at: start)
  }

  private mutating func escape() throws(DiagnosticError) -> String {
    let start = offset - 1
    let letter = current
    offset += 1
    switch letter {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "u"):
      var value: UInt32 = 0
      for _ in 0..<4 {
        guard let digit = current?.hexadecimalValue else {
          throw failure("four hexadecimal digits expected", at: start)
        }
        value = value * 16 + UInt32(digit)
        offset += 1
      }
      guard let scalar = Unicode.Scalar(value) else {
        throw failure("no such character", at: start)
      }
      return String(Character(scalar))
    default: throw failure("unknown escape", at: start)
    }
  }

  /// A signed decimal integer.
  package mutating func integer() throws(DiagnosticError) -> Int {
    skipSpace()
    let start = offset
    if current == UInt8(ascii: "-") { offset += 1 }
    let digits = offset
    while current?.isDigit ?? false { offset += 1 }
    guard offset > digits else { throw failure("integer expected", at: start) }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let value = Int(text) else {
      throw failure("integer out of range", id: "integer-range", at: start)
    }
    return value
  }

  /// `true` or `false`.
  mutating func truthValue() throws(DiagnosticError) -> Bool {
    if accept(word: "true") { return true }
    if accept(word: "false") { return false }
    throw failure("'true' or 'false' expected")
  }

  /// A number: an integer when it has digits only.
  package mutating func number() throws(DiagnosticError) -> Literal {
    skipSpace()
    let start = offset
    let negative = current == UInt8(ascii: "-")
    if negative { offset += 1 }
    if accept(word: "inf") { return .float(negative ? -.infinity : .infinity) }
    if accept(word: "nan") { return .float(try bits() ?? (negative ? -Double.nan : .nan)) }
    offset = start
    return try finiteNumber()
  }

  /// The bit pattern after `nan`, if one is written.
  private mutating func bits() throws(DiagnosticError) -> Double? {
    guard current == UInt8(ascii: "("), accept("(0x") else { return nil }
    let start = offset
    while current?.hexadecimalValue != nil { offset += 1 }
    let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let pattern = UInt64(digits, radix: 16), Double(bitPattern: pattern).isNaN else {
      throw failure("bit pattern of a NaN expected", at: start)
    }
    try expect(")")
    return Double(bitPattern: pattern)
  }

  private mutating func finiteNumber() throws(DiagnosticError) -> Literal {
    let start = offset
    if current == UInt8(ascii: "-") { offset += 1 }
    var previous: UInt8 = 0
    while let byte = current {
      let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      let isExponent = previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E")
      guard byte.isDigit || ".eE".utf8.contains(byte) || (isSign && isExponent) else { break }
      previous = byte
      offset += 1
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    let isInteger = text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "-") }
    if isInteger, let value = Int(text) { return .integer(value) }
    guard !isInteger, text.utf8.count <= 1100, let value = Double(text), value.isFinite else {
      let message = text.isEmpty ? "number expected" : "number out of range or malformed"
      throw failure(message, id: text.isEmpty ? "text-syntax" : "number-range", at: start)
    }
    return .float(value)
  }

  /// Pairs of hexadecimal digits up to the first other byte.
  package mutating func hexadecimalBytes() throws(DiagnosticError) -> [UInt8] {
    let start = offset
    var result: [UInt8] = []
    while let high = current?.hexadecimalValue {
      guard let low = following?.hexadecimalValue else {
        throw failure("an even number of hexadecimal digits expected", at: start)
      }
      result.append(high << 4 | low)
      offset += 2
    }
    return result
  }
}
