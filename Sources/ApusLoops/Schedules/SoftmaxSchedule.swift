internal import ApusIR

extension Lowering {
  /// Softmax: maximum, exponentials with their sum, division.
  ///
  /// Vectors run along the row when it is contiguous, across rows otherwise.
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
      let across = rows.nest.outer.last {
        source.extents[$0] != 1
          && builder.vectorizes(task, result: result, operands: extra + [source], along: $0)
      }
      let loops = rows.nest.outer.filter { $0 != across }
      builder.loops(loops.map { source.extents[$0] }, .parallel) { builder, outer in
        guard let across else {
          return builder.softmaxRow(rows, outer, vectorized: false, lane: axis)
        }
        builder.strip(source.extents[across], vectorized: true) { builder, place, lanes in
          var outer = outer
          outer.insert(place, at: rows.nest.outer.firstIndex(of: across) ?? 0)
          builder.softmaxRows(rows, outer, lane: across, lanes: lanes)
        }
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

  /// Whether exponentials stay where the result will be.
  var keepsPowers: Bool { !logarithm && task.epilogue == nil }

  /// A vector along the axis `lane`, or one element.
  func access(
    _ tensor: Placement, _ outer: [Index], _ inner: [Index], _ lane: Int, _ lanes: Int
  ) -> Access {
    tensor.access(nest.coordinates(outer, inner), lanesAlong: lanes == 1 ? nil : lane)
  }
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

  /// As many rows as there are lanes, which run along another axis.
  fileprivate mutating func softmaxRows(
    _ rows: SoftmaxRows, _ outer: [Index], lane: Int, lanes: Int
  ) {
    let type = rows.source.element.arithmetic
    let count = rows.nest.extents[0]
    let largest = set(.literal(.float(-.infinity), type), type, lanes: lanes)
    loop(count) { builder, place in
      let element = rows.access(rows.source, outer, [place], lane, lanes)
      builder.update(largest, .binary(.max, .register(largest), .load(element)))
    }
    let sum = set(.literal(.float(0), type), type, lanes: lanes)
    loop(count) { builder, place in
      let element = Expression.load(rows.access(rows.source, outer, [place], lane, lanes))
      let power = builder.set(
        .unary(.exp, .binary(.sub, element, .register(largest))), type, lanes: lanes)
      if rows.keepsPowers {
        let target = rows.access(rows.result, outer, [place], lane, lanes)
        builder.store(target, .register(power), lanes: lanes)
      }
      builder.update(sum, .binary(.add, .register(sum), .register(power)))
    }
    let factor = set(
      .unary(rows.logarithm ? .log : .reciprocal, .register(sum)), type, lanes: lanes)
    loop(count) { $0.storeShare(rows, outer, [$1], lane, lanes, largest, factor) }
  }

  fileprivate mutating func softmaxRow(
    _ rows: SoftmaxRows, _ outer: [Index], vectorized: Bool, lane: Int
  ) {
    let type = rows.source.element.arithmetic
    let nest = rows.nest
    let (largest, sum) = exponentials(
      nest.extents, vectorized: vectorized, type,
      of: { .load(rows.access(rows.source, outer, $0, lane, $1)) },
      to: rows.keepsPowers ? { rows.access(rows.result, outer, $0, lane, $1) } : nil)
    let factor = set(
      .unary(rows.logarithm ? .log : .reciprocal, .register(sum)), type, lanes: 1)
    row(nest.extents, vectorized: vectorized) { builder, inner, lanes in
      builder.storeShare(rows, outer, inner, lane, lanes, largest, factor)
    }
  }

  /// What an element has of its row: its exponential by their sum, or the logarithm of that.
  private mutating func storeShare(
    _ rows: SoftmaxRows, _ outer: [Index], _ inner: [Index], _ lane: Int, _ lanes: Int,
    _ largest: Register, _ factor: Register
  ) {
    let target = rows.access(rows.result, outer, inner, lane, lanes)
    let difference = Expression.binary(
      .sub, .load(rows.access(rows.source, outer, inner, lane, lanes)), .register(largest))
    let value: Expression =
      rows.keepsPowers
      ? .binary(.mul, .load(target), .register(factor))
      : rows.logarithm
        ? .binary(.sub, difference, .register(factor))
        : .binary(.mul, .unary(.exp, difference), .register(factor))
    let finished = finish(
      rows.task, value, rows.extra, at: rows.nest.coordinates(outer, inner), lanesAlong: lane,
      lanes: lanes)
    store(target, finished, lanes: lanes)
  }
}
