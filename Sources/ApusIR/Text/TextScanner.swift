/// A cursor over the bytes of a text form.
///
/// Every step moves forward or throws; nesting is counted, so that no input recurses deeply.
package struct TextScanner {
  let bytes: [UInt8]
  let file: String?
  /// The place of the next byte.
  package var offset = 0
  private var depth = 0
  private let deepestNesting: Int

  /// A cursor at the first byte; brackets and bodies may nest to some depth.
  package init(_ text: String, file: String?, deepestNesting: Int = 32) {
    bytes = Array(text.utf8)
    self.file = file
    self.deepestNesting = deepestNesting
  }

  /// The next byte, or `nil` at the end.
  package var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// The byte after the next one.
  var following: UInt8? { offset + 1 < bytes.count ? bytes[offset + 1] : nil }

  /// Skips blanks, line breaks and `//` comments.
  package mutating func skipSpace() {
    while let byte = current {
      if byte == UInt8(ascii: "/"), following == byte {
        while let byte = current, byte != UInt8(ascii: "\n") { offset += 1 }
      } else if " \t\r\n".utf8.contains(byte) {
        offset += 1
      } else {
        return
      }
    }
  }

  /// Whether the next byte after blanks is a character.
  package mutating func isNext(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return current == UInt8(ascii: character)
  }

  /// Skips `text` if it comes next.
  package mutating func accept(_ text: String) -> Bool {
    skipSpace()
    guard bytes[offset...].starts(with: text.utf8) else { return false }
    offset += text.utf8.count
    return true
  }

  /// Skips `word` if it comes next as a whole word.
  package mutating func accept(word: String) -> Bool {
    let start = offset
    if accept(word), !(current?.isNameByte ?? false) { return true }
    offset = start
    return false
  }

  /// Skips `text` or fails.
  package mutating func expect(_ text: String, _ purpose: String = "") throws(DiagnosticError) {
    if accept(text) { return }
    throw failure("'\(text)' expected\(purpose.isEmpty ? "" : " " + purpose)")
  }

  /// Goes one level deeper; `leave` comes back.
  package mutating func enter() throws(DiagnosticError) {
    guard depth < deepestNesting else {
      throw failure(
        "nested deeper than \(deepestNesting) levels", id: "text-nesting",
        category: .limitExceeded)
    }
    depth += 1
  }

  /// Comes back from a level.
  package mutating func leave() { depth -= 1 }

  /// Items between commas until `end`, which is skipped.
  package mutating func list<Item>(
    until end: String, _ item: (inout TextScanner) throws(DiagnosticError) -> Item
  ) throws(DiagnosticError) -> [Item] {
    var items: [Item] = []
    if accept(end) { return items }
    repeat { items.append(try item(&self)) } while accept(",")
    try expect(end)
    return items
  }

  // MARK: Failures

  /// An error at an offset; the cursor's place after blanks if none is given.
  package func failure(
    _ message: String, id: String = "text-syntax", at place: Int? = nil,
    category: Diagnostic.Category = .invalidInput, notes: [String] = [], help: String? = nil
  ) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        category, id: id, message, file: file, place: textPlace(place ?? nextToken), notes: notes,
        help: help))
  }

  private var nextToken: Int {
    var ahead = self
    ahead.skipSpace()
    return ahead.offset
  }

  /// The line and column of an offset; columns count characters of Unicode.
  private func textPlace(_ place: Int) -> Diagnostic.Place {
    let newline = UInt8(ascii: "\n")
    let before = bytes[..<min(place, bytes.count)]
    let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    let end = bytes[start...].firstIndex(of: newline) ?? bytes.count
    let lead = String(decoding: bytes[start..<before.endIndex], as: UTF8.self)
    return .text(
      line: before.reduce(1) { $1 == newline ? $0 + 1 : $0 },
      column: lead.unicodeScalars.count + 1,
      source: String(decoding: bytes[start..<end], as: UTF8.self))
  }
}

extension UInt8 {
  /// Whether the byte is an ASCII digit.
  package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// Whether the byte may stand in a plain name.
  var isNameByte: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
      || self == UInt8(ascii: "_") || self == UInt8(ascii: ".")
  }

  /// The value of a hexadecimal digit.
  var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
