/// A change of a graph at one operation.
///
/// A legal rule keeps every result's element type and shape, computes the same numbers up to
/// rounding, and never makes the graph larger without end.
public struct Rule: Sendable {
  /// The name in the register and in messages.
  public let name: String
  /// Returns what takes the place of the node's results, or `nil` to leave it.
  ///
  /// The node's operands are values of the graph that is being written; `rewriter.source` still
  /// holds its results.
  public let apply: @Sendable (inout Rewriter, Node) throws(OperatorError) -> [ValueID]?

  /// A rule.
  public init(
    _ name: String,
    _ apply: @escaping @Sendable (inout Rewriter, Node) throws(OperatorError) -> [ValueID]?
  ) {
    self.name = name
    self.apply = apply
  }
}

/// Writes a graph anew, node by node, with rules applied: the only way passes change graphs.
public struct Rewriter {
  /// The graph before.
  public let source: Graph
  /// The graph that is being written.
  public private(set) var graph: Graph
  /// How many rules have been applied.
  public private(set) var count = 0
  /// How often each rule has been applied, by its name.
  public private(set) var counts: [String: Int] = [:]
  private let limit: Int
  // Tables by number of a value of the source, and of the new graph.
  private var moved: [ValueID?]
  private var uses: [Int] = []
  private var origins: [String] = []
  private var readByMaps: [Bool]

  /// A rewriter that applies at most `limit` rules.
  public init(_ source: Graph, limit: Int = .max) {
    self.source = source
    self.limit = limit
    graph = Graph(name: source.name)
    graph.symbols = source.symbols
    moved = Array(repeating: nil, count: source.valueCount)
    readByMaps = Array(repeating: false, count: source.valueCount)
    for node in source.nodes {
      guard case .map = node.operation else { continue }
      for operand in node.operands { readByMaps[operand.number] = true }
    }
  }

  /// Applies rules to every node in order, drops what nobody uses, and returns the new graph.
  public mutating func run(_ rules: [Rule]) -> Graph {
    let counts = source.useTable()
    for input in source.inputs {
      let copy = graph.addInput(source[input].name, source.type(of: input))
      replace(input, by: copy, counts)
    }
    for node in source.nodes {
      let results = rewrite(node.reading { moved[$0.number] ?? $0 }, rules)
      for (old, new) in zip(node.results, results) { replace(old, by: new, counts) }
    }
    for (output, name) in zip(source.outputs, source.outputNames) {
      graph.addOutput(moved[output.number] ?? output, name: name)
    }
    return graph.withoutDeadNodes()
  }

  private mutating func replace(_ old: ValueID, by new: ValueID, _ counts: [Int]) {
    let (before, after) = (source.type(of: old), graph.type(of: new))
    precondition(
      before.element == after.element && before.shape == after.shape, "rules keep types")
    moved[old.number] = new
    if uses.count < graph.valueCount {
      uses += Array(repeating: 0, count: graph.valueCount - uses.count)
    }
    uses[new.number] += counts[old.number]
  }

  private mutating func rewrite(_ node: Node, _ rules: [Rule]) -> [ValueID] {
    origins = node.origins
    for rule in rules where count < limit {
      // A rule that builds something ill-typed leaves the node as it is.
      guard let replaced = try? rule.apply(&self, node) else { continue }
      count += 1
      counts[rule.name, default: 0] += 1
      return replaced
    }
    return graph.append(
      node.operation, node.operands, typed: node.results.map { source.type(of: $0) },
      origins: node.origins, names: node.results.map { source[$0].name })
  }

  // MARK: What rules use

  /// Whether one operand or output reads a value of the new graph.
  public func hasOneUse(_ value: ValueID) -> Bool {
    value.number < uses.count && uses[value.number] == 1
  }

  /// Whether a map reads the first result of a node.
  public func isReadByMap(_ node: Node) -> Bool { readByMaps[node.results[0].number] }

  /// The node that makes a value of the new graph.
  public func producer(of value: ValueID) -> Node? { graph.producer(of: value) }

  /// Whether a map of these values has the shape of the node's first result.
  ///
  /// It may not when a formula does not read the operand that gives the shape.
  public func keepsShape(_ node: Node, mapping operands: [ValueID]) -> Bool {
    var shape = Shape([Int]())
    for operand in operands {
      guard let common = shape.broadcast(with: type(of: operand).shape) else { return false }
      shape = common
    }
    return shape == source.type(of: node.results[0]).shape
  }

  /// The type of a value of the new graph.
  public func type(of value: ValueID) -> TensorType { graph.type(of: value) }

  /// Adds an operation in place of the node at hand.
  public mutating func append(
    _ operation: Operation, _ operands: [ValueID], merging others: [Node] = []
  ) throws(OperatorError) -> [ValueID] {
    try graph.append(operation, operands, origins: joined(others))
  }

  /// Adds an operation whose result types are known.
  public mutating func append(
    _ operation: Operation, _ operands: [ValueID], typed types: [TensorType],
    merging others: [Node] = []
  ) -> [ValueID] {
    graph.append(operation, operands, typed: types, origins: joined(others))
  }

  /// Adds a constant.
  public mutating func constant(_ data: TensorData, name: String = "") -> ValueID {
    graph.constant(data, name: name)
  }

  /// The origins of the node at hand after those of nodes that are merged into it.
  private func joined(_ others: [Node]) -> [String] {
    var result: [String] = []
    for origin in others.flatMap(\.origins) + origins where !result.contains(origin) {
      result.append(origin)
    }
    return result
  }
}

extension Node {
  /// The node with other operands.
  public func reading(_ operand: (ValueID) -> ValueID) -> Node {
    Node(
      id: id, operation: operation, operands: operands.map(operand), results: results,
      origins: origins)
  }

  /// The node with each region of its operation replaced.
  public func mappingRegions<Failure: Error>(
    _ transform: (Graph) throws(Failure) -> Graph
  ) throws(Failure) -> Node {
    Node(
      id: id, operation: try operation.mappingRegions(transform), operands: operands,
      results: results, origins: origins)
  }
}

extension Graph {
  /// The graph without nodes that no output needs; what binds sizes stays.
  ///
  /// - Complexity: linear in the size of the graph.
  public func withoutDeadNodes() -> Graph {
    var needed = [Bool](repeating: false, count: valueCount)
    for output in outputs { needed[output.number] = true }
    var live = [Bool](repeating: false, count: nodes.count)
    for place in nodes.indices.reversed()
    where nodes[place].results.isEmpty
      || nodes[place].results.contains(where: { needed[$0.number] })
    {
      live[place] = true
      for operand in nodes[place].operands { needed[operand.number] = true }
    }
    // Most rewrites leave nothing dead.
    if !live.contains(false) { return self }
    return rebuilt { node, graph in
      live[node.id.number] ? graph.copy(node, typed: node.results.map { type(of: $0) }) : []
    }
  }

  /// The graph with equal operations on equal operands computed once.
  public func withoutRepetitions() -> Graph {
    var known: [Computation: [ValueID]] = Dictionary(minimumCapacity: nodes.count)
    var first = (0..<valueCount).map { ValueID(number: $0) }
    var isRepeated = [Bool](repeating: false, count: nodes.count)
    for (place, node) in nodes.enumerated() {
      let computation = Computation(
        operation: node.operation, operands: node.operands.map { first[$0.number] })
      if let results = known[computation] {
        isRepeated[place] = true
        for (result, other) in zip(node.results, results) { first[result.number] = other }
      } else {
        known[computation] = node.results
      }
    }
    // Most graphs compute everything once.
    if !isRepeated.contains(true) { return self }
    var copies = first
    return rebuilt { node, graph in
      if isRepeated[node.id.number] { return node.results.map { copies[first[$0.number].number] } }
      let results = graph.copy(node, typed: node.results.map { type(of: $0) })
      for (result, copy) in zip(node.results, results) { copies[result.number] = copy }
      return results
    }
  }

  /// The graph written anew: `write` gets each node with its operands in the new graph.
  public func rebuilt(_ write: (Node, inout Graph) -> [ValueID]) -> Graph {
    var result = Graph(name: name)
    result.symbols = symbols
    var moved = [ValueID?](repeating: nil, count: valueCount)
    for input in inputs { moved[input.number] = result.addInput(self[input].name, type(of: input)) }
    for node in nodes {
      let results = write(node.reading { moved[$0.number] ?? $0 }, &result)
      for (old, new) in zip(node.results, results) {
        moved[old.number] = new
        if result[new].name == nil { result.rename(new, self[old].name) }
      }
    }
    for (output, name) in zip(outputs, outputNames) {
      result.addOutput(moved[output.number] ?? output, name: name)
    }
    return result
  }

  /// Adds a node like one whose operands are values of this graph.
  public mutating func copy(_ node: Node, typed types: [TensorType]) -> [ValueID] {
    append(node.operation, node.operands, typed: types, origins: node.origins)
  }
}

/// An operation on values.
private struct Computation: Hashable {
  var operation: Operation
  var operands: [ValueID]
}
