internal import ApusIR

extension Importer {
  /// ONNX Loop that carries sequences or optional values: the body once per turn.
  ///
  /// The number of turns is known at import, or the user promises the length of a sequence that
  /// grows; a run then checks the most turns and the first condition.
  mutating func unroll(_ source: ONNXNode, _ operands: [Binding]) throws -> [Binding] {
    let graph = try subgraph("body")
    var states = Array(operands.dropFirst(2))
    guard graph.inputs.count == operands.count, graph.outputs.count > states.count,
      source.outputs.count == graph.outputs.count - 1
    else { throw ImportFailure.invalid("loop-form", "Loop and its body do not fit together") }
    let limit = try turnVector(operands[0])
    let start = operands[1].value.map { node.contents[$0]?.first?.constant } ?? 1
    let known = limit.flatMap { node.contents[$0]?.first?.constant }
    let promise = zip(source.outputs, states.indices)
      .compactMap { name, place in length(of: name).map { (place, $0) } }.first
    let isPromised = known == nil || start == nil
    guard !isPromised || limit != nil && promise != nil else {
      throw ImportFailure.unsupported(
        "sequence-length", "how many turns carry a sequence is not known: fix it with --sequence")
    }
    var stacks = source.outputs.dropFirst(states.count).map { _ in [ValueID]() }
    var (turn, goes) = (0, start != 0)
    while goes, known.map({ turn < $0 }) ?? true {
      if isPromised, let promise, states[promise.0].values.count == promise.1 { break }
      guard turn < Importer.mostTurns else {
        throw ImportFailure(
          category: .limitExceeded, id: "loop-turns",
          message: "more than \(Importer.mostTurns) turns that carry a sequence")
      }
      let number = Binding.tensor(node.constant(TensorData(.i64, [], [Int64(turn)])))
      let condition = Binding.tensor(node.constant(TensorData(.bool, [], [true])))
      let given = zip(graph.inputs.map(\.name), [number, condition] + states)
      let results = try inlined(graph, Dictionary(given, uniquingKeysWith: { $1 }))
      guard let next = results[0].value.flatMap({ node.contents[$0]?.first?.constant })
      else {
        throw ImportFailure.unsupported(
          "loop-condition", "a Loop that carries sequences and computes its condition")
      }
      goes = next != 0
      states = Array(results[1...states.count])
      for (place, value) in try tensors(Array(results[(states.count + 1)...])).enumerated() {
        stacks[place].append(value)
      }
      turn += 1
    }
    if isPromised, let limit {
      let condition = start == nil ? operands[1].value : nil
      try checkTurns(turn, of: limit, condition: condition)
    }
    return try states + stacks.map { .tensor(try node.stacked($0)) }
  }

  private static let mostTurns = 1 << 10

  /// Adds the check that a run makes as many turns as were unrolled.
  private mutating func checkTurns(
    _ turns: Int, of limit: ValueID, condition: ValueID?
  ) throws(ImportFailure) {
    try node.bind(limit, to: [Dimension(turns)])
    guard let condition else { return }
    let number = try node.converted(try node.reshape(condition, to: Shape([1])), to: .i64)
    try node.bind(number, to: [1])
  }

  /// The most turns as a vector of one `i64`.
  private mutating func turnVector(_ operand: Binding) throws(ImportFailure) -> ValueID? {
    guard let value = operand.value else { return nil }
    return try node.reshape(try node.converted(value, to: .i64), to: Shape([1]))
  }
}

extension NodeImporter {
  /// Values of one shape along a new axis 0.
  mutating func stacked(_ values: [ValueID]) throws(ImportFailure) -> ValueID {
    guard let first = values.first else {
      throw .unsupported("loop-stack", "a stack of results of no turns")
    }
    let shape = Shape([1] + type(of: first).shape.dimensions)
    var rows: [ValueID] = []
    for value in values { rows.append(try reshape(value, to: shape)) }
    return try add(.concat(Concat(axis: 0)), rows)
  }
}
