extension Dimension {
  /// The smallest interval that surely holds the value when each symbol lies in its own interval.
  ///
  /// `nil` when a symbol has no interval, or numbers become too large.
  public func range(_ symbols: (String) -> ClosedRange<Int>?) -> ClosedRange<Int>? {
    var sum = offset...offset
    for term in terms {
      var product = term.coefficient...term.coefficient
      for factor in term.factors {
        guard let range = factor.range(symbols),
          let next = product.combined(with: range, { $0.multipliedReportingOverflow(by: $1) })
        else { return nil }
        product = next
      }
      guard let next = sum.combined(with: product, { $0.addingReportingOverflow($1) }) else {
        return nil
      }
      sum = next
    }
    return sum
  }
}

extension Dimension.Atom {
  fileprivate func range(_ symbols: (String) -> ClosedRange<Int>?) -> ClosedRange<Int>? {
    switch self {
    case .symbol(let name): return symbols(name)
    case .quotient(let a, let b):
      guard let a = a.range(symbols), let b = b.range(symbols) else { return nil }
      // Division by nothing is 0, and no quotient by a whole number is larger than its dividend.
      let most = max(abs(a.lowerBound), abs(a.upperBound))
      guard b.lowerBound > 0, most < .max / 2 else { return -most - 1...most + 1 }
      return a.combined(with: b) { x, y in
        ((Dimension(x) / Dimension(y)).constant ?? 0, false)
      }
    case .maximum(let a, let b):
      guard let a = a.range(symbols), let b = b.range(symbols) else { return nil }
      return max(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
    case .minimum(let a, let b):
      guard let a = a.range(symbols), let b = b.range(symbols) else { return nil }
      return min(a.lowerBound, b.lowerBound)...min(a.upperBound, b.upperBound)
    }
  }
}

extension ClosedRange<Int> {
  /// The interval of a function that is monotone in each argument; `nil` where it overflows.
  fileprivate func combined(
    with other: ClosedRange<Int>, _ function: (Int, Int) -> (Int, Bool)
  ) -> ClosedRange<Int>? {
    var (low, high) = (Int.max, Int.min)
    for a in [lowerBound, upperBound] {
      for b in [other.lowerBound, other.upperBound] {
        let (value, overflow) = function(a, b)
        if overflow { return nil }
        (low, high) = (Swift.min(low, value), Swift.max(high, value))
      }
    }
    return low...high
  }
}
