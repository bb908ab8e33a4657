internal import ApusIR

/// Winograd's minimal filtering F(m×m, 3×3): `(m + 2)²` products make `m²` elements of a result.
///
/// The points are 0, 1, -1, ∞ for m = 2, and 2, -2 too for m = 4 (Lavin and Gray 2015, "Fast
/// Algorithms for Convolutional Neural Networks").
struct Winograd {
  /// How many elements of a line one tile makes: 2 or 4.
  let output: Int

  /// How many elements of a line one tile reads.
  var size: Int { output + 2 }

  /// The rows of the transform of three weights.
  private var filter: [[Double]] {
    if output == 2 { return [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]] }
    let (quarter, sixth, twelfth, small): (Double, Double, Double, Double)
    (quarter, sixth, twelfth, small) = (1 / 4, 1 / 6, 1 / 12, 1 / 24)
    return [
      [quarter, 0, 0], [-sixth, -sixth, -sixth], [-sixth, sixth, -sixth],
      [small, twelfth, sixth], [small, -twelfth, sixth], [0, 0, 1],
    ]
  }

  /// The transform of a 3×3 window of weights, `tap(row, column)`, at one position.
  func weight(_ row: Int, _ column: Int, _ tap: (Int, Int) -> Double) -> Double {
    let (down, across) = (filter[row], filter[column])
    var sum = 0.0
    for i in 0..<3 {
      for j in 0..<3 { sum += down[i] * across[j] * tap(i, j) }
    }
    return sum
  }

  /// A line of `size` inputs, transformed.
  func input(_ d: [Expression], _ keep: (Expression) -> Expression) -> [Expression] {
    if output == 2 { return [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]] }
    let (near, far) = (keep(d[4] - d[2] * 4), keep(d[3] - d[1] * 4))
    let (even, odd) = (keep(d[4] - d[2]), keep((d[3] - d[1]) * 2))
    return [
      d[0] * 4 + (d[4] - d[2] * 5), near + far, near - far, even + odd, even - odd,
      d[1] * 4 + (d[5] - d[3] * 5),
    ]
  }

  /// A line of `size` products, transformed to `output` results.
  func result(_ d: [Expression], _ keep: (Expression) -> Expression) -> [Expression] {
    if output == 2 { return [d[0] + d[1] + d[2], d[1] - d[2] - d[3]] }
    let (near, nearOdd) = (keep(d[1] + d[2]), keep(d[1] - d[2]))
    let (far, farOdd) = (keep(d[3] + d[4]), keep(d[3] - d[4]))
    return [
      d[0] + near + far, nearOdd + farOdd * 2, near + far * 4, nearOdd + farOdd * 8 + d[5],
    ]
  }
}

extension Expression {
  fileprivate static func + (a: Expression, b: Expression) -> Expression {
    switch (a, b) {
    case (.binary(.mul, let x, let y), _): .fused(x, y, b)
    case (_, .binary(.mul, let x, let y)): .fused(x, y, a)
    default: .binary(.add, a, b)
    }
  }

  fileprivate static func - (a: Expression, b: Expression) -> Expression {
    if case .binary(.mul, let x, .literal(.float(let factor), let type)) = b {
      return .fused(x, .literal(.float(-factor), type), a)
    }
    return .binary(.sub, a, b)
  }

  fileprivate static func * (a: Expression, factor: Double) -> Expression {
    .binary(.mul, a, .literal(.float(factor), .f32))
  }
}
