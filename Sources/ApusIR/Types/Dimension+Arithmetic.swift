func saturatingAdd(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? (a < 0 ? .min : .max) : sum
}

func saturatingMultiply(_ a: Int, _ b: Int) -> Int {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  return overflow ? ((a < 0) == (b < 0) ? .max : .min) : product
}

extension Dimension {
  public static func + (a: Dimension, b: Dimension) -> Dimension {
    Dimension(collecting: a.terms + b.terms)
  }

  public static func - (a: Dimension, b: Dimension) -> Dimension { a + b * Dimension(-1) }

  public static func * (a: Dimension, b: Dimension) -> Dimension {
    Dimension(
      collecting: a.terms.flatMap { x in
        b.terms.map { y in
          Term(
            factors: (x.factors + y.factors).sorted { $0.description < $1.description },
            coefficient: saturatingMultiply(x.coefficient, y.coefficient))
        }
      })
  }

  /// The quotient rounded toward negative infinity.
  ///
  /// Dividing by the constant 0 gives 0.
  public static func / (a: Dimension, b: Dimension) -> Dimension {
    if let x = a.constant, let y = b.constant {
      guard y != 0, !(x == .min && y == -1) else { return Dimension(0) }
      return Dimension(x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0))
    }
    if a == b { return Dimension(1) }
    if let exact = a.dividedExactly(by: b) { return exact }
    return Dimension(atom: .quotient(a, b))
  }

  /// Division of every term by a single term, when nothing remains.
  private func dividedExactly(by divisor: Dimension) -> Dimension? {
    guard divisor.terms.count == 1, let unit = divisor.terms.first else { return nil }
    var quotients: [Term] = []
    for term in terms {
      guard unit.coefficient != 0, unit.coefficient != -1 || term.coefficient != .min,
        term.coefficient % unit.coefficient == 0
      else { return nil }
      var factors = term.factors
      for factor in unit.factors {
        guard let place = factors.firstIndex(of: factor) else { return nil }
        factors.remove(at: place)
      }
      quotients.append(Term(factors: factors, coefficient: term.coefficient / unit.coefficient))
    }
    return Dimension(collecting: quotients)
  }

  /// The larger extent.
  public static func maximum(_ a: Dimension, _ b: Dimension) -> Dimension {
    if let x = a.constant, let y = b.constant { return Dimension(max(x, y)) }
    return a == b ? a : Dimension(atom: .maximum(a, b))
  }

  /// The smaller extent.
  public static func minimum(_ a: Dimension, _ b: Dimension) -> Dimension {
    if let x = a.constant, let y = b.constant { return Dimension(min(x, y)) }
    return a == b ? a : Dimension(atom: .minimum(a, b))
  }
}

extension Dimension: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}

extension Dimension: CustomStringConvertible {
  /// The text form: `8`, `N`, `2*N+1`, `floordiv(N+1,2)`.
  public var description: String {
    guard let first = terms.first else { return "0" }
    return terms.dropFirst().reduce(first.description) { text, term in
      text + (term.coefficient < 0 ? "" : "+") + term.description
    }
  }
}

extension Dimension.Term: CustomStringConvertible {
  var description: String {
    let product = factors.map(\.description).joined(separator: "*")
    if factors.isEmpty { return String(coefficient) }
    return coefficient == 1
      ? product : coefficient == -1 ? "-" + product : "\(coefficient)*" + product
  }
}

extension Dimension.Atom: CustomStringConvertible {
  public var description: String {
    switch self {
    case .symbol(let name): name.utf8.first?.isDigit ?? true ? name.quoted : name.quotedUnlessPlain
    case .quotient(let a, let b): "floordiv(\(a),\(b))"
    case .maximum(let a, let b): "max(\(a),\(b))"
    case .minimum(let a, let b): "min(\(a),\(b))"
    }
  }
}
