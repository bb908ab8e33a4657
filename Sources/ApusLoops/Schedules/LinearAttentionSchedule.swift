internal import ApusIR

extension Lowering {
  /// Vectors run along the values: each strip of columns of the state goes through all steps by
  /// itself and stays in cache.
  mutating func scheduleLinearAttention(_ task: KernelTask, _ attention: LinearAttention) {
    let operands = task.operands.map { placement(of: $0) }
    let results = task.results.map { destination(of: $0) }
    let recurrence = Recurrence(
      queries: operands[0], keys: operands[1], values: operands[2], start: operands[3],
      decay: attention.decays ? operands[4] : nil,
      share: attention.corrects ? operands[operands.count - 1] : nil,
      output: results[0], state: results[1])
    kernel("linear_attention", origins: task.origins) { builder in
      let vectorized =
        builder.target.vectorizes(.f32)
        && [operands[2], operands[3]].allSatisfy { builder.accepts(laneStride: $0.strides[3]) }
      let extents = recurrence.state.extents
      builder.loops(extents[..<2], .parallel) { builder, head in
        builder.strip(extents[3], vectorized: vectorized) { builder, column, lanes in
          builder.recurrence(recurrence, head, column, lanes)
        }
      }
    }
  }
}

/// The tensors of a linear attention.
private struct Recurrence {
  let queries: Placement
  let keys: Placement
  let values: Placement
  let start: Placement
  let decay: Placement?
  let share: Placement?
  let output: Placement
  let state: Placement
}

extension KernelBuilder {
  /// All steps of some columns of the state of one head.
  fileprivate mutating func recurrence(
    _ tensors: Recurrence, _ head: [Index], _ column: Index, _ lanes: Int
  ) {
    let axis = lanes == 1 ? nil : 3
    let depth = tensors.keys.extents[3]
    func vector(_ tensor: Placement, _ row: Index) -> Expression {
      .load(tensor.access(head + [row, column], lanesAlong: axis))
    }
    func state(_ row: Index) -> Access {
      var access = tensors.state.access(head + [row, column], lanesAlong: axis)
      access.laneStride = 1
      return access
    }
    loop(depth) { builder, row in
      builder.store(state(row), vector(tensors.start, row), lanes: lanes)
    }
    loop(tensors.keys.extents[2]) { builder, step in
      func number(_ tensor: Placement, _ row: Index) -> Expression {
        .load(tensor.access(head + [step, row]))
      }
      let value = builder.set(vector(tensors.values, step), .f32, lanes: lanes)
      let held = builder.set(.literal(.float(0), .f32), .f32, lanes: lanes)
      if tensors.decay != nil || tensors.share != nil {
        builder.loop(depth) { builder, row in
          var kept = vector(tensors.state, row)
          if let decay = tensors.decay { kept = .binary(.mul, kept, number(decay, row)) }
          let cell = builder.set(kept, .f32, lanes: lanes)
          if tensors.decay != nil { builder.store(state(row), .register(cell), lanes: lanes) }
          builder.update(
            held, .fused(.register(cell), number(tensors.keys, row), .register(held)))
        }
      }
      if let share = tensors.share {
        let missing = Expression.binary(.sub, .register(value), .register(held))
        builder.update(value, .binary(.mul, missing, .load(share.access(head + [step]))))
      }
      builder.loop(depth) { builder, row in
        builder.store(
          state(row),
          .fused(.register(value), number(tensors.keys, row), vector(tensors.state, row)),
          lanes: lanes)
      }
      builder.answers(tensors, head, step, column, lanes)
    }
  }

  /// The products of the state with the queries of all heads that share it.
  private mutating func answers(
    _ tensors: Recurrence, _ head: [Index], _ step: Index, _ column: Index, _ lanes: Int
  ) {
    let axis = lanes == 1 ? nil : 3
    let sharing = tensors.queries.extents[1].fixed / tensors.keys.extents[1].fixed
    loop(sharing) { builder, member in
      let query = [head[0], head[1] * sharing + member, step]
      let sum = builder.set(.literal(.float(0), .f32), .f32, lanes: lanes)
      builder.loop(tensors.keys.extents[3]) { builder, row in
        let cell = Expression.load(
          tensors.state.access(head + [row, column], lanesAlong: axis))
        builder.update(
          sum, .fused(cell, .load(tensors.queries.access(query + [row])), .register(sum)))
      }
      var target = tensors.output.access(query + [column], lanesAlong: axis)
      target.laneStride = 1
      builder.store(target, .register(sum), lanes: lanes)
    }
  }
}
