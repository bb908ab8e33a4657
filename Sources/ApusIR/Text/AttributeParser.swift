/// Fills the attributes of an operator from `{name = value, …}`.
///
/// The places of the values are found first, because an operator asks for them in its own order.
struct AttributeParser: AttributeVisitor {
  /// One attribute as it stands in the text.
  struct Entry {
    var name: String
    var place: Int
    var start: Int
    var end: Int
  }

  /// What the operator is told beside its attributes.
  struct Context {
    var mnemonic: String
    var place: Int
    var bodies: [Graph] = []
    var constant: (name: String, bytes: ConstantBytes)?
    var types: [TensorType] = []
    var resolve: ConstantResolver
  }

  /// The elements of a constant as they stand in the text.
  enum ConstantBytes {
    case elements([UInt8])
    case digest(UInt64)
  }

  private var scanner: TextScanner
  private var entries: [Entry]
  private var context: Context

  init(_ scanner: TextScanner, _ entries: [Entry], _ context: Context) {
    self.scanner = scanner
    self.entries = entries
    self.context = context
  }

  /// Refuses what the operator did not ask for.
  func finish(known: [String]) throws(DiagnosticError) {
    if let entry = entries.first {
      throw scanner.failure(
        "\(context.mnemonic) has no attribute '\(entry.name)'", id: "unknown-attribute",
        at: entry.place, help: suggestion(for: entry.name, among: known))
    }
    guard context.bodies.isEmpty, context.constant == nil else {
      throw failure("\(context.mnemonic) takes no body and no constant")
    }
  }

  private func failure(_ message: String, id: String = "text-syntax") -> DiagnosticError {
    scanner.failure(message, id: id, at: context.place)
  }

  /// Moves to the value of an attribute; `nil` when it is absent and has a default.
  private mutating func take(
    _ name: String, optional: Bool = false
  ) throws(DiagnosticError) -> Entry? {
    if let place = entries.firstIndex(where: { $0.name == name }) {
      let entry = entries.remove(at: place)
      scanner.offset = entry.start
      return entry
    }
    guard optional else {
      throw failure("\(context.mnemonic) needs attribute '\(name)'", id: "missing-attribute")
    }
    return nil
  }

  private mutating func end(_ entry: Entry) throws(DiagnosticError) {
    scanner.skipSpace()
    guard scanner.offset != entry.end else { return }
    throw scanner.failure("unexpected text in attribute '\(entry.name)'")
  }

  // MARK: AttributeVisitor

  mutating func visit(
    _ name: String, _ value: inout Int, default standard: Int?
  ) throws(DiagnosticError) {
    value = standard ?? 0
    guard let entry = try take(name, optional: standard != nil) else { return }
    value = try scanner.integer()
    try end(entry)
  }

  mutating func visit(
    _ name: String, _ value: inout [Int], default standard: [Int]?
  ) throws(DiagnosticError) {
    value = standard ?? []
    guard let entry = try take(name, optional: standard != nil) else { return }
    try scanner.expect("[")
    value = try scanner.list(until: "]") {
      (s: inout TextScanner) throws(DiagnosticError) in try s.integer()
    }
    try end(entry)
  }

  mutating func visit(
    _ name: String, _ value: inout [Dimension], default standard: [Dimension]?
  ) throws(DiagnosticError) {
    value = standard ?? []
    guard let entry = try take(name, optional: standard != nil) else { return }
    try scanner.expect("[")
    value = try scanner.list(until: "]") {
      (s: inout TextScanner) throws(DiagnosticError) in try s.dimension()
    }
    try end(entry)
  }

  mutating func visit(
    _ name: String, _ value: inout Bool, default standard: Bool?
  ) throws(DiagnosticError) {
    value = standard ?? false
    guard let entry = try take(name, optional: standard != nil) else { return }
    value = try scanner.truthValue()
    try end(entry)
  }

  mutating func visit(
    _ name: String, _ value: inout Double, default standard: Double?
  ) throws(DiagnosticError) {
    value = standard ?? 0
    guard let entry = try take(name, optional: standard != nil) else { return }
    value = try scanner.number().real
    try end(entry)
  }

  mutating func visit(_ name: String, _ value: inout Shape) throws(DiagnosticError) {
    guard let entry = try take(name) else { return }
    try scanner.expect("<")
    value = try scanner.shape()
    try scanner.expect(">")
    try end(entry)
  }

  mutating func visit(_ name: String, _ value: inout Layout) throws(DiagnosticError) {
    guard let entry = try take(name) else { return }
    try scanner.expect("<")
    value = try scanner.layout()
    try scanner.expect(">")
    try end(entry)
  }

  mutating func visit(_ name: String, _ value: inout Pointwise) throws(DiagnosticError) {
    guard let entry = try take(name) else { return }
    value = try scanner.pointwise()
    try end(entry)
  }

  mutating func visit(_ name: String, _ value: inout Graph) throws(DiagnosticError) {
    guard !context.bodies.isEmpty else {
      throw failure(
        "\(context.mnemonic) needs a body after 'do' or 'else'", id: "missing-attribute")
    }
    value = context.bodies.removeFirst()
  }

  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) throws(DiagnosticError) {
    guard let entry = try take(name) else { return }
    let word = scanner.word() ?? ""
    guard let choice = Choice(rawValue: word) else {
      let known = Choice.allCases.map(\.rawValue)
      throw scanner.failure(
        "'\(word)' is none of \(known.joined(separator: ", "))", id: "unknown-choice",
        at: entry.start, help: suggestion(for: word, among: known))
    }
    value = choice
    try end(entry)
  }

  mutating func visit(_ name: String, _ value: inout Constant) throws(DiagnosticError) {
    guard let constant = context.constant else {
      throw failure("elements expected, in hexadecimal or as a digest", id: "missing-attribute")
    }
    guard context.types.count == 1, let type = context.types.first else {
      throw failure("a constant has one type", id: "result-count")
    }
    context.constant = nil
    value = Constant(try data(constant.bytes, name: constant.name, type), name: constant.name)
  }

  private func data(
    _ bytes: ConstantBytes, name: String, _ type: TensorType
  ) throws(DiagnosticError) -> TensorData {
    switch bytes {
    case .elements(let elements):
      let buffer = TensorBuffer(count: elements.count) { $0.copyBytes(from: elements) }
      let plain = TensorType(type.element, type.shape)
      guard let data = TensorData(plain, in: buffer, range: 0..<elements.count) else {
        throw failure("\(elements.count) bytes do not fill \(plain)", id: "constant-size")
      }
      return data
    case .digest(let digest):
      guard let data = context.resolve(name, digest) else {
        throw failure(
          "the elements of this constant are not at hand", id: "constant-unresolved")
      }
      guard data.digest == digest else {
        throw failure("the elements given have another digest", id: "constant-digest")
      }
      return data
    }
  }
}
