internal import ApusIR

/// An axis that a Scan goes along, and whether from the end.
private struct ScanAxis {
  var axis: Int
  var reverse: Bool
}

extension Importer {
  /// ONNX Scan: like Loop over slices of its last operands; before opset 9 once per batch.
  mutating func addScan(_ source: ONNXNode, _ operands: [ValueID?]) throws -> [ValueID] {
    let graph = try subgraph("body")
    let isBatched = node.version < 9
    guard !isBatched || operands.first == .some(nil) else {
      throw ImportFailure.unsupported("scan-lengths", "Scan of sequences of different lengths")
    }
    let given = isBatched ? Array(operands.dropFirst()) : operands
    guard let scans = try node.integer("num_scan_inputs"), scans >= 1, scans <= given.count,
      graph.inputs.count == given.count
    else { throw ImportFailure.invalid("scan-inputs", "num_scan_inputs does not fit") }
    let all = given.compactMap(\.self)
    let stacks = graph.outputs.count - (given.count - scans)
    guard all.count == given.count, stacks >= 0 else {
      throw ImportFailure.invalid("scan-form", "Scan and its body do not fit together")
    }
    guard isBatched else {
      let inputs = try axes("scan_input", scans)
      let outputs = try axes("scan_output", stacks)
      return try scanned(graph, all, inputs, outputs)
    }
    let inputs = try directions("directions", scans).map { ScanAxis(axis: 0, reverse: $0) }
    let outputs = [ScanAxis](repeating: ScanAxis(axis: 0, reverse: false), count: stacks)
    return try eachBatch(all) { (importer, values) throws in
      try importer.scanned(graph, values, inputs, outputs)
    }
  }

  /// What `body` makes of each index of axis 0 of all values, put together along a new axis 0.
  private mutating func eachBatch(
    _ values: [ValueID], _ body: (inout Importer, [ValueID]) throws -> [ValueID]
  ) throws -> [ValueID] {
    let extents = values.map { node.type(of: $0).shape.dimensions.first?.constant }
    guard let count = extents.first ?? nil, extents.allSatisfy({ $0 == count }),
      (1...256).contains(count)
    else { throw ImportFailure.unsupported("scan-batch", "Scan of batches of \(extents)") }
    var results: [[ValueID]] = []
    for batch in 0..<count {
      var parts: [ValueID] = []
      for value in values { parts.append(try node.part(value, axis: 0, batch)) }
      results.append(try body(&self, parts))
    }
    return try results[0].indices.map { place in try node.stacked(results.map { $0[place] }) }
  }

  /// The body once per slice of the last values, as many as `inputs`.
  private mutating func scanned(
    _ graph: ONNXGraph, _ values: [ValueID], _ inputs: [ScanAxis], _ outputs: [ScanAxis]
  ) throws -> [ValueID] {
    let states = Array(values.dropLast(inputs.count))
    var rows: [(value: ValueID, axis: Int, reverse: Bool)] = []
    for (value, input) in zip(values.suffix(inputs.count), inputs) {
      let axis = try node.axis(input.axis, rank: node.type(of: value).rank)
      rows.append((value, axis, input.reverse))
    }
    let limit = node.type(of: rows[0].value).shape[rows[0].axis]
    for row in rows.dropFirst() {
      try node.require(node.type(of: row.value).shape[row.axis], is: limit)
    }
    let counter = node.symbol("turn", node.upperBound(limit).map { 0...max($0 - 1, 0) })
    try open(graph)
    for (state, input) in zip(states, graph.inputs) {
      try addInput(input.name, nodes[nodes.count - 2].type(of: state))
    }
    for (place, row) in rows.enumerated() {
      let whole = capture(row.value, named: "scanned_\(place)", in: scopes.count - 1)
      let turn = row.reverse ? limit - 1 - counter : counter
      scope.bindings[graph.inputs[states.count + place].name] =
        .tensor(try node.part(whole, axis: row.axis, turn))
    }
    let region = close(try tensors(body(graph)).map { .tensor($0) })
    let loop = Repeat(
      counter: counter, limit: limit, turns: limit, tests: false, carried: states.count,
      body: region.node.graph)
    var results = try node.append(.repeat(loop), states + region.captures.map(\.outer))
    for (place, output) in outputs.enumerated() {
      let number = states.count + place
      results[number] = try node.arranged(results[number], output)
    }
    return results
  }

  /// The axes and directions of scanned operands or results.
  private mutating func axes(_ name: String, _ count: Int) throws(ImportFailure) -> [ScanAxis] {
    let axes = try node.integers("\(name)_axes") ?? [Int](repeating: 0, count: count)
    let directions = try directions("\(name)_directions", count)
    guard axes.count == count else {
      throw .invalid("scan-axes", "\(name)_axes do not fit")
    }
    return zip(axes, directions).map { ScanAxis(axis: $0, reverse: $1) }
  }

  /// Whether scanned operands or results go from the end.
  private mutating func directions(_ name: String, _ count: Int) throws(ImportFailure) -> [Bool] {
    let numbers = try node.integers(name) ?? [Int](repeating: 0, count: count)
    guard numbers.count == count, numbers.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw .invalid("scan-axes", "\(name) do not fit")
    }
    return numbers.map { $0 == 1 }
  }
}

extension NodeImporter {
  /// Checks that axes which are scanned together are equally long, at run time where it must be.
  fileprivate mutating func require(
    _ extent: Dimension, is limit: Dimension
  ) throws(ImportFailure) {
    if extent == limit { return }
    guard extent.constant == nil || limit.constant == nil else {
      throw .invalid("scan-extents", "Scan goes along axes of \(limit) and of \(extent) elements")
    }
    try bind(try vector([extent]), to: [limit])
  }

  /// A stack of results with its axis 0 moved, and turned round.
  fileprivate mutating func arranged(
    _ value: ValueID, _ output: ScanAxis
  ) throws(ImportFailure) -> ValueID {
    var result = value
    let shape = type(of: value).shape
    if output.reverse {
      var cut = Slice(whole: shape)
      (cut.starts[0], cut.steps[0]) = (.maximum(shape[0] - 1, 0), -1)
      result = try add(.slice(cut), [value])
    }
    let target = try self.axis(output.axis, rank: shape.rank)
    var order = Array(1..<shape.rank)
    order.insert(0, at: target)
    return try transpose(result, order)
  }
}
