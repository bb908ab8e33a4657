/// Reads `(a: f32, b: f32) t0 = exp(a); max(t0, mul(t0, b))`.
struct PointwiseParser {
  /// Functions of more steps are refused, because equal steps are looked for one by one.
  private static let mostSteps = 4096

  private(set) var scanner: TextScanner
  private var function = Pointwise(empty: [])
  private var operands: [String: Int] = [:]
  private var bindings: [String: Int] = [:]

  init(_ scanner: TextScanner) { self.scanner = scanner }

  mutating func parse() throws(DiagnosticError) -> Pointwise {
    try parameters()
    while let name = binding() {
      bindings[name] = try expression()
      try scanner.expect(";", "after a named step")
    }
    function.makeLast(try expression())
    return function
  }

  private mutating func parameters() throws(DiagnosticError) {
    var types: [ElementType] = []
    try scanner.expect("(", "before the parameters of a function")
    let items = try scanner.list(until: ")") {
      (s: inout TextScanner) throws(DiagnosticError) -> (String, ElementType) in
      guard let name = s.word() else { throw s.failure("parameter expected") }
      try s.expect(":", "after a parameter")
      return (name, try s.elementType())
    }
    for (name, type) in items {
      guard operands.updateValue(types.count, forKey: name) == nil else {
        throw scanner.failure("parameter '\(name)' is given twice", id: "duplicate-parameter")
      }
      types.append(type)
    }
    function = Pointwise(empty: types)
  }

  /// The name before a `=`, if one comes next.
  private mutating func binding() -> String? {
    let start = scanner.offset
    if let name = scanner.word(), scanner.accept("=") { return name }
    scanner.offset = start
    return nil
  }

  private mutating func append(
    _ step: Pointwise.Step, _ type: ElementType
  ) throws(DiagnosticError) -> Int {
    guard function.steps.count < Self.mostSteps else {
      throw scanner.failure(
        "the function has too many steps", id: "function-limit", category: .limitExceeded)
    }
    return function.append(step, type)
  }

  private mutating func expression() throws(DiagnosticError) -> Int {
    scanner.skipSpace()
    let start = scanner.offset
    let first = scanner.current
    if first?.isDigit ?? false || first == UInt8(ascii: "-") { return try literal() }
    guard let name = scanner.word() else { throw scanner.failure("expression expected") }
    if let step = bindings[name] { return step }
    if let operand = operands[name] {
      return try append(.operand(operand), function.operands[operand])
    }
    if name == "nan" || name == "inf" {
      scanner.offset = start
      return try literal()
    }
    guard scanner.accept("(") else {
      throw scanner.failure("'\(name)' is not defined", id: "undefined-name", at: start)
    }
    try scanner.enter()
    var arguments: [Int] = []
    repeat { arguments.append(try expression()) } while scanner.accept(",")
    try scanner.expect(")")
    scanner.leave()
    return try call(name, arguments, at: start)
  }

  private mutating func literal() throws(DiagnosticError) -> Int {
    let literal = try scanner.number()
    try scanner.expect(":", "and the type after a number")
    let type = try scanner.elementType()
    return try append(.literal(literal.adapted(to: type), type), type)
  }

  private mutating func call(
    _ name: String, _ arguments: [Int], at start: Int
  ) throws(DiagnosticError) -> Int {
    let step = try step(name, arguments, at: start)
    let type = try type(of: step, at: start)
    return try append(step, type)
  }

  private func step(
    _ name: String, _ arguments: [Int], at start: Int
  ) throws(DiagnosticError) -> Pointwise.Step {
    func take(_ count: Int) throws(DiagnosticError) {
      guard arguments.count != count else { return }
      throw scanner.failure(
        "\(name) takes \(count) arguments, \(arguments.count) given", id: "argument-count",
        at: start)
    }
    if let unary = UnaryFunction(rawValue: name) {
      try take(1)
      return .unary(unary, arguments[0])
    }
    if let type = ElementType(rawValue: name) {
      try take(1)
      return .convert(arguments[0], type)
    }
    if name.hasPrefix("bits_"), let type = ElementType(rawValue: String(name.dropFirst(5))) {
      try take(1)
      return .reinterpret(arguments[0], type)
    }
    if let binary = BinaryFunction(rawValue: name) {
      try take(2)
      return .binary(binary, arguments[0], arguments[1])
    }
    if let test = Comparison(rawValue: name) {
      try take(2)
      return .compare(test, arguments[0], arguments[1])
    }
    guard name == "select" else { throw unknownFunction(name, at: start) }
    try take(3)
    return .select(arguments[0], arguments[1], arguments[2])
  }

  private func unknownFunction(_ name: String, at start: Int) -> DiagnosticError {
    let known =
      UnaryFunction.allCases.map(\.rawValue) + BinaryFunction.allCases.map(\.rawValue)
      + Comparison.allCases.map(\.rawValue) + ["select"] + ElementType.allCases.map(\.rawValue)
    return scanner.failure(
      "unknown function '\(name)'", id: "unknown-function", at: start,
      help: suggestion(for: name, among: known))
  }

  private func type(of step: Pointwise.Step, at start: Int) throws(DiagnosticError) -> ElementType {
    let types = function.types
    var equal: [Int] = []
    let result: ElementType
    switch step {
    case .operand, .literal: preconditionFailure("calls only")
    case .unary(let unary, let a): result = unary.isPredicate ? .bool : types[a]
    case .convert(_, let type): result = type
    case .reinterpret(let a, let type):
      guard types[a].bitWidth == type.bitWidth else {
        throw scanner.failure("\(types[a]) as \(type)", id: "argument-type", at: start)
      }
      result = type
    case .binary(let binary, let a, let b):
      (result, equal) = (binary.fixedResult ?? types[a], [a, b])
    case .compare(_, let a, let b): (result, equal) = (.bool, [a, b])
    case .select(let test, let a, let b):
      guard types[test] == .bool else {
        throw scanner.failure("the condition is \(types[test])", id: "argument-type", at: start)
      }
      (result, equal) = (types[a], [a, b])
    }
    if let a = equal.first, let b = equal.last, types[a] != types[b] {
      throw scanner.failure(
        "arguments of \(types[a]) and \(types[b])", id: "argument-type", at: start)
    }
    return result
  }
}

extension TextScanner {
  /// `(a: f32, b: f32) max(a, b)`.
  package mutating func pointwise() throws(DiagnosticError) -> Pointwise {
    var parser = PointwiseParser(self)
    let function = try parser.parse()
    self = parser.scanner
    return function
  }

  /// The name of an element type.
  package mutating func elementType() throws(DiagnosticError) -> ElementType {
    skipSpace()
    let start = offset
    let name = word() ?? ""
    guard let type = ElementType(rawValue: name) else {
      throw failure(
        name.isEmpty ? "element type expected" : "unknown element type '\(name)'",
        id: "element-type", at: start,
        help: suggestion(for: name, among: ElementType.allCases.map(\.rawValue)))
    }
    return type
  }
}
