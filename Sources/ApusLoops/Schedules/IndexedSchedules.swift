internal import ApusIR

extension Lowering {
  /// Picked slices: one index is read and clamped per slice that is copied.
  mutating func scheduleGather(_ task: KernelTask, _ gather: Gather) {
    let result = destination(of: task.results[0])
    let (data, indices) = (placement(of: task.operands[0]), placement(of: task.operands[1]))
    let picks = indices.extents.count
    let axes = data.extents.indices.map { axis in
      axis < gather.axis ? axis : axis == gather.axis ? -1 : axis + picks - 1
    }
    var spread = indices
    spread.extents = result.extents
    spread.strides = result.extents.indices.map { axis in
      let place = axis - gather.axis
      return indices.extents.indices.contains(place) ? indices.strides[place] : 0
    }
    kernel("gather", origins: task.origins) { builder in
      builder.indexed(axes, [spread], data: data, along: result, .parallel) {
        builder, part, place in
        builder.copy(from: part, to: place)
      }
    }
  }

  /// Elements or slices at indices that are read and clamped.
  mutating func scheduleTake(_ task: KernelTask, _ take: Take) {
    let result = destination(of: task.results[0])
    let data = placement(of: task.operands[0])
    let indices = task.operands.dropFirst().map {
      placement(of: $0).broadcast(to: result.extents)
    }
    kernel("take", origins: task.origins) { builder in
      builder.indexed(take.axes, indices, data: data, along: result, .parallel) {
        builder, part, place in builder.copy(from: part, to: place)
      }
    }
  }

  /// A copy, then one update after the other: places may repeat.
  mutating func scheduleScatter(_ task: KernelTask, _ scatter: Scatter) {
    let result = destination(of: task.results[0])
    let (data, updates) = (placement(of: task.operands[0]), placement(of: task.operands[1]))
    let indices = task.operands.dropFirst(2).map {
      placement(of: $0).broadcast(to: updates.extents)
    }
    guard let function = scatter.function(of: data.element) else { return }
    if !([updates] + indices).contains(where: { $0.buffer == data.buffer }) {
      offerReuse(of: data, for: result, beside: [])
    }
    kernel("scatter", origins: task.origins) { builder in
      builder.copy(from: data, to: result)
      builder.indexed(scatter.axes, indices, data: result, along: updates, .serial) {
        builder, part, place in builder.map(function, [part, place], to: part)
      }
    }
  }
}

extension KernelBuilder {
  /// Runs the body for each part of `tensor` along which no index changes, and the part of `data`
  /// that belongs to it.
  fileprivate mutating func indexed(
    _ axes: [Int], _ indices: [Placement], data: Placement, along tensor: Placement,
    _ kind: LoopKind, _ body: (inout KernelBuilder, Placement, Placement) -> Void
  ) {
    if tensor.extents.contains(0) { return }
    let all = tensor.extents.indices
    // Along an axis that the data does not follow, the same place may come again.
    let outer = all.filter { axis in
      !axes.contains(axis) || indices.contains { $0.strides[axis] != 0 }
    }
    let inner = all.filter { !outer.contains($0) }
    loops(outer.map { tensor.extents[$0] }, kind) { builder, places in
      var coordinates = [Index](repeating: Index(0), count: tensor.extents.count)
      for (axis, place) in zip(outer, places) { coordinates[axis] = place }
      var part = data
      part.extents = inner.map { tensor.extents[$0] }
      part.strides = inner.map { _ in 0 }
      var remaining = indices[...]
      for (axis, place) in axes.enumerated() {
        if place == -1, let index = remaining.popFirst() {
          let picked = builder.bind(.load(index.access(coordinates), extent: data.extents[axis]))
          part.origin = part.origin + picked * data.strides[axis]
        } else if let position = inner.firstIndex(of: place) {
          part.strides[position] = part.strides[position] + data.strides[axis]
        } else {
          part.origin = part.origin + coordinates[place] * data.strides[axis]
        }
      }
      body(&builder, part, tensor.fixing(outer, at: places))
    }
  }
}
