internal import ApusIR

extension Lowering {
  /// One LSTM direction: per step a tiled multiply of the state, then the cell in vectors.
  ///
  /// The last states double as the states of the running step.
  mutating func scheduleLSTM(_ task: KernelTask, _ lstm: LSTM) throws(DiagnosticError) {
    let (x, weights) = (placement(of: task.operands[0]), task.operands[1])
    let starts = task.operands[2...3].map { placement(of: $0) }
    let states = task.results.map { destination(of: $0) }
    let (steps, batch) = (x.extents[0], x.extents[1].constant ?? 1)
    let transposed = placement(of: weights).permuted([1, 0])
    guard transposed.isFixed else { throw task.withoutSchedule("an LSTM of open width") }
    let hidden = transposed.sizes[0]
    let shape = tile(rows: batch, columns: 4 * hidden, depth: hidden)
    let (panels, pack) = lastingPanels(of: transposed, shape: shape, rows: batch)
    let gates = allocate(
      TensorType(.f32, [batch, 4 * hidden]), name: "gates", .arena(offset: 0))
    let product = KernelTask(root: task.root, operands: [], results: [], type: task.rootType)
    kernel("lstm", origins: task.origins) { builder in
      builder.copy(from: starts[0], to: states[1])
      builder.copy(from: starts[1], to: states[2])
      pack?(&builder, panels, transposed)
      builder.rows(of: x.extents[1]) { builder, rows in
        let (hiddens, cells) = (rows(states[1], 0), rows(states[2], 0))
        builder.turns(steps, panels: panels.count) { builder, step, isBackward in
          let time = lstm.reverse ? step * -1 + Index(steps - 1) : step
          builder.multiply(
            TiledMultiply(
              left: hiddens, leftAxes: [0], leftScale: [1], levels: [(hidden, 1)], panels: panels,
              result: gates, resultAxes: [0], columnAxis: 1, grid: [batch], shape: shape,
              isBackward: isBackward),
            product, extra: [])
          builder.cell(
            gates: gates, input: rows(x, 1).fixing([0], at: [time]),
            output: rows(states[0], 1).fixing([0], at: [time]), hidden: hiddens, cell: cells)
        }
      }
    }
  }
}

extension KernelTask {
  /// A part of a kernel that has no epilogue.
  init(root: Operation, operands: [ValueID], results: [ValueID], type: TensorType) {
    self.root = root
    self.operands = operands
    self.results = results
    rootType = type
    origins = []
  }
}

extension KernelBuilder {
  /// A recurrence on all rows of a batch, or on one after the other where their number is open;
  /// the body gets what picks them along an axis of a tensor.
  mutating func rows(
    of batch: Dimension,
    _ body: (inout KernelBuilder, _ rows: (Placement, _ axis: Int) -> Placement) -> Void
  ) {
    if batch.constant != nil { return body(&self) { tensor, _ in tensor } }
    loop(batch) { builder, row in
      body(&builder) { tensor, axis in tensor.row(row, along: axis) }
    }
  }

  /// The new states of one step from the gates in the order input, output, forget, cell.
  fileprivate mutating func cell(
    gates: Placement, input: Placement, output: Placement, hidden: Placement, cell: Placement
  ) {
    let width = hidden.extents[1].fixed
    loop(hidden.extents[0]) { builder, row in
      builder.strip(Dimension(width), vectorized: builder.target.vectorizes(.f32)) {
        builder, place, lanes in
        let axis = lanes == 1 ? nil : 1
        func gate(_ number: Int) -> Expression {
          let coordinates = [row, place + number * width]
          return .binary(
            .add, .load(gates.access(coordinates, lanesAlong: axis)),
            .load(input.access(coordinates, lanesAlong: axis)))
        }
        func load(_ tensor: Placement) -> Expression {
          .load(tensor.access([row, place], lanesAlong: axis))
        }
        let keep = Expression.binary(.mul, .unary(.sigmoid, gate(2)), load(cell))
        let add = Expression.binary(.mul, .unary(.sigmoid, gate(0)), .unary(.tanh, gate(3)))
        let next = builder.set(.binary(.add, keep, add), .f32, lanes: lanes)
        let state = builder.set(
          .binary(.mul, .unary(.sigmoid, gate(1)), .unary(.tanh, .register(next))), .f32,
          lanes: lanes)
        for (tensor, value) in [(cell, next), (hidden, state), (output, state)] {
          var target = tensor.access([row, place], lanesAlong: axis)
          target.laneStride = 1
          builder.store(target, .register(value), lanes: lanes)
        }
      }
    }
  }
}
