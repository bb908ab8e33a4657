public import ApusIR

/// A whole number the program computes with: a loop counter or a bound index.
public struct IndexVariable: Hashable, Sendable {
  /// Unique within one kernel.
  public let number: Int

  /// The variable with a number.
  public init(_ number: Int) { self.number = number }
}

/// An affine function of index variables: `constant + Σ coefficient · variable`.
///
/// Constant and coefficients are numbers, or polynomials over the program's symbols, which do not
/// change while a kernel runs.
public struct Index: Hashable, Sendable {
  /// One summand.
  public struct Term: Hashable, Sendable {
    /// The variable.
    public var variable: IndexVariable
    /// What it is multiplied by; never 0.
    public var coefficient: Dimension
  }

  /// The summand without a variable.
  public var constant: Dimension
  /// Sorted by the number of the variable, each variable once.
  public private(set) var terms: [Term]

  /// A constant index.
  public init(_ constant: Int) { self.init(Dimension(constant)) }

  /// An index without variables.
  public init(_ constant: Dimension) {
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

  /// The number, when neither variables nor symbols take part.
  public var fixed: Int? { terms.isEmpty ? constant.constant : nil }

  /// The coefficient of a variable; 0 when it does not take part.
  public func coefficient(of variable: IndexVariable) -> Dimension {
    terms.first { $0.variable == variable }?.coefficient ?? 0
  }

  public static func + (a: Index, b: Index) -> Index {
    var sum = a
    sum.constant = sum.constant + b.constant
    for term in b.terms {
      if let place = sum.terms.firstIndex(where: { $0.variable == term.variable }) {
        sum.terms[place].coefficient = sum.terms[place].coefficient + term.coefficient
      } else {
        sum.terms.append(term)
      }
    }
    sum.terms.removeAll { $0.coefficient == 0 }
    sum.terms.sort { $0.variable.number < $1.variable.number }
    return sum
  }

  public static func + (a: Index, b: Int) -> Index { a + Index(b) }

  public static func * (a: Index, factor: Int) -> Index { a * Dimension(factor) }

  public static func * (a: Index, factor: Dimension) -> Index {
    if factor == 0 { return Index(0) }
    var product = a
    product.constant = product.constant * factor
    for place in product.terms.indices {
      product.terms[place].coefficient = product.terms[place].coefficient * factor
    }
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
  case load(Access, extent: Dimension)
}
