internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)

extension OperatorRule {
  /// Det: matrices `[..., n, n]` by elimination with row pivoting, one step per row.
  static let determinants: [OperatorRule] = [
    OperatorRule("Det") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      guard shape.rank >= 2 else {
        throw .invalid("det-shape", "Det of matrices of shape \(shape)")
      }
      let size = try node.extent(shape.rank - 1, of: value)
      guard try node.extent(shape.rank - 2, of: value) == size else {
        throw .invalid("det-shape", "Det of matrices of shape \(shape)")
      }
      guard (1...64).contains(size) else {
        throw .unsupported("det-size", "Det of matrices of \(size) rows")
      }
      let outer = Shape(shape.dimensions.dropLast(2))
      let element = node.type(of: value).element
      let batch = outer.elementCount
      var rest = try node.reshape(value, to: Shape([batch, Dimension(size), Dimension(size)]))
      if element.bitWidth < 32 { rest = try node.converted(rest, to: .f32) }
      var result: ValueID?
      for count in (1...size).reversed() {
        let (factor, smaller) = try node.eliminated(rest, batch, count)
        result =
          try result.map { result throws(ImportFailure) in
            try node.map([result, factor], x * y)
          } ?? factor
        rest = smaller
      }
      guard let result else { preconditionFailure("a matrix has a row") }
      return [try node.converted(try node.reshape(result, to: outer), to: element)]
    }
  ]
}

extension NodeImporter {
  /// One step on matrices `[B, n, n]`: the factor `[B, 1, 1]` of the determinants, and the matrices
  /// `[B, n - 1, n - 1]` that are left.
  fileprivate mutating func eliminated(
    _ value: ValueID, _ batch: Dimension, _ count: Int
  ) throws(ImportFailure) -> (factor: ValueID, rest: ValueID) {
    if count == 1 { return (value, value) }
    let column = try slice(value, axis: 2, start: 0, count: 1)
    let sizes = try map([column], .unary(.absolute, x))
    let best = try reshape(
      try add(.argReduce(ArgReduce(.max, axis: 1, last: false)), [sizes]),
      to: Shape([batch, 1, 1]))
    let rows = try places(count, along: 1, rank: 3)
    // The row of the pivot, and the first row in its place.
    let chosen = try map([value, rows, best], .select(.compare(.equal, y, z), x, 0))
    let pivotRow = try add(.reduce(Reduce(.sum, axes: [1])), [chosen])
    let first = try slice(value, axis: 1, start: 0, count: 1)
    let swapped = try map(
      [value, rows, best, first], .select(.compare(.equal, y, z), .operand(3), x))
    let lower = try slice(swapped, axis: 1, start: 1, count: count - 1)
    let pivot = try slice(pivotRow, axis: 2, start: 0, count: 1)
    let ratio = try map(
      [try slice(lower, axis: 2, start: 0, count: 1), pivot],
      .select(.compare(.equal, y, 0), 0, x / y))
    let rest = try map(
      [
        try slice(lower, axis: 2, start: 1, count: count - 1), ratio,
        try slice(pivotRow, axis: 2, start: 1, count: count - 1),
      ], x - y * z)
    return (try map([pivot, best], .select(.compare(.equal, y, 0), x, -x)), rest)
  }
}
