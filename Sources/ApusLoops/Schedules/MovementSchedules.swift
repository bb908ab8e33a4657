internal import ApusIR

extension Lowering {
  /// Joins: operands that were not computed in their place are copied there.
  mutating func scheduleConcat(_ task: KernelTask, _ concat: Concat) {
    let result = destination(of: task.results[0])
    let layout = graph.type(of: task.results[0]).layout
    let operands = task.operands.map { placement(of: $0) }
    kernel("concat", origins: task.origins) { builder in
      builder.fillHalo(layout, of: result)
      var start: Dimension = 0
      for operand in operands {
        let count = operand.extents[concat.axis]
        let part = result.slice(axis: concat.axis, start: start, count: count)
        if operand != part, !part.extents.contains(0) { builder.copy(from: operand, to: part) }
        start = start + count
      }
    }
  }

  /// Padding: the inner part is copied, then the edges are filled axis by axis.
  mutating func schedulePad(_ task: KernelTask, _ pad: Pad) {
    let result = destination(of: task.results[0])
    var source = placement(of: task.operands[0])
    let fill = placement(of: task.operands[1])
    var inner = result
    for axis in pad.before.indices {
      let cut = Dimension.maximum(0 - pad.before[axis], 0)
      let rest = source.extents[axis] - cut - .maximum(0 - pad.after[axis], 0)
      let count = Dimension.maximum(rest, 0)
      source = source.slice(axis: axis, start: cut, count: count)
      inner = inner.slice(axis: axis, start: .maximum(pad.before[axis], 0), count: count)
    }
    kernel("pad", origins: task.origins) { builder in
      if !inner.extents.contains(0) { builder.copy(from: source, to: inner) }
      var filled = inner
      for axis in pad.before.indices {
        builder.fillEdges(of: &filled, axis: axis, pad, source: inner, fill: fill)
      }
    }
  }

  /// The place of the best element: compared one after the other.
  mutating func scheduleArgReduce(_ task: KernelTask, _ search: ArgReduce) {
    let result = destination(of: task.results[0])
    let extra = epiloguePlacements(task, shape: result.extents)
    let source = placement(of: task.operands[0])
    let type = source.element.arithmetic
    let nest = RowNest(rank: source.extents.count, rows: [search.axis], extents: source.extents)
    let test: Comparison =
      switch (search.kind, search.last) {
      case (.max, false): .greater
      case (.max, true): .greaterOrEqual
      case (.min, false): .less
      case (.min, true): .lessOrEqual
      }
    kernel("arg_reduce", origins: task.origins) { builder in
      builder.loops(nest.outer.map { source.extents[$0] }, .parallel) { builder, outer in
        let first = nest.coordinates(outer, [Index(0)])
        let best = builder.set(.load(source.access(first)), type, lanes: 1)
        let place = builder.set(.literal(.integer(0), .i64), .i64, lanes: 1)
        builder.loop(nest.extents[0]) { builder, index in
          let access = source.access(nest.coordinates(outer, [index]))
          let value = builder.set(.load(access), type, lanes: 1)
          let isBetter = builder.set(
            .compare(test, .register(value), .register(best)), .bool, lanes: 1)
          builder.update(
            place, .select(.register(isBetter), .index(index), .register(place)))
          builder.update(
            best, .select(.register(isBetter), .register(value), .register(best)))
        }
        let value = builder.finish(
          task, .register(place), extra, at: first, lanesAlong: nil, lanes: 1)
        builder.store(result.access(first), value, lanes: 1)
      }
    }
  }
}

extension KernelBuilder {
  /// Widens the filled part along one axis by its edges.
  fileprivate mutating func fillEdges(
    of filled: inout Placement, axis: Int, _ pad: Pad, source: Placement, fill: Placement
  ) {
    let before = Dimension.maximum(pad.before[axis], 0)
    let after = Dimension.maximum(pad.after[axis], 0)
    let extent = filled.extents[axis]
    if pad.mode == .constant {
      for (start, count) in [(0 - before, before), (extent, after)] where count != 0 {
        let edge = filled.slice(axis: axis, start: start, count: count)
        if edge.extents.contains(0) { continue }
        map(.identity(fill.element), [fill.broadcast(to: edge.extents)], to: edge)
      }
    } else if extent.fixed > 0 {
      let extent = extent.fixed
      for place in Array(-before.fixed..<0) + Array(extent..<extent + after.fixed) {
        let mirror = pad.mode.source(of: place, extent: extent)
        copy(
          from: filled.slice(axis: axis, start: mirror, count: 1),
          to: filled.slice(axis: axis, start: place, count: 1))
      }
    }
    filled = filled.slice(axis: axis, start: 0 - before, count: extent + before + after)
  }
}

extension Pad.Mode {
  /// The index inside `0..<extent` that an index outside stands for.
  func source(of place: Int, extent: Int) -> Int {
    switch self {
    case .constant, .edge: return min(max(place, 0), extent - 1)
    case .wrap: return ((place % extent) + extent) % extent
    case .reflect:
      if extent == 1 { return 0 }
      let period = 2 * (extent - 1)
      let wrapped = ((place % period) + period) % period
      return wrapped < extent ? wrapped : period - wrapped
    }
  }
}
