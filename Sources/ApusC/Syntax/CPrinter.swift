/// Writes C syntax as text.
struct CPrinter {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ content: String = "") {
    if !content.isEmpty { text += String(repeating: "  ", count: depth) + content }
    text += "\n"
  }

  mutating func print(_ function: CFunction) {
    if !function.held.isEmpty {
      line("typedef struct {")
      for member in function.held { line("  \(member.type.declaring(member.name));") }
      line("} \(function.name)_data;")
      line()
    }
    let parameters = function.parameters.map { $0.type.declaring($0.name) }
    let head = "\(function.attributes)\(function.result) \(function.name)("
    let list = parameters.isEmpty ? "void" : parameters.joined(separator: ", ")
    if head.count + list.count + 3 <= 100 {
      line("\(head)\(list)) {")
    } else {
      line(head)
      for (place, parameter) in parameters.enumerated() {
        line("    \(parameter)\(place + 1 == parameters.count ? ") {" : ",")")
      }
    }
    body(function.body)
    line("}")
  }

  private mutating func body(_ statements: [CStatement]) {
    depth += 1
    for statement in statements { print(statement) }
    depth -= 1
  }

  mutating func print(_ statement: CStatement) {
    switch statement {
    case .comment(let text): line("/* \(text.asComment) */")
    case .declare(let type, let name, let value):
      line(type.declaring(name) + (value.map { " = \($0.text)" } ?? "") + ";")
    case .assign(let target, let value): line("\(target.text) = \(value.text);")
    case .expression(let value): line("\(value.text);")
    case .count(let name, let extent, let statements):
      line("for (ptrdiff_t \(name) = 0; \(name) < \(extent.text); \(name)++) {")
      body(statements)
      line("}")
    case .loop(let name, let condition, let statements):
      line("for (\(name) = 0; \(condition.text); \(name)++) {")
      body(statements)
      line("}")
    case .branch(let condition, let statements, let others):
      line("if (\(condition.text)) {")
      body(statements)
      if !others.isEmpty {
        line("} else {")
        body(others)
      }
      line("}")
    case .block(let statements):
      line("{")
      body(statements)
      line("}")
    case .directive(let directive): text += directive + "\n"
    case .result(let value): line("return \(value.text);")
    }
  }
}

extension String {
  /// `type name`, without a space after a pointer.
  func declaring(_ name: String) -> String {
    hasSuffix("*") || hasSuffix(" ") ? self + name : "\(self) \(name)"
  }

  /// The text with everything that could end or continue a comment made harmless.
  var asComment: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          let isPlain = scalar.value >= 0x20 && scalar.value < 0x7f
          return isPlain && scalar != "*" && scalar != "\\" && scalar != "?" ? scalar : "_"
        }))
  }
}

extension CExpression {
  /// The text with as few parentheses as C's precedence and `-Wparentheses` allow.
  var text: String { text(within: 0) }

  private var precedence: Int {
    switch self {
    case .name, .literal, .call, .element, .member: 16
    case .unary, .cast: 14
    case .binary(let name, _, _): CExpression.precedence[name] ?? 0
    case .conditional: 1
    }
  }

  private static let precedence: [String: Int] = [
    "*": 13, "/": 13, "%": 13, "+": 12, "-": 12, "<<": 11, ">>": 11, "<": 10, "<=": 10, ">": 10,
    ">=": 10, "==": 9, "!=": 9, "&": 8, "^": 7, "|": 6, "&&": 5, "||": 4,
  ]

  private func text(within outer: Int) -> String {
    let result: String =
      switch self {
      case .name(let name): name
      case .literal(let literal): literal.hasPrefix("-") ? "(\(literal))" : literal
      case .call(let name, let arguments):
        "\(name)(\(arguments.map(\.text).joined(separator: ", ")))"
      case .element(let base, let index): "\(base.text(within: 16))[\(index.text)]"
      case .unary(let name, let a): name + a.text(within: 15)
      case .cast(let type, let a): "(\(type))\(a.text(within: 14))"
      case .member(let base, let name): "\(base.text(within: 16))\(name)"
      case .conditional(let a, let b, let c):
        // Comparisons stand alone; what binds less tightly gets parentheses.
        "\(a.text(within: 9)) ? \(b.text(within: 2)) : \(c.text(within: 2))"
      case .binary(let name, let a, let b):
        a.text(within: leftContext(name, a)) + " \(name) " + b.text(within: context(name, b))
      }
    return precedence < outer ? "(\(result))" : result
  }

  /// Sums and products chain to the left without parentheses; other mixtures keep them.
  private func leftContext(_ name: String, _ left: CExpression) -> Int {
    if ["+", "-", "*"].contains(name) { return precedence }
    return context(name, left)
  }

  /// Bits and comparisons keep the parentheses of everything that compilers warn about.
  private func context(_ name: String, _ operand: CExpression) -> Int {
    if case .unary("!", _) = operand { return 15 }
    return switch name {
    case "&", "|", "^", "<<", ">>": 14
    case "==", "!=": 11
    default: precedence + 1
    }
  }
}
