internal import ApusIR

extension Importer {
  /// ONNX Loop: operands are the most turns, the first condition, and what goes from turn to turn.
  mutating func addLoop(_ source: ONNXNode, _ operands: [ValueID?]) throws -> [ValueID] {
    let graph = try subgraph("body")
    let states = operands.dropFirst(2).compactMap(\.self)
    guard operands.count >= 2, states.count == operands.count - 2,
      graph.inputs.count == states.count + 2, graph.outputs.count > states.count,
      source.outputs.count == graph.outputs.count - 1
    else { throw ImportFailure.invalid("loop-form", "Loop and its body do not fit together") }
    let limit = try turnLimit(operands[0], stacks: states.count..<source.outputs.count)
    let counter = node.symbol("turn", node.upperBound(limit).map { 0...max($0 - 1, 0) })
    try open(graph)
    let number = try node.reshape(try node.vector([counter]), to: Shape([Int]()))
    scope.bindings[graph.inputs[0].name] = .tensor(number)
    for (state, input) in zip(states, graph.inputs.dropFirst(2)) {
      try addInput(input.name, nodes[nodes.count - 2].type(of: state))
    }
    scope.bindings[graph.inputs[1].name] = .tensor(node.constant(TensorData(.bool, [], [true])))
    var outputs = try tensors(body(graph))
    for output in outputs.indices.dropFirst().prefix(states.count) {
      let (new, old) = (
        node.type(of: outputs[output]), nodes[nodes.count - 2].type(of: states[output - 1])
      )
      guard new == old else {
        throw ImportFailure.unsupported(
          "loop-state", "a carried value turns from \(old) into \(new)")
      }
    }
    let continues = node.contents[outputs[0]]?.first == 1
    let starts = try firstCondition(operands[1])
    let tests =
      !continues || starts.map { nodes[nodes.count - 2].contents[$0]?.first != 1 } ?? false
    if tests {
      outputs[0] = try node.reshape(outputs[0], to: Shape([Int]()))
    } else {
      outputs.removeFirst()
    }
    let region = close(outputs.map { .tensor($0) })
    var all = states + region.captures.map(\.outer)
    if tests {
      all.insert(starts ?? node.constant(TensorData(.bool, [], [true])), at: 0)
    }
    let turns = tests ? node.symbol("turns", node.upperBound(limit).map { 0...max($0, 0) }) : limit
    let loop = Repeat(
      counter: counter, limit: limit, turns: turns, tests: tests, carried: states.count,
      body: region.node.graph)
    return try node.append(.repeat(loop), all)
  }

  private mutating func firstCondition(_ operand: ValueID?) throws(ImportFailure) -> ValueID? {
    guard let operand else { return nil }
    let around = nodes.count - 2
    return try nodes[around].reshape(operand, to: Shape([Int]()))
  }

  /// The most turns: the operand where it is given, else what results promise.
  private mutating func turnLimit(
    _ operand: ValueID?, stacks: Range<Int>
  ) throws(ImportFailure) -> Dimension {
    let promised = stacks.compactMap { node.declaredFirstExtent($0) }.first
    guard let operand else {
      return node.symbol("turns", 0...(promised ?? 1 << 31)) + 0
    }
    let vector = try node.reshape(try node.converted(operand, to: .i64), to: Shape([1]))
    let known = try node.sizes(
      vector, node.symbolName(ofOperand: 0, default: "turns"), in: promised.map { 0...$0 })[0]
    return known.constant.map { Dimension(max($0, 0)) } ?? known
  }
}

extension NodeImporter {
  /// The first extent that the file declares for a result.
  func declaredFirstExtent(_ result: Int) -> Int? {
    guard result < declaredRanks.count, let rank = declaredRanks[result], rank > 0 else {
      return nil
    }
    return declaredExtents(result, rank: rank)[0]
  }
}
