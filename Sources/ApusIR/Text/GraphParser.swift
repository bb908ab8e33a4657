/// Reads one graph, and the bodies of its kernels as graphs of their own.
struct GraphParser {
  var scanner: TextScanner
  let resolve: ConstantResolver
  private var graph = Graph(name: "")
  private var values: [ValueName: ValueID] = [:]

  init(scanner: TextScanner, resolve: @escaping ConstantResolver) {
    self.scanner = scanner
    self.resolve = resolve
  }

  /// The whole text.
  mutating func parse() throws(DiagnosticError) -> Graph {
    guard scanner.accept(word: "graph") else { throw scanner.failure("'graph' expected") }
    try scanner.expect("@", "before the name of the graph")
    graph.name = try scanner.name("name of the graph")
    try definition()
    scanner.skipSpace()
    guard scanner.current == nil else { throw scanner.failure("unexpected text after the graph") }
    return graph
  }

  /// `(inputs) -> (outputs) where bounds { nodes return values }`.
  private mutating func definition() throws(DiagnosticError) {
    try inputs()
    try scanner.expect("->", "after the inputs")
    try scanner.expect("(")
    let outputs = try scanner.list(until: ")") {
      (s: inout TextScanner) throws(DiagnosticError) -> (String, TensorType) in
      let name = try s.name("name of an output")
      try s.expect(":", "after the name of an output")
      return (name, try s.tensorType())
    }
    if scanner.accept(word: "where") { try symbolBounds() }
    try scanner.expect("{")
    while !scanner.accept(word: "return") { try node() }
    try returned(outputs)
    try scanner.expect("}", "after the outputs")
  }

  private mutating func inputs() throws(DiagnosticError) {
    try scanner.expect("(", "before the inputs")
    if scanner.accept(")") { return }
    repeat {
      scanner.skipSpace()
      let place = scanner.offset
      let name = try scanner.valueName()
      try scanner.expect(":", "after the name of an input")
      let type = try scanner.tensorType()
      try define(name, graph.addInput(name.modelName, type), at: place)
    } while scanner.accept(",")
    try scanner.expect(")", "after the inputs")
  }

  private mutating func symbolBounds() throws(DiagnosticError) {
    repeat {
      let name = try scanner.name("symbol")
      try scanner.expect("=", "after a symbol")
      let lower = try scanner.integer()
      try scanner.expect("..", "after the least value of a symbol")
      scanner.skipSpace()
      let isOpen = scanner.isNext(",") || scanner.isNext("{")
      let upper = isOpen ? nil : try scanner.integer()
      graph.symbols.append(SymbolBounds(name: name, lower: lower, upper: upper))
    } while scanner.accept(",")
  }

  private mutating func returned(
    _ outputs: [(name: String, type: TensorType)]
  ) throws(DiagnosticError) {
    scanner.skipSpace()
    let place = scanner.offset
    let returned = try operands()
    guard returned.count == outputs.count else {
      throw scanner.failure(
        "\(outputs.count) outputs are declared, \(returned.count) returned", id: "output-count",
        at: place)
    }
    for (output, value) in zip(outputs, returned) {
      guard graph.type(of: value) == output.type else {
        throw scanner.failure(
          "output \(output.name.quotedUnlessPlain) is declared as \(output.type)",
          id: "type-mismatch", at: place, notes: ["what is returned is \(graph.type(of: value))"])
      }
      graph.addOutput(value, name: output.name)
    }
  }

  private mutating func define(
    _ name: ValueName, _ value: ValueID, at place: Int
  ) throws(DiagnosticError) {
    guard values.updateValue(value, forKey: name) == nil else {
      throw scanner.failure("\(name) is defined twice", id: "duplicate-value", at: place)
    }
  }

  private func similar(to name: ValueName) -> String? {
    guard !name.isNumber, values.count <= 256 else { return nil }
    let names = values.keys.filter { !$0.isNumber }.map(\.description)
    return suggestion(for: name.description, among: names.sorted())
  }

  /// Zero or more values between commas.
  private mutating func operands() throws(DiagnosticError) -> [ValueID] {
    var result: [ValueID] = []
    guard scanner.isNext("%") else { return result }
    repeat {
      scanner.skipSpace()
      let place = scanner.offset
      let name = try scanner.valueName()
      guard let value = values[name] else {
        throw scanner.failure(
          "\(name) is not defined", id: "undefined-value", at: place,
          help: similar(to: name))
      }
      result.append(value)
    } while scanner.accept(",")
    return result
  }
}

// MARK: Nodes

extension GraphParser {
  /// `%0, %1 = mnemonic %a, %b {attributes} : types @ origins do body else body`.
  private mutating func node() throws(DiagnosticError) {
    let (names, places) = try resultNames()
    scanner.skipSpace()
    let place = scanner.offset
    let prototype = try prototype(at: place)
    let operands = try operands()
    let mnemonic = prototype.mnemonic
    var context = AttributeParser.Context(mnemonic: mnemonic, place: place, resolve: resolve)
    if mnemonic == Constant.mnemonic { context.constant = try constant() }
    let entries = try scanner.attributeEntries()
    context.types = try types()
    let origins = try origins()
    while let body = try body(after: context.bodies.isEmpty ? "do" : "else") {
      context.bodies.append(body)
    }
    var parser = AttributeParser(scanner, entries, context)
    let operation = try prototype.visitingAttributes(&parser)
    try parser.finish(known: prototype.attributeNames)
    try check(operation, operands, context.types, names.count, at: place)
    let results = graph.append(
      operation, operands, typed: context.types, origins: origins, names: names.map(\.modelName))
    for (index, name) in names.enumerated() { try define(name, results[index], at: places[index]) }
  }

  private mutating func resultNames() throws(DiagnosticError) -> ([ValueName], [Int]) {
    var names: [ValueName] = []
    var places: [Int] = []
    guard scanner.isNext("%") else { return (names, places) }
    repeat {
      scanner.skipSpace()
      places.append(scanner.offset)
      names.append(try scanner.valueName())
    } while scanner.accept(",")
    try scanner.expect("=", "after the results")
    return (names, places)
  }

  private mutating func prototype(at place: Int) throws(DiagnosticError) -> Operation {
    guard let mnemonic = scanner.word() else {
      throw scanner.failure("operation or 'return' expected", at: place)
    }
    guard let known = Operation.prototypes.first(where: { $0.mnemonic == mnemonic }) else {
      throw scanner.failure(
        "unknown operation '\(mnemonic)'", id: "unknown-operation", at: place,
        help: suggestion(for: mnemonic, among: Operation.prototypes.map(\.mnemonic)))
    }
    return known
  }

  /// `@name 0x0000803f` or `@name #0123456789abcdef`.
  private mutating func constant() throws(DiagnosticError) -> (
    name: String, bytes: AttributeParser.ConstantBytes
  )? {
    let name = scanner.accept("@") ? try scanner.name("name of the constant") : ""
    if scanner.accept("0x") { return (name, .elements(try scanner.hexadecimalBytes())) }
    guard scanner.accept("#") else { return nil }
    let place = scanner.offset
    guard let digits = scanner.word(), digits.utf8.count == 16,
      let digest = UInt64(digits, radix: 16)
    else { throw scanner.failure("16 hexadecimal digits expected", at: place) }
    return (name, .digest(digest))
  }

  private mutating func types() throws(DiagnosticError) -> [TensorType] {
    guard scanner.accept(":") else { return [] }
    var types: [TensorType] = []
    repeat { types.append(try scanner.tensorType()) } while scanner.accept(",")
    return types
  }

  private mutating func origins() throws(DiagnosticError) -> [String] {
    guard scanner.accept("@") else { return [] }
    var origins: [String] = []
    repeat { origins.append(try scanner.quotedString()) } while scanner.accept(",")
    return origins
  }

  private mutating func body(after word: String) throws(DiagnosticError) -> Graph? {
    guard scanner.accept(word: word) else { return nil }
    try scanner.enter()
    var inner = GraphParser(scanner: scanner, resolve: resolve)
    if inner.scanner.accept("@") { inner.graph.name = try inner.scanner.name("name of the body") }
    try inner.definition()
    scanner.offset = inner.scanner.offset
    scanner.leave()
    return inner.graph
  }

  /// Compares element types and shapes with the operator's own rule; layouts are free.
  private func check(
    _ operation: Operation, _ operands: [ValueID], _ types: [TensorType], _ nameCount: Int,
    at place: Int
  ) throws(DiagnosticError) {
    let operandTypes = operands.map { graph.type(of: $0) }
    let expected: [TensorType]
    do throws(OperatorError) {
      expected = try operation.resultTypes(of: operandTypes)
    } catch {
      throw scanner.failure(
        error.message, id: error.id, at: place,
        notes: operandTypes.enumerated().map { "operand \($0) is \($1)" })
    }
    guard nameCount == expected.count, types.count == expected.count else {
      throw scanner.failure(
        "\(operation.mnemonic) has \(expected.count) results; \(nameCount) are named, "
          + "\(types.count) have a type", id: "result-count", at: place)
    }
    for (written, rule) in zip(types, expected)
    where written.element != rule.element || written.shape != rule.shape {
      throw scanner.failure(
        "the result is \(rule), not \(written)", id: "type-mismatch", at: place,
        notes: operandTypes.enumerated().map { "operand \($0) is \($1)" })
    }
  }
}
