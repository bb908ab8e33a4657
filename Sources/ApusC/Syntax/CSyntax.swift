/// An expression of C.
indirect enum CExpression: Hashable {
  case name(String)
  /// A literal as it is written.
  case literal(String)
  case call(String, [CExpression])
  case element(CExpression, CExpression)
  case unary(String, CExpression)
  case binary(String, CExpression, CExpression)
  case conditional(CExpression, CExpression, CExpression)
  case cast(String, CExpression)
  case member(CExpression, String)

  /// The pool of strings, where there is one.
  static var pool: CExpression { .name("pool") }

  static func integer(_ value: Int) -> CExpression {
    value == .min ? .literal("INT64_MIN") : .literal(String(value))
  }
}

extension CExpression {
  /// `base + Σ name · factor + constant`, without parts that change nothing.
  static func sum(
    _ base: String?, _ products: [(name: String, factor: Int)], _ constant: Int
  ) -> CExpression {
    sum(base, products.map { ($0.name, .integer($0.factor)) }, .integer(constant))
  }

  /// `base + Σ name · factor + constant`, without parts that change nothing.
  static func sum(
    _ base: String?, _ products: [(name: String, factor: CExpression)], _ constant: CExpression
  ) -> CExpression {
    let (zero, one) = (CExpression.integer(0), CExpression.integer(1))
    var parts: [CExpression] = base.map { [.name($0)] } ?? []
    for (name, factor) in products where factor != zero {
      parts.append(factor == one ? .name(name) : .binary("*", .name(name), factor))
    }
    if constant != zero || parts.isEmpty { parts.append(constant) }
    return parts.dropFirst().reduce(parts[0]) { sum, part in
      if case .literal(let text) = part, text.hasPrefix("-") {
        return .binary("-", sum, .literal(String(text.dropFirst())))
      }
      return .binary("+", sum, part)
    }
  }
}

/// A statement of C.
indirect enum CStatement: Hashable {
  case comment(String)
  /// `type name = value;`
  case declare(String, String, CExpression?)
  case assign(CExpression, CExpression)
  case expression(CExpression)
  /// `for (ptrdiff_t name = 0; name < extent; name++)`.
  case count(String, CExpression, [CStatement])
  /// `for (name = 0; condition; name++)`.
  case loop(String, CExpression, [CStatement])
  case branch(CExpression, [CStatement], otherwise: [CStatement] = [])
  case block([CStatement])
  case directive(String)
  case result(CExpression)
}

extension CStatement {
  /// Whether an expression stands somewhere in the statement.
  func mentions(_ wanted: CExpression) -> Bool {
    func any(_ statements: [CStatement]) -> Bool { statements.contains { $0.mentions(wanted) } }
    switch self {
    case .comment, .directive: return false
    case .declare(_, _, let value): return value?.mentions(wanted) ?? false
    case .assign(let target, let value): return target.mentions(wanted) || value.mentions(wanted)
    case .expression(let value), .result(let value): return value.mentions(wanted)
    case .count(_, let extent, let body): return extent.mentions(wanted) || any(body)
    case .loop(_, let test, let body): return test.mentions(wanted) || any(body)
    case .branch(let test, let yes, let no): return test.mentions(wanted) || any(yes + no)
    case .block(let body): return any(body)
    }
  }
}

extension CExpression {
  /// Whether another expression stands somewhere in this one.
  fileprivate func mentions(_ wanted: CExpression) -> Bool {
    let parts: [CExpression] =
      switch self {
      case .name, .literal: []
      case .call(_, let arguments): arguments
      case .element(let a, let b), .binary(_, let a, let b): [a, b]
      case .unary(_, let a), .cast(_, let a), .member(let a, _): [a]
      case .conditional(let a, let b, let c): [a, b, c]
      }
    return self == wanted || parts.contains { $0.mentions(wanted) }
  }
}

/// A parameter of a function.
struct CParameter: Hashable {
  var type: String
  var name: String
}

/// A function definition.
struct CFunction {
  var attributes: String
  var result: String
  var name: String
  var parameters: [CParameter]
  var body: [CStatement]
  /// The members of a structure `NAME_data` that is declared before the function.
  var held: [CParameter] = []
}
