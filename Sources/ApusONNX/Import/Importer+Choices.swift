internal import ApusIR

/// Branches whose results differ in rank: both tensors are kept, and each node that takes one is
/// added for either, until the results agree in rank again.
extension Importer {
  /// The results of two graphs, each with zeros in place of what is not taken.
  mutating func addChoice(
    _ condition: ValueID, _ regions: [Region], _ captures: [ValueID]
  ) throws -> [Binding] {
    let (yes, no) = (regions[0].node.graph, regions[1].node.graph)
    guard regions.flatMap(\.results).allSatisfy({ $0.value != nil }),
      (yes.outputTypes + no.outputTypes).allSatisfy({ $0.shape.extents != nil })
    else {
      throw ImportFailure.unsupported("branch-rank", "branches whose open results differ in rank")
    }
    let ways = [
      try node.branch(condition, yes, try blank(like: yes).graph, captures),
      try node.branch(condition, try blank(like: no).graph, no, captures),
    ]
    return try zip(ways[0], ways[1]).map { try either(condition, .tensor($0), .tensor($1)) }
  }

  /// The results of a node, where operands may be one of two tensors.
  mutating func addChoosing(
    _ condition: ValueID, _ source: ONNXNode, _ operands: [Binding]
  ) throws -> [Binding] {
    try countBody()
    let yes = try results(of: source, operands.map { $0.taken(true, by: condition) })
    let no = try results(of: source, operands.map { $0.taken(false, by: condition) })
    guard yes.count == no.count else {
      throw ImportFailure.unsupported("branch-rank", "results that differ with the rank")
    }
    var joined: [Binding] = []
    for (a, b) in zip(yes, no) { joined.append(try either(condition, a, b)) }
    return joined
  }

  /// One of two tensors.
  private mutating func either(
    _ condition: ValueID, _ yes: Binding, _ no: Binding
  ) throws(ImportFailure) -> Binding {
    guard let a = yes.value, let b = no.value else {
      throw .unsupported("branch-rank", "results that differ in rank, within others that do")
    }
    let (first, second) = (node.type(of: a), node.type(of: b))
    guard first.element == second.element else {
      throw .invalid("branch-types", "a result is \(first) or \(second)")
    }
    guard first.rank == second.rank else { return .choice(condition, yes: a, no: b) }
    return .tensor(try node.choose(condition, a, b))
  }

  /// A graph with the inputs of another one, whose outputs are zeros.
  func blank(like graph: Graph) throws(ImportFailure) -> NodeImporter {
    var region = NodeImporter(graph: Graph(name: "blank"), bounds: options.bounds)
    for input in graph.inputs {
      _ = region.graph.addInput(graph[input].name, graph.type(of: input))
    }
    for (place, type) in graph.outputTypes.enumerated() {
      let zero = try region.broadcast(region.constant(0, type.element), to: type.shape)
      region.graph.addOutput(zero, name: "out\(place)")
    }
    return region
  }
}
