internal import ApusIR

extension Lowering {
  /// One direction: per step a tiled multiply of the state, then the functions in vectors.
  ///
  /// The last states double as the states of the running step.
  mutating func scheduleRecurrent(
    _ task: KernelTask, _ layer: Recurrent
  ) throws(DiagnosticError) {
    let operands = task.operands.map { placement(of: $0) }
    let (x, first) = (operands[0], layer.firstState)
    guard operands[1..<first].allSatisfy(\.isFixed) else {
      throw task.withoutSchedule("a recurrent layer of open width")
    }
    let results = task.results.map { destination(of: $0) }
    let (steps, batch, hidden) = (
      x.extents[0], x.extents[1].constant ?? 1, operands[1].sizes[1]
    )
    let gates = allocate(
      TensorType(.f32, [batch, layer.gates * hidden]), name: "gates", .arena(offset: 0))
    let scratch = allocate(TensorType(.f32, [batch, hidden]), name: "reset", .arena(offset: 0))
    var products: [StateProduct] = []
    var column = 0
    for place in 1..<first {
      let columns = operands[place].sizes[0]
      let left = place == 1 ? results[1] : scratch
      if columns > 0 {
        products.append(
          stateProduct(
            task.operands[place], left: left, rows: batch,
            result: gates.slice(axis: 1, start: column, count: columns)))
      }
      column += columns
    }
    let part = KernelTask(root: task.root, operands: [], results: [], type: task.rootType)
    let vectors = operands[(first + layer.states)...].map {
      $0.broadcast(to: results[1].extents)
    }
    kernel("recurrent", origins: task.origins) { builder in
      for (start, state) in zip(operands[first...], results[1...]) {
        builder.copy(from: start, to: state)
      }
      for product in products { product.pack?(&builder, product.tiles.panels, product.weights) }
      let numbers = products.reduce(0) { $0 + $1.tiles.panels.count }
      builder.rows(of: x.extents[1]) { builder, rows in
        builder.turns(steps, panels: numbers) { builder, step, isBackward in
          let time = layer.reverse ? step * -1 + Index(steps - 1) : step
          let turn = RecurrentStep(
            layer: layer, input: rows(x, 1).fixing([0], at: [time]), gates: gates,
            output: rows(results[0], 1).fixing([0], at: [time]),
            states: results[1...].map { rows($0, 0) }, vectors: vectors.map { rows($0, 0) },
            scratch: scratch)
          for (place, product) in products.enumerated() {
            let resets = place == products.count - 1
            if resets, let reset = layer.reset { builder.reset(turn, reset) }
            var tiles = product.tiles
            tiles.isBackward = isBackward
            // The other operand has the rows of one turn only.
            if tiles.left.buffer == results[1].buffer { tiles.left = rows(tiles.left, 0) }
            builder.multiply(tiles, part, extra: [])
          }
          builder.step(turn)
        }
      }
    }
  }

  /// The product of a state `[B, H]` with recurrent weights `[N, H]`.
  private mutating func stateProduct(
    _ weights: ValueID, left: Placement, rows: Int, result: Placement
  ) -> StateProduct {
    let transposed = placement(of: weights).permuted([1, 0])
    let (columns, depth) = (result.sizes[1], transposed.sizes[0])
    let shape = tile(rows: rows, columns: columns, depth: depth)
    let (panels, pack) = lastingPanels(of: transposed, shape: shape, rows: rows)
    let tiles = TiledMultiply(
      left: left, leftAxes: [0], leftScale: [1], levels: [(depth, 1)], panels: panels,
      result: result, resultAxes: [0], columnAxis: 1, grid: [rows], shape: shape)
    return StateProduct(tiles: tiles, weights: transposed, pack: pack)
  }
}

/// A product of each step, and what packs its weights before the first one.
private struct StateProduct {
  let tiles: TiledMultiply
  let weights: Placement
  let pack: Packing?
}

/// The tensors of one step of a recurrent layer.
private struct RecurrentStep {
  let layer: Recurrent
  let input: Placement
  let gates: Placement
  let output: Placement
  let states: [Placement]
  let vectors: [Placement]
  let scratch: Placement

  /// A place of a tensor `[B, H]`, to be stored to.
  func access(_ tensor: Placement, _ place: [Index], _ lanes: Int) -> Access {
    var access = tensor.access(place, lanesAlong: lanes == 1 ? nil : 1)
    access.laneStride = 1
    return access
  }

  /// What the functions take at a place of the state.
  func arguments(_ place: [Index], _ lanes: Int) -> [Expression] {
    let axis = lanes == 1 ? nil : 1
    let width = states[0].extents[1].fixed
    let numbers = [input, gates].flatMap { tensor in
      (0..<layer.gates).map { gate in
        Expression.load(tensor.access([place[0], place[1] + gate * width], lanesAlong: axis))
      }
    }
    return numbers + (states + vectors).map { .load($0.access(place, lanesAlong: axis)) }
  }
}

extension KernelBuilder {
  /// Runs over the places of the state in vectors.
  fileprivate mutating func each(
    _ turn: RecurrentStep, _ body: (inout KernelBuilder, [Index], Int) -> Void
  ) {
    let functions = [turn.layer.hidden, turn.layer.cell, turn.layer.reset].compactMap { $0 }
    let vectorized =
      functions.allSatisfy { vectorizes($0, [(.f32, 0)]) }
      && ([turn.input, turn.output] + turn.states + turn.vectors).allSatisfy {
        accepts(laneStride: $0.strides[1])
      }
    loop(turn.states[0].extents[0]) { builder, row in
      builder.strip(turn.states[0].extents[1], vectorized: vectorized) { builder, place, lanes in
        body(&builder, [row, place], lanes)
      }
    }
  }

  /// What takes the place of the first state in the product of the last gate.
  fileprivate mutating func reset(_ turn: RecurrentStep, _ function: Pointwise) {
    each(turn) { builder, place, lanes in
      let value = builder.evaluate(function, turn.arguments(place, lanes), lanes: lanes)
      builder.store(turn.access(turn.scratch, place, lanes), value, lanes: lanes)
    }
  }

  /// The new states of a step, each place by itself.
  fileprivate mutating func step(_ turn: RecurrentStep) {
    each(turn) { builder, place, lanes in
      var arguments = turn.arguments(place, lanes)
      if let cell = turn.layer.cell {
        let value = builder.evaluate(cell, arguments, lanes: lanes)
        let next = builder.set(value, .f32, lanes: lanes)
        builder.store(turn.access(turn.states[1], place, lanes), .register(next), lanes: lanes)
        arguments[2 * turn.layer.gates + 1] = .register(next)
      }
      let value = builder.evaluate(turn.layer.hidden, arguments, lanes: lanes)
      let next = builder.set(value, .f32, lanes: lanes)
      for tensor in [turn.states[0], turn.output] {
        builder.store(turn.access(tensor, place, lanes), .register(next), lanes: lanes)
      }
    }
  }
}
