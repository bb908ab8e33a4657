internal import ApusIR

extension Lowering {
  /// Running combinations: one after the other along the axis, vectors along another one.
  mutating func scheduleCumulate(_ task: KernelTask, _ cumulate: Cumulate) {
    let result = destination(of: task.results[0])
    let source = placement(of: task.operands[0])
    let element = source.element
    let reduce = Reduce(cumulate.kind, axes: [])
    let last = result.extents.count - 1
    let others = result.extents.indices.filter { $0 != cumulate.axis }
    let extent = result.extents[cumulate.axis]
    offerReuse(of: source, for: result, beside: [])
    kernel("cumulate", origins: task.origins) { builder in
      let vectorized =
        cumulate.axis != last && builder.vectorizes(.identity(element), [(element, 0)])
        && [source, result].allSatisfy { builder.accepts(laneStride: $0.strides[last]) }
      let outer = others.filter { !vectorized || $0 != last }
      builder.loops(outer.map { result.extents[$0] }, .parallel) { builder, places in
        builder.strip(vectorized ? result.extents[last] : 1, vectorized: vectorized) {
          builder, place, lanes in
          let axis = vectorized && lanes > 1 ? last : nil
          let total = builder.set(
            .literal(reduce.initial(of: element), element.arithmetic), element.arithmetic,
            lanes: lanes)
          builder.loop(extent) { builder, step in
            var coordinates = [Index](repeating: place, count: result.extents.count)
            for (axis, place) in zip(outer, places) { coordinates[axis] = place }
            coordinates[cumulate.axis] =
              cumulate.reverse ? step * -1 + Index(extent - 1) : step
            let value = builder.set(
              .load(source.access(coordinates, lanesAlong: axis)), element.arithmetic, lanes: lanes)
            var target = result.access(coordinates, lanesAlong: axis)
            target.laneStride = max(target.laneStride, 1)
            if cumulate.exclusive { builder.store(target, .register(total), lanes: lanes) }
            builder.update(total, .binary(reduce.combine, .register(total), .register(value)))
            if !cumulate.exclusive { builder.store(target, .register(total), lanes: lanes) }
          }
        }
      }
    }
  }
}
