internal import ApusIR

/// A walk along rows: loops over `outer` axes of a tensor, vectors along the others.
struct RowNest {
  /// Axes with one row each.
  let outer: [Int]
  /// Axes of a row, the innermost last.
  let inner: [Int]
  /// The extents of the row axes.
  let extents: [Dimension]
  private let rank: Int

  init(rank: Int, rows: [Int], extents: [Dimension]) {
    inner = rows
    outer = (0..<rank).filter { !rows.contains($0) }
    self.extents = rows.map { extents[$0] }
    self.rank = rank
  }

  /// The coordinates of an element.
  func coordinates(_ outerPlaces: [Index], _ innerPlaces: [Index]) -> [Index] {
    var result = [Index](repeating: Index(0), count: rank)
    for (axis, place) in zip(outer, outerPlaces) { result[axis] = place }
    for (axis, place) in zip(inner, innerPlaces) { result[axis] = place }
    return result
  }
}

extension KernelBuilder {
  /// Runs over the elements of a row in vectors.
  mutating func row(
    _ extents: [Dimension], vectorized: Bool,
    _ body: (inout KernelBuilder, [Index], Int) -> Void
  ) {
    loops(Array(extents.dropLast())) { builder, outer in
      builder.strip(extents.last ?? 1, vectorized: vectorized) { builder, place, lanes in
        body(&builder, outer + [place], lanes)
      }
    }
  }

  /// The combination of one value per element of a row, as a scalar register.
  mutating func reduceRow(
    _ extents: [Dimension], vectorized: Bool, _ combine: BinaryFunction, _ initial: Literal,
    _ element: ElementType,
    _ body: (inout KernelBuilder, [Index], Int) -> Expression
  ) -> Register {
    var sums: [Int: Register] = [:]
    var order: [Register] = []
    let lanes = vectorized ? target.lanes : 1
    var (full, rest) = (lanes, 1)
    if let extent = (extents.last ?? 1).constant {
      full = extent >= lanes ? lanes : 0
      rest = target.vectorLength == .upTo ? extent % lanes : min(extent % lanes, 1)
    }
    for count in [full, rest] where count > 0 && sums[count] == nil {
      let register = set(.literal(initial, element), element, lanes: count)
      sums[count] = register
      order.append(register)
    }
    var left = extents
    let done = sums[lanes].flatMap {
      apart(into: $0, &left, combine, .literal(initial, element), body)
    }
    row(left, vectorized: vectorized) { builder, place, lanes in
      guard let sum = sums[lanes] else { return }
      let value = body(&builder, done.map { [place[0] + $0] } ?? place, lanes)
      builder.update(sum, .binary(combine, .register(sum), value))
    }
    let parts = order.map { $0.lanes == 1 ? Expression.register($0) : .across(combine, $0) }
    let total = parts.dropFirst().reduce(parts.first ?? .literal(initial, element)) {
      .binary(combine, $0, $1)
    }
    return set(total, element, lanes: 1)
  }

  /// Takes most of a row in fours, so that no vector waits for the one before.
  ///
  /// Only for the largest or smallest element, which depends on no order. Leaves the rest of
  /// the row in `extents` and returns where it begins; `nil` where nothing is taken.
  private mutating func apart(
    into first: Register, _ extents: inout [Dimension], _ combine: BinaryFunction,
    _ initial: Expression,
    _ body: (inout KernelBuilder, [Index], Int) -> Expression
  ) -> Int? {
    let (chains, lanes) = (4, first.lanes)
    guard combine == .max || combine == .min, target.vectorLength == .fixed, lanes > 1,
      extents.count == 1, let extent = extents[0].constant, extent >= 2 * chains * lanes
    else { return nil }
    let registers =
      [first] + (1..<chains).map { _ in set(initial, first.element, lanes: lanes) }
    let turns = extent / (chains * lanes)
    loop(turns) { builder, turn in
      for (number, register) in registers.enumerated() {
        let place = (turn * chains + number) * lanes
        let value = body(&builder, [place], lanes)
        builder.update(register, .binary(combine, value, .register(register)))
      }
    }
    for register in registers.dropFirst() {
      update(first, .binary(combine, .register(register), .register(first)))
    }
    extents[0] = Dimension(extent - turns * chains * lanes)
    return turns * chains * lanes
  }
}

extension KernelBuilder {
  /// One divided by an extent.
  fileprivate mutating func reciprocal(of count: Dimension, _ type: ElementType) -> Expression {
    if let count = count.constant { return .literal(.float(1 / Double(count)), type) }
    let number = Expression.convert(.index(Index(count)), type)
    return .register(set(.unary(.reciprocal, number), type, lanes: 1))
  }
}

extension Lowering {
  /// Reductions: along contiguous rows with vectors across the row, otherwise like any contraction.
  mutating func scheduleReduce(_ task: KernelTask, _ reduce: Reduce) throws(DiagnosticError) {
    let source = placement(of: task.operands[0])
    let rows = reduce.axes.filter { source.extents[$0] != 1 }
      .sorted(by: { source.strides[$0].isLonger(than: source.strides[$1]) })
    guard reduce.flags.isEmpty, source.element != .bool, let last = rows.last,
      source.strides[last] == 1,
      target.vectorLength == .upTo || target.vectorizes(.f32) && source.element == .f32
    else {
      return try scheduleContraction(task)
    }
    let result = destination(of: task.results[0])
    let extra = epiloguePlacements(task, shape: result.extents)
    let nest = RowNest(rank: source.extents.count, rows: rows, extents: source.extents)
    let element = source.element
    kernel("reduce", origins: task.origins) { builder in
      builder.loops(nest.outer.map { source.extents[$0] }, .parallel) { builder, outer in
        let total = builder.reduceRow(
          nest.extents, vectorized: true, reduce.combine, reduce.initial(of: element),
          element.arithmetic
        ) { _, inner, lanes in
          .load(source.access(nest.coordinates(outer, inner), lanesAlong: lanes == 1 ? nil : last))
        }
        let place = nest.coordinates(outer, [])
        let value = builder.finish(
          task, .register(total), extra, at: place, lanesAlong: nil, lanes: 1)
        builder.store(result.access(place), value, lanes: 1)
      }
    }
  }

  /// Scaling to unit variance in three passes over a row that stays in cache.
  mutating func scheduleNormalize(_ task: KernelTask, _ normalize: Normalize) {
    let source = placement(of: task.operands[0])
    let result = destination(of: task.results[0])
    let extra = epiloguePlacements(task, shape: result.extents)
    offerReuse(of: source, for: result, beside: extra)
    let rank = source.extents.count
    let nest = RowNest(rank: rank, rows: Array(normalize.axis..<rank), extents: source.extents)
    let last = rank - 1
    let count = nest.extents.reduce(1, *)
    kernel("normalize", origins: task.origins) { builder in
      let vectorized =
        builder.vectorizes(task, result: result, operands: extra + [source], along: last)
      let type = source.element.arithmetic
      let share = builder.reciprocal(of: count, type)
      builder.loops(nest.outer.map { source.extents[$0] }, .parallel) { builder, outer in
        func element(_ inner: [Index], _ lanes: Int) -> Expression {
          .load(source.access(nest.coordinates(outer, inner), lanesAlong: lanes == 1 ? nil : last))
        }
        var mean = Expression.literal(.float(0), type)
        if normalize.centered {
          let sum = builder.reduceRow(nest.extents, vectorized: vectorized, .add, .float(0), type) {
            _, inner, lanes in element(inner, lanes)
          }
          mean = .register(
            builder.set(.binary(.mul, .register(sum), share), type, lanes: 1))
        }
        let squares = builder.reduceRow(nest.extents, vectorized: vectorized, .add, .float(0), type)
        { builder, inner, lanes in
          let x = element(inner, lanes)
          let value = normalize.centered ? Expression.binary(.sub, x, mean) : x
          let deviation = builder.set(value, type, lanes: lanes)
          return .binary(.mul, .register(deviation), .register(deviation))
        }
        let variance = Expression.binary(
          .add, .binary(.mul, .register(squares), share),
          .literal(.float(normalize.epsilon), type))
        let scale = builder.set(.unary(.reciprocal, .unary(.sqrt, variance)), type, lanes: 1)
        builder.row(nest.extents, vectorized: vectorized) { builder, inner, lanes in
          let x = element(inner, lanes)
          let centered = normalize.centered ? Expression.binary(.sub, x, mean) : x
          let place = nest.coordinates(outer, inner)
          let value = builder.finish(
            task, .binary(.mul, centered, .register(scale)), extra, at: place, lanesAlong: last,
            lanes: lanes)
          builder.store(result.access(place, lanesAlong: last), value, lanes: lanes)
        }
      }
    }
  }
}
