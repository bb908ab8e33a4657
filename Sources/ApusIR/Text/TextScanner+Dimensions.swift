extension TextScanner {
  /// Extents with more terms, or terms with more factors, are refused.
  private static let mostDimensionTerms = 64
  private static let mostFactors = 16

  /// A sum of products such as `2*N+1` or `floordiv(N+1,2)`.
  package mutating func dimension() throws(DiagnosticError) -> Dimension {
    try enter()
    let start = offset
    var terms: [Dimension.Term] = []
    var sum = 0
    var count = 0
    repeat {
      let summand = try product()
      terms += summand.terms
      sum = saturatingAdd(sum, summand.offset)
      count += max(summand.terms.count, 1)
      guard count <= Self.mostDimensionTerms else { throw dimensionLimit(at: start) }
    } while accept("+") || isNext("-")
    leave()
    return Dimension(offset: sum, collecting: terms)
  }

  private func dimensionLimit(at start: Int) -> DiagnosticError {
    failure(
      "the extent has too many terms", id: "shape-limit", at: start, category: .limitExceeded)
  }

  /// An integer, atoms, or an integer times atoms.
  private mutating func product() throws(DiagnosticError) -> Dimension {
    skipSpace()
    let start = offset
    // The sign belongs to the number where it touches it, so that the least integer is read.
    let touches = current == UInt8(ascii: "-") && following?.isDigit ?? false
    var product = Dimension(!touches && accept("-") ? -1 : 1)
    skipSpace()
    if touches || current?.isDigit ?? false {
      product = product * Dimension(try integer())
      guard accept("*") else { return product }
    }
    var count = 0
    repeat {
      product = product * (try atom())
      count += 1
      guard count <= Self.mostFactors, product.terms.count <= Self.mostDimensionTerms else {
        throw dimensionLimit(at: start)
      }
    } while accept("*")
    return product
  }

  private mutating func atom() throws(DiagnosticError) -> Dimension {
    if isNext("\"") { return .symbol(try quotedString()) }
    let start = offset
    guard let name = word(), !(name.utf8.first?.isDigit ?? true) else {
      throw failure("symbol expected", at: start)
    }
    guard current == UInt8(ascii: "(") else { return .symbol(name) }
    try expect("(")
    let a = try dimension()
    try expect(",")
    let b = try dimension()
    try expect(")")
    switch name {
    case "floordiv": return a / b
    case "max": return .maximum(a, b)
    case "min": return .minimum(a, b)
    default:
      throw failure(
        "unknown function '\(name)' of extents", at: start,
        help: suggestion(for: name, among: ["floordiv", "max", "min"]))
    }
  }
}

extension Dimension {
  /// Reads the text form that `description` prints.
  package init(parsing text: String) throws(DiagnosticError) {
    var scanner = TextScanner(text, file: nil)
    self = try scanner.dimension()
    scanner.skipSpace()
    guard scanner.current == nil else { throw scanner.failure("unexpected text after an extent") }
  }
}
