internal import ApusIR

extension Dimension {
  /// The extent as C, given the names of symbols.
  func code(_ names: [String: String]) -> CExpression {
    let parts = terms.map { term in
      let product = term.factors.dropFirst().reduce(term.factors[0].code(names)) {
        CExpression.binary("*", $0, $1.code(names))
      }
      return term.coefficient == 1
        ? product : CExpression.binary("*", product, .integer(term.coefficient))
    }
    guard let first = parts.first else { return .integer(offset) }
    let sum = parts.dropFirst().reduce(first) { .binary("+", $0, $1) }
    return offset == 0 ? sum : .binary(offset < 0 ? "-" : "+", sum, .integer(abs(offset)))
  }
}

extension Dimension.Atom {
  fileprivate func code(_ names: [String: String]) -> CExpression {
    switch self {
    case .symbol(let name): .name(names[name] ?? "0")
    case .quotient(let a, let b): .call("apus_quotient", [a.code(names), b.code(names)])
    case .maximum(let a, let b): .call("apus_larger", [a.code(names), b.code(names)])
    case .minimum(let a, let b): .call("apus_smaller", [a.code(names), b.code(names)])
    }
  }
}
