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

extension Lowering {
  /// The product of a matrix whose rows lie without gaps and one column, row by row.
  ///
  /// Returns `false` where that is not what the task is. Operands may begin at places that are
  /// known at run time only.
  mutating func scheduleColumn(_ task: KernelTask) -> Bool {
    let result = destination(of: task.results[0])
    let last = result.extents.count - 1
    let operands = task.operands.prefix(2).map { placement(of: $0) }
    guard task.epilogue == nil, last >= 1, result.extents[last] == 1,
      (operands + [result]).allSatisfy({ $0.element == .f32 && $0.hasFixedSteps }),
      operands.allSatisfy({ $0.extents.count >= 2 }),
      graph.type(of: task.results[0]).shape.dimensions == task.rootType.shape.dimensions
    else { return false }
    let batch = Array(result.extents.dropLast(2))
    let (left, right) = (operands[0], operands[1])
    let matrix = left.broadcast(to: batch + left.extents.suffix(2)).transposed
    let column = right.broadcast(to: batch + right.extents.suffix(2)).transposed
    guard target.takesDots(column, matrix) else { return false }
    let axes = Array(batch.indices)
    kernel("matmul", origins: task.origins) { builder in
      builder.loops(batch, .parallel) { builder, places in
        builder.dots(
          column.fixing(axes, at: places), matrix.fixing(axes, at: places),
          to: result.fixing(axes, at: places).transposed)
      }
    }
    return true
  }
}

extension Placement {
  /// The last two axes exchanged.
  fileprivate var transposed: Placement {
    permuted(Array(extents.indices.dropLast(2)) + [extents.count - 1, extents.count - 2])
  }
}

extension KernelBuilder {
  /// The product of a few rows with the columns of a matrix `[depth, columns]`: one sum over the
  /// lanes for each element.
  mutating func dots(_ rows: Placement, _ matrix: Placement, to result: Placement) {
    let (count, depth) = (rows.sizes[0], rows.sizes[1])
    if target.vectorLength == .upTo, count == 1, depth <= 16, matrix.sizes[1] >= 2 * depth {
      return shortDots(rows, matrix, to: result)
    }
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

  /// The product of a row of at most 16 numbers with many columns, which lie in the lanes.
  ///
  /// The sums are those over lanes, to the bit: partial `i` and partial `i + half` for halves of
  /// 8, 4, 2 and 1. Few lanes cost the interpreter more than lanes that lie apart.
  private mutating func shortDots(_ row: Placement, _ matrix: Placement, to result: Placement) {
    strip(matrix.extents[1], vectorized: true) { builder, column, lanes in
      func access(_ tensor: Placement, _ step: Int) -> Access {
        var access = tensor.access([Index(step), column], lanesAlong: 1)
        access.laneStride = max(access.laneStride, 1)
        return access
      }
      let products = (0..<row.sizes[1]).map { step in
        let factor = Expression.load(row.access([Index(0), Index(step)]))
        let product = Expression.binary(.mul, factor, .load(access(matrix, step)))
        return builder.set(product, .f32, lanes: lanes)
      }
      for half in [8, 4, 2, 1] {
        for (sum, other) in zip(products.prefix(half), products.dropFirst(half)) {
          builder.update(sum, .binary(.add, .register(sum), .register(other)))
        }
      }
      builder.store(access(result, 0), .register(products[0]), lanes: lanes)
    }
  }
}
