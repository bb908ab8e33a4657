/// The extent of one tensor axis: a constant or a polynomial over symbols such as `N` or `2*N+1`.
///
/// Kept in a normal form, so equal polynomials compare equal. Arithmetic saturates instead of
/// trapping, because extents come from files; `constant` limits are checked where shapes are made.
public struct Dimension: Hashable, Sendable {
  /// A factor that arithmetic cannot take apart.
  public indirect enum Atom: Hashable, Sendable {
    case symbol(String)
    case quotient(Dimension, Dimension)
    case maximum(Dimension, Dimension)
    case minimum(Dimension, Dimension)
  }

  /// A product of a number and at least one factor.
  package struct Term: Hashable, Sendable {
    package var factors: [Atom]
    package var coefficient: Int
  }

  /// The summand without symbols.
  package internal(set) var offset: Int
  /// Sorted by the text of their factors; no empty factors, no zero coefficients.
  package internal(set) var terms: [Term]

  /// A constant extent.
  public init(_ constant: Int) {
    offset = constant
    terms = []
  }

  /// The extent called `name`.
  public static func symbol(_ name: String) -> Dimension { Dimension(atom: .symbol(name)) }

  init(atom: Atom) {
    offset = 0
    terms = [Term(factors: [atom], coefficient: 1)]
  }

  init(offset: Int, collecting unsorted: [Term]) {
    self.offset = offset
    var collected: [[Atom]: Int] = [:]
    for term in unsorted {
      collected[term.factors] = saturatingAdd(collected[term.factors] ?? 0, term.coefficient)
    }
    terms =
      collected
      .filter { $0.value != 0 }
      .map { Term(factors: $0.key, coefficient: $0.value) }
      .sorted { $0.sortKey < $1.sortKey }
  }

  /// The value when no symbol takes part.
  public var constant: Int? { terms.isEmpty ? offset : nil }

  /// The names of the symbols that take part, in order of first appearance.
  public var symbols: [String] {
    var names: [String] = []
    func visit(_ dimension: Dimension) {
      for atom in dimension.terms.flatMap(\.factors) {
        switch atom {
        case .symbol(let name): if !names.contains(name) { names.append(name) }
        case .quotient(let a, let b), .maximum(let a, let b), .minimum(let a, let b):
          visit(a)
          visit(b)
        }
      }
    }
    visit(self)
    return names
  }

  /// The extent with each symbol replaced by what `values` gives for it.
  public func substituting(_ values: [String: Dimension]) -> Dimension {
    if terms.isEmpty || values.isEmpty { return self }
    return terms.reduce(Dimension(offset)) { sum, term in
      sum
        + term.factors.reduce(Dimension(term.coefficient)) { product, atom in
          product * atom.substituting(values)
        }
    }
  }
}

extension Dimension.Atom {
  func substituting(_ values: [String: Dimension]) -> Dimension {
    switch self {
    case .symbol(let name): values[name] ?? Dimension(atom: self)
    case .quotient(let a, let b): a.substituting(values) / b.substituting(values)
    case .maximum(let a, let b): .maximum(a.substituting(values), b.substituting(values))
    case .minimum(let a, let b): .minimum(a.substituting(values), b.substituting(values))
    }
  }
}

extension Dimension.Term {
  var sortKey: String { factors.map(\.description).joined(separator: "*") }
}
