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
    let offset = saturatingAdd(a.offset, b.offset)
    if a.terms.isEmpty, b.terms.isEmpty { return Dimension(offset) }
    return Dimension(offset: offset, collecting: a.terms + b.terms)
  }

  public static func - (a: Dimension, b: Dimension) -> Dimension { a + b * Dimension(-1) }

  public static func * (a: Dimension, b: Dimension) -> Dimension {
    let offset = saturatingMultiply(a.offset, b.offset)
    if a.terms.isEmpty, b.terms.isEmpty { return Dimension(offset) }
    if a.terms.isEmpty { return b.scaled(by: a.offset) }
    if b.terms.isEmpty { return a.scaled(by: b.offset) }
    let products = a.terms.flatMap { x in
      b.terms.map { y in
        Term(
          factors: (x.factors + y.factors).sorted { $0.description < $1.description },
          coefficient: saturatingMultiply(x.coefficient, y.coefficient))
      }
    }
    return Dimension(
      offset: offset,
      collecting: products + a.scaled(by: b.offset).terms + b.scaled(by: a.offset).terms)
  }

  private func scaled(by factor: Int) -> Dimension {
    if factor == 0 { return Dimension(0) }
    var product = self
    product.offset = saturatingMultiply(offset, factor)
    for place in terms.indices {
      product.terms[place].coefficient = saturatingMultiply(terms[place].coefficient, factor)
    }
    return product
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
    if let number = divisor.constant {
      guard number > 0, offset % number == 0,
        terms.allSatisfy({ $0.coefficient % number == 0 })
      else { return nil }
      var quotient = self
      quotient.offset = offset / number
      for place in terms.indices { quotient.terms[place].coefficient /= number }
      return quotient
    }
    guard offset == 0, divisor.offset == 0, divisor.terms.count == 1,
      let unit = divisor.terms.first
    else { return nil }
    var quotients: [Term] = []
    var rest = 0
    for term in terms {
      guard unit.coefficient != 0, unit.coefficient != -1 || term.coefficient != .min,
        term.coefficient % unit.coefficient == 0
      else { return nil }
      var factors = term.factors
      for factor in unit.factors {
        guard let place = factors.firstIndex(of: factor) else { return nil }
        factors.remove(at: place)
      }
      let coefficient = term.coefficient / unit.coefficient
      if factors.isEmpty {
        rest = saturatingAdd(rest, coefficient)
      } else {
        quotients.append(Term(factors: factors, coefficient: coefficient))
      }
    }
    return Dimension(offset: rest, collecting: quotients)
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
    guard let first = terms.first else { return String(offset) }
    let sum = terms.dropFirst().reduce(first.description) { text, term in
      text + (term.coefficient < 0 ? "" : "+") + term.description
    }
    return offset == 0 ? sum : sum + (offset < 0 ? "" : "+") + String(offset)
  }
}

extension Dimension.Term: CustomStringConvertible {
  package var description: String {
    let product = factors.map(\.description).joined(separator: "*")
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
