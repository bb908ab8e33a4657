internal import ApusIR

extension Target {
  /// Whether a few rows are better multiplied with the columns of a matrix one by one.
  ///
  /// That is so where the elements of each column of `[…, depth, columns]` lie next to each other,
  /// so that panels would have to be copied, and the rows fit the registers.
  func takesDots(_ left: Placement, _ matrix: Placement) -> Bool {
    let axis = matrix.extents.count - 2
    let (depth, steps) = (matrix.sizes[axis], Array(matrix.steps[axis...]))
    let rows = left.sizes[axis]
    guard lanes > 1, left.steps[axis + 1] == 1, steps[0] == 1, steps[1] >= depth else {
      return false
    }
    if vectorLength == .upTo { return rows == 1 && depth > 1 && depth <= lanes }
    return depth % lanes == 0 && rows * (depth / lanes) <= registers / 2
  }
}

extension KernelBuilder {
  /// The product of a few rows with the columns of a matrix `[depth, columns]`: one sum over the
  /// lanes for each element.
  mutating func dots(_ rows: Placement, _ matrix: Placement, to result: Placement) {
    let (count, depth) = (rows.sizes[0], rows.sizes[1])
    let lanes = min(target.lanes, depth)
    let starts = stride(from: 0, to: depth, by: lanes)
    let factors = (0..<count).map { row in
      starts.map { start in
        let access = rows.access([Index(row), Index(start)], lanesAlong: 1)
        return Expression.register(set(.load(access), .f32, lanes: lanes))
      }
    }
    loop(matrix.sizes[1]) { builder, column in
      let parts = starts.map { start in
        let access = matrix.access([Index(start), column], lanesAlong: 0)
        return Expression.register(builder.set(.load(access), .f32, lanes: lanes))
      }
      for (row, factors) in factors.enumerated() {
        var sum = Expression.binary(.mul, factors[0], parts[0])
        for (factor, part) in zip(factors, parts).dropFirst() { sum = .fused(factor, part, sum) }
        let total = builder.set(sum, .f32, lanes: lanes)
        var access = result.access([Index(row), column])
        access.laneStride = 1
        builder.store(access, .across(.add, total), lanes: 1)
      }
    }
  }
}
