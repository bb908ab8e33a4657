internal import ApusIR

private let x = Scalar.operand(0)

extension Importer {
  /// FlexAttention of `ai.onnx.preview`: attention whose scores and weights go through subgraphs.
  ///
  /// Operands: queries `[B, Hq, L, E]`, keys `[B, Hk, S, E]`, values `[B, Hk, S, V]`; the subgraphs
  /// see `[B, Hq, L, S]` in the precision of the softmax.
  mutating func addFlexAttention() throws -> ValueID {
    let (query, key) = (try node.operand(0), try node.operand(1))
    let value = try node.operand(2)
    let sizes = try node.flexSizes()
    let element = node.type(of: query).element
    let isNarrow = element.bitWidth < 32
    let isGiven = try node.integer("softmax_precision") != nil
    let precision =
      isGiven ? try node.elementType("softmax_precision") : isNarrow ? .f32 : element
    let width = Double(try node.extent(3, of: query))
    let scale = try node.real("scale", default: 1 / width.squareRoot()).squareRoot()
    let graphs = (try modifier("score_mod"), try modifier("prob_mod"))
    try node.end()
    let scores = try node.product(
      try node.map([query], x * .real(scale)),
      try node.transpose(try node.map([key], x * .real(scale)), [0, 1, 3, 2]), sizes)
    let modified = try apply(graphs.0, to: try node.converted(scores, to: precision))
    let weights = try node.add(.softmax(Softmax(axis: 3, logarithm: false)), [modified])
    let result = try node.product(
      try apply(graphs.1, to: weights), try node.converted(value, to: precision), sizes)
    return try node.converted(result, to: node.type(of: value).element)
  }

  /// The subgraph of an attribute, if it is given.
  private mutating func modifier(_ name: String) throws(ImportFailure) -> ONNXGraph? {
    guard node.node.attributes.contains(where: { $0.name == name }) else { return nil }
    return try subgraph(name)
  }

  /// What a subgraph makes of a tensor, whose type must stay.
  private mutating func apply(_ graph: ONNXGraph?, to value: ValueID) throws -> ValueID {
    guard let graph else { return value }
    guard graph.inputs.count == 1, graph.outputs.count == 1 else {
      throw ImportFailure.invalid("attention-graph", "a subgraph takes and gives one tensor")
    }
    let result = try tensors(inlined(graph, [graph.inputs[0].name: .tensor(value)]))[0]
    guard node.type(of: result) == node.type(of: value) else {
      throw ImportFailure.invalid(
        "attention-graph", "a subgraph turns \(node.type(of: value)) into \(node.type(of: result))"
      )
    }
    return result
  }
}

extension NodeImporter {
  /// The extents of the operands, checked.
  fileprivate func flexSizes() throws(ImportFailure) -> AttentionSizes {
    let operands = try allOperands(atLeast: 3, atMost: 3)
    let shapes = operands.map { type(of: $0).shape }
    let (q, k, v) = (shapes[0], shapes[1], shapes[2])
    guard shapes.allSatisfy({ $0.rank == 4 }), q[0] == k[0], k[0] == v[0], q[3] == k[3],
      k[2] == v[2]
    else { throw .invalid("attention-rank", "queries, keys and values do not fit together") }
    return try attentionSizes(operands[0], operands[1], operands[2])
  }
}
