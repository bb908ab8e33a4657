internal import ApusIR

/// Recurrent operations, each a Scan over its steps.
extension GraphExporter {
  mutating func write(_ layer: LSTM, _ task: ExportTask) throws(ExportFailure) -> [String] {
    func gate(_ number: Int) -> Scalar { .operand(number) + .operand(4 + number) }
    func sigmoid(_ number: Int) -> Scalar { .unary(.sigmoid, gate(number)) }
    let element = task.type(0).element
    let operands = [ElementType](repeating: element, count: 10)
    guard
      let cell = Pointwise(
        operands, sigmoid(2) * .operand(9) + sigmoid(0) * .unary(.tanh, gate(3))),
      let hidden = Pointwise(operands, sigmoid(1) * .unary(.tanh, .operand(9)))
    else { throw .unsupported("export-type", "no LSTM of \(element)") }
    return try write(
      Recurrent(gates: 4, reverse: layer.reverse, hidden: hidden, cell: cell), task)
  }

  mutating func write(_ layer: Recurrent, _ task: ExportTask) throws(ExportFailure) -> [String] {
    let weights = (1..<layer.firstState).map { place in
      emit("Transpose", [task.operands[place]], ["perm": .ints([1, 0])])
    }
    let step = TensorType(task.type(0).element, Shape(Array(task.type(0).shape.dimensions[1...])))
    let state = task.type(layer.firstState)
    let states = (0..<layer.states).map { _ in (unique("state"), state) }
    let row = unique("row")
    let vectors = task.operands[(layer.firstState + layer.states)...]
    let body = try region(inputs: states + [(row, step)]) { exporter throws(ExportFailure) in
      let gates = exporter.split(row, layer.gates)
      var products = exporter.split(
        exporter.emit("MatMul", [states[0].0, weights[0]]),
        layer.gates - (layer.reset == nil ? 0 : 1))
      if let reset = layer.reset {
        // The product of the last gate follows from what the function does not see.
        let arguments = gates + products + [states[0].0] + states.map(\.0) + vectors
        products.append(
          exporter.emit("MatMul", [try exporter.apply(reset, arguments), weights[1]]))
      }
      var arguments = gates + products + states.map(\.0) + vectors
      var results: [String] = []
      if let cell = layer.cell {
        let next = exporter.emit("Identity", [try exporter.apply(cell, arguments)])
        arguments[2 * layer.gates + 1] = next
        results.append(next)
      }
      results.insert(
        exporter.emit("Identity", [try exporter.apply(layer.hidden, arguments)]), at: 0)
      let shown = exporter.emit("Identity", [results[0]])
      return (results + [shown]).map { ($0, state) }
    }
    let starts = task.operands[layer.firstState..<layer.firstState + layer.states]
    var results = scan(body, starts + [task.operands[0]], states: layer.states, layer.reverse)
    results.insert(results.removeLast(), at: 0)
    return results
  }

  /// A value cut into equal parts along its last axis.
  private mutating func split(_ value: String, _ count: Int) -> [String] {
    if count < 2 { return count == 1 ? [value] : [] }
    return emit(
      "Split", [value], ["axis": .int(-1), "num_outputs": .int(count)], results: count)
  }

  /// A Scan with one scanned result; operands are states, then what is scanned along axis 0.
  private mutating func scan(
    _ body: ONNXGraph, _ operands: [String], states: Int, _ reverse: Bool
  ) -> [String] {
    let scanned = operands.count - states
    return emit(
      "Scan", operands,
      [
        "body": .graph(body), "num_scan_inputs": .int(scanned),
        "scan_input_directions": .ints([Int](repeating: reverse ? 1 : 0, count: scanned)),
        "scan_output_directions": .ints([reverse ? 1 : 0]),
      ], results: states + 1)
  }

  /// Heads that share a state are rows of one matrix: queries are `[B, H, G/H, K]` in each step.
  mutating func write(
    _ attention: LinearAttention, _ task: ExportTask
  ) throws(ExportFailure) -> [String] {
    let (q, k, v) = (task.type(0).shape, task.type(1).shape, task.type(2).shape)
    guard let queries = q[1].constant, let heads = k[1].constant, heads > 0 else {
      throw .unsupported("export-symbol", "the number of heads is unknown")
    }
    let state = task.type(3)
    let (name, query) = (unique("state"), unique("query"))
    let rows = task.operands.indices.dropFirst().filter { $0 != 3 }.map { place in
      var dimensions = task.type(place).shape.dimensions
      dimensions.remove(at: 2)
      return (unique("row"), TensorType(.f32, Shape(dimensions)))
    }
    let queryRow = TensorType(.f32, Shape([q[0], q[1], q[3]]))
    let answer = TensorType(.f32, Shape([q[0], q[1], v[3]]))
    let grouped = Shape([q[0], k[1], Dimension(queries / heads), q[3]])
    let body = try region(inputs: [(name, state), (query, queryRow)] + rows) {
      exporter throws(ExportFailure) in
      let column = exporter.constant([3])
      let key = exporter.emit("Unsqueeze", [rows[0].0, column])
      var value = rows[1].0
      var kept = name
      if attention.decays {
        kept = exporter.emit("Mul", [kept, exporter.emit("Unsqueeze", [rows[2].0, column])])
      }
      if attention.corrects, let share = rows.last {
        let held = exporter.emit(
          "ReduceSum", [exporter.emit("Mul", [kept, key]), exporter.constant([2])],
          ["keepdims": .int(0)])
        let part = exporter.emit("Unsqueeze", [share.0, exporter.constant([2])])
        value = exporter.emit("Mul", [exporter.emit("Sub", [value, held]), part])
      }
      let line = exporter.emit("Unsqueeze", [value, exporter.constant([2])])
      let next = exporter.emit("Add", [kept, exporter.emit("Mul", [key, line])])
      let asked = try exporter.reshape(query, to: grouped)
      let product = exporter.emit("MatMul", [asked, next])
      return [(next, state), (try exporter.reshape(product, to: answer.shape), answer)]
    }
    let scanned = task.operands.indices.filter { $0 != 3 }
    let results = emit(
      "Scan", [task.operands[3]] + scanned.map { task.operands[$0] },
      [
        "body": .graph(body), "num_scan_inputs": .int(scanned.count),
        "scan_input_axes": .ints(scanned.map { _ in 2 }), "scan_output_axes": .ints([2]),
      ], results: 2)
    return [results[1], results[0]]
  }
}
