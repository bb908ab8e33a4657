internal import ApusIR

extension Lowering {
  /// Softmax: maximum, exponentials with their sum, division.
  ///
  /// Vectors run along the row when it is
  /// contiguous, across rows otherwise.
  mutating func scheduleSoftmax(_ task: KernelTask, _ softmax: Softmax) {
    let source = placement(of: task.operands[0])
    let result = destination(of: task.results[0])
    let extra = epiloguePlacements(task, shape: result.extents)
    offerReuse(of: source, for: result, beside: extra)
    let rank = source.extents.count
    let rows = SoftmaxRows(
      source: source, result: result, extra: extra, task: task,
      nest: RowNest(rank: rank, rows: [softmax.axis], extents: source.extents),
      logarithm: softmax.logarithm)
    kernel("softmax", origins: task.origins) { builder in
      let axis = softmax.axis
      if builder.vectorizes(task, result: result, operands: extra + [source], along: axis) {
        builder.loops(rows.nest.outer.map { source.extents[$0] }, .parallel) { builder, outer in
          builder.softmaxRow(rows, outer, vectorized: true, lane: axis)
        }
        return
      }
      builder.loops(rows.nest.outer.map { source.extents[$0] }, .parallel) { builder, outer in
        builder.softmaxRow(rows, outer, vectorized: false, lane: axis)
      }
    }
  }
}

/// What the rows of a softmax have in common.
private struct SoftmaxRows {
  let source: Placement
  let result: Placement
  let extra: [Placement]
  let task: KernelTask
  let nest: RowNest
  let logarithm: Bool
}

extension KernelBuilder {
  /// The maximum of a row and the sum of the exponentials of elements minus that, which are stored
  /// where `target` says.
  mutating func exponentials(
    _ extents: [Dimension], vectorized: Bool, _ type: ElementType,
    of element: ([Index], Int) -> Expression, to target: (([Index], Int) -> Access)?
  ) -> (largest: Register, sum: Register) {
    let largest = reduceRow(extents, vectorized: vectorized, .max, .float(-.infinity), type) {
      _, inner, lanes in element(inner, lanes)
    }
    let sum = reduceRow(extents, vectorized: vectorized, .add, .float(0), type) {
      builder, inner, lanes in
      let difference = Expression.binary(.sub, element(inner, lanes), .register(largest))
      let power = builder.set(.unary(.exp, difference), type, lanes: lanes)
      if let target { builder.store(target(inner, lanes), .register(power), lanes: lanes) }
      return .register(power)
    }
    return (largest, sum)
  }

  fileprivate mutating func softmaxRow(
    _ rows: SoftmaxRows, _ outer: [Index], vectorized: Bool, lane: Int
  ) {
    let type = rows.source.element.arithmetic
    let nest = rows.nest
    func element(_ inner: [Index], _ lanes: Int) -> Expression {
      .load(rows.source.access(nest.coordinates(outer, inner), lanesAlong: lanes == 1 ? nil : lane))
    }
    func target(_ inner: [Index], _ lanes: Int) -> Access {
      rows.result.access(nest.coordinates(outer, inner), lanesAlong: lanes == 1 ? nil : lane)
    }
    let keeps = !rows.logarithm && rows.task.epilogue == nil
    let (largest, sum) = exponentials(
      nest.extents, vectorized: vectorized, type, of: element, to: keeps ? target : nil)
    let factor = set(
      .unary(rows.logarithm ? .log : .reciprocal, .register(sum)), type, lanes: 1)
    row(nest.extents, vectorized: vectorized) { builder, inner, lanes in
      let difference = Expression.binary(.sub, element(inner, lanes), .register(largest))
      let value: Expression =
        keeps
        ? .binary(.mul, .load(target(inner, lanes)), .register(factor))
        : rows.logarithm
          ? .binary(.sub, difference, .register(factor))
          : .binary(.mul, .unary(.exp, difference), .register(factor))
      let place = nest.coordinates(outer, inner)
      let finished = builder.finish(
        rows.task, value, rows.extra, at: place, lanesAlong: lane, lanes: lanes)
      builder.store(target(inner, lanes), finished, lanes: lanes)
    }
  }
}
