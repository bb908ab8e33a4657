/// A whole number the program computes with: a loop counter or a bound index.
public struct IndexVariable: Hashable, Sendable {
  /// Unique within one kernel.
  public let number: Int

  /// The variable with a number.
  public init(_ number: Int) { self.number = number }
}

/// An affine function of index variables: `constant + Σ coefficient · variable`.
public struct Index: Hashable, Sendable {
  /// One summand.
  public struct Term: Hashable, Sendable {
    /// The variable.
    public var variable: IndexVariable
    /// What it is multiplied by; never 0.
    public var coefficient: Int
  }

  /// The summand without a variable.
  public var constant: Int
  /// Sorted by the number of the variable, each variable once.
  public private(set) var terms: [Term]

  /// A constant index.
  public init(_ constant: Int) {
    self.constant = constant
    terms = []
  }

  /// The value of a variable.
  public init(_ variable: IndexVariable) {
    constant = 0
    terms = [Term(variable: variable, coefficient: 1)]
  }

  /// Whether the index is the same for every value of the variables.
  public var isConstant: Bool { terms.isEmpty }

  /// The coefficient of a variable; 0 when it does not take part.
  public func coefficient(of variable: IndexVariable) -> Int {
    terms.first { $0.variable == variable }?.coefficient ?? 0
  }

  public static func + (a: Index, b: Index) -> Index {
    var sum = a
    sum.constant += b.constant
    for term in b.terms {
      if let place = sum.terms.firstIndex(where: { $0.variable == term.variable }) {
        sum.terms[place].coefficient += term.coefficient
      } else {
        sum.terms.append(term)
      }
    }
    sum.terms.removeAll { $0.coefficient == 0 }
    sum.terms.sort { $0.variable.number < $1.variable.number }
    return sum
  }

  public static func + (a: Index, b: Int) -> Index { a + Index(b) }

  public static func * (a: Index, factor: Int) -> Index {
    if factor == 0 { return Index(0) }
    var product = a
    product.constant *= factor
    for place in product.terms.indices { product.terms[place].coefficient *= factor }
    return product
  }
}

/// How a bound index is computed.
public enum IndexOperation: Hashable, Sendable {
  /// An affine function.
  case affine(Index)
  /// The quotient of a non-negative index and a positive number, rounded down.
  case quotient(Index, Int)
  /// The remainder of a non-negative index and a positive number.
  case remainder(Index, Int)
  /// An `i32` or `i64` element read from memory: negative values count from `extent`, then the
  /// result is clamped to `0..<extent`.
  case load(Access, extent: Int)
}
