internal import ApusIR

extension Pointwise {
  /// The smallest and the largest result of a function that does nothing but keep its operand
  /// within bounds; `nil` for other functions.
  private var clampBounds: (low: Double, high: Double)? {
    guard operands.count == 1 else { return nil }
    // What each step is: the operand within bounds, or a number.
    var bounds: [(low: Double, high: Double)] = []
    for step in steps {
      switch step {
      case .operand: bounds.append((-.infinity, .infinity))
      case .literal(let number, _): bounds.append((number.real, number.real))
      case .binary(.max, let a, let b) where isLiteral(a) != isLiteral(b):
        bounds.append((max(bounds[a].low, bounds[b].low), max(bounds[a].high, bounds[b].high)))
      case .binary(.min, let a, let b) where isLiteral(a) != isLiteral(b):
        bounds.append((min(bounds[a].low, bounds[b].low), min(bounds[a].high, bounds[b].high)))
      case .unary, .binary, .compare, .select, .convert, .reinterpret: return nil
      }
    }
    return bounds.last
  }

  private func isLiteral(_ step: Int) -> Bool {
    if case .literal = steps[step] { true } else { false }
  }

  /// Whether the function keeps its operand within bounds that storing it keeps anyhow: Relu and
  /// Clip, where the smallest and the largest integer stand for the bounds or for less.
  func isImplied(by parameters: AffineParameters) -> Bool {
    guard let (low, high) = clampBounds else { return false }
    let (lowest, highest) = parameters.element.integerBounds
    let range = (
      Double(lowest - parameters.zero) * Double(parameters.scale),
      Double(highest - parameters.zero) * Double(parameters.scale)
    )
    return parameters.stored(max(low, -1e30)) == range.0
      && parameters.stored(min(high, 1e30)) == range.1
  }
}
