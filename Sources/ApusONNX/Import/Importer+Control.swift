internal import ApusIR

/// The operators that run graphs.
enum ControlOperator: String, CaseIterable {
  case branch = "If"
  case loop = "Loop"
  case scan = "Scan"
  case flexAttention = "ai.onnx.preview.FlexAttention"

  init?(_ node: ONNXNode) {
    self.init(rawValue: (node.isStandard ? "" : "\(node.domain).") + node.operatorType)
  }
}

extension Importer {
  /// Adds the node at hand, which runs graphs.
  mutating func add(
    _ control: ControlOperator, _ source: ONNXNode, _ operands: [Binding]
  ) throws -> [Binding] {
    switch control {
    case .branch: return try addBranch(source, operands)
    case .loop:
      guard operands.dropFirst(2).contains(where: { $0.value == nil }) else {
        return try addLoop(source, operands.map(\.value)).map { .tensor($0) }
      }
      return try unroll(source, operands)
    case .scan: return try addScan(source, operands.map(\.value)).map { .tensor($0) }
    case .flexAttention: return [.tensor(try addFlexAttention())]
    }
  }

  // MARK: Regions

  /// How many scopes and graphs are open.
  var openScopes: (scopes: Int, graphs: Int) { (scopes.count, nodes.count) }

  /// Leaves what was opened since, after a failure.
  mutating func closeScopes(to depth: (scopes: Int, graphs: Int)) {
    scopes.removeLast(scopes.count - depth.scopes)
    nodes.removeLast(nodes.count - depth.graphs)
  }

  /// The subgraph in an attribute of the node at hand.
  mutating func subgraph(_ name: String) throws(ImportFailure) -> ONNXGraph {
    guard case .graph(let graph)? = node.attribute(name) else {
      throw .invalid("missing-graph", "\(node.node.operatorType) needs graph \"\(name)\"")
    }
    return graph
  }

  /// Opens the scope of a subgraph.
  mutating func open(_ graph: ONNXGraph) throws {
    guard scopes.count <= 32 else {
      throw ImportFailure(
        category: .limitExceeded, id: "graph-depth", message: "graphs nest more than 32 deep")
    }
    try countBody()
    var region = NodeImporter(graph: Graph(name: graph.name), bounds: options.bounds)
    region.adopt(symbolsOf: node)
    scopes.append(
      ImportScope(
        graph, opsets: scope.opsets, graph: nodes.count, kind: .region,
        path: scope.path + [graph.name]))
    nodes.append(region)
    try scope.collectInitializers(of: graph)
  }

  /// Adds an input to the region at hand.
  @discardableResult
  mutating func addInput(
    _ name: String, _ type: TensorType, contents: [Dimension]? = nil
  ) throws -> ValueID {
    guard scope.bindings[name] == nil else {
      throw ImportFailure.invalid("duplicate-name", "\"\(name)\" is defined twice")
    }
    let value = node.graph.addInput(name, type)
    node.contents[value] = contents
    scope.bindings[name] = .tensor(value)
    return value
  }

  /// Adds the nodes of a subgraph and gives its outputs, before they are outputs of the region.
  mutating func body(_ graph: ONNXGraph) throws -> [Binding] {
    try addNodes()
    var outputs: [Binding] = []
    for output in graph.outputs {
      guard let result = try binding(named: output.name) else {
        throw ImportFailure.invalid("undefined-output", "no node makes \"\(output.name)\"")
      }
      outputs.append(result)
    }
    return outputs
  }

  /// Closes the scope of a subgraph.
  mutating func close(_ results: [Binding]) -> Region {
    let captures = scopes.removeLast().captures
    var region = nodes.removeLast()
    for (place, output) in results.flatMap(\.values).enumerated() {
      region.graph.addOutput(output, name: "out\(place)")
    }
    node.adopt(symbolsOf: region)
    return Region(node: region, results: results, captures: captures)
  }

  /// A finished subgraph.
  struct Region {
    var node: NodeImporter
    /// The results, whose values are the outputs.
    var results: [Binding]
    /// Values of the graph around and the last inputs, which stand for them.
    var captures: [(outer: ValueID, inner: ValueID)]
  }

  // MARK: If

  private mutating func addBranch(
    _ source: ONNXNode, _ operands: [Binding]
  ) throws -> [Binding] {
    guard operands.count == 1, let condition = operands[0].value else {
      throw ImportFailure.invalid("operand-count", "If takes one condition")
    }
    let graphs = [try subgraph("then_branch"), try subgraph("else_branch")]
    if let known = node.contents[condition]?.first?.constant {
      return try inlined(graphs[known != 0 ? 0 : 1], [:])
    }
    var regions: [Region] = []
    var misfit: (place: Int, error: any Error)?
    for (place, graph) in graphs.enumerated() {
      let depth = openScopes
      do {
        let region = try way(graph, after: regions.first)
        try checkPromises(region.results, of: source)
        regions.append(region)
      } catch {
        // Sizes that the caller fixes may suit one branch only; the other one is never taken then.
        guard misfit == nil, options.isFixing else { throw misfit?.error ?? error }
        misfit = (place, error)
        closeScopes(to: depth)
      }
    }
    if let misfit {
      regions.insert(try dead(like: regions[0]), at: misfit.place)
      return try addBranch(condition, regions, regions[1 - misfit.place].captures.map(\.outer))
    }
    let captures = regions[1].captures.map(\.outer)
    for capture in regions[1].captures.dropFirst(regions[0].captures.count) {
      let name = regions[1].node.graph[capture.inner].name
      _ = regions[0].node.graph.addInput(name, regions[1].node.graph.type(of: capture.inner))
    }
    return try addBranch(condition, regions, captures)
  }

  /// Refuses results that the user promises to have another form.
  private func checkPromises(_ results: [Binding], of source: ONNXNode) throws(ImportFailure) {
    for (name, result) in zip(source.outputs, results) {
      let isRefused = result.isAbsent ? length(of: name) != nil : options.absent.contains(name)
      guard !isRefused, length(of: name).map({ $0 == result.values.count }) ?? true else {
        throw .invalid("sequence-length", "\"\(name)\" has \(result.values.count) elements")
      }
    }
  }

  /// One branch, whose first inputs are what the one before captured, so that both agree.
  private mutating func way(_ graph: ONNXGraph, after first: Region?) throws -> Region {
    try open(graph)
    for capture in first?.captures ?? [] {
      guard let first else { continue }
      let inner = node.graph.addInput(
        first.node.graph[capture.inner].name ?? "", first.node.graph.type(of: capture.inner))
      node.contents[inner] = first.node.contents[capture.inner]
      scope.captures.append((capture.outer, inner))
    }
    return close(try body(graph))
  }

  /// A branch that stops the run, with the inputs and the outputs of another one.
  private mutating func dead(like other: Region) throws -> Region {
    var region = try blank(like: other.node.graph)
    try region.bind(region.vector([Int]()), to: [], zeros: [1])
    return Region(node: region, results: other.results, captures: [])
  }

  private mutating func addBranch(
    _ condition: ValueID, _ regions: [Region], _ captures: [ValueID]
  ) throws -> [Binding] {
    let (results, others) = (regions[0].results, regions[1].results)
    guard results.count == others.count else {
      throw ImportFailure.invalid("branch-outputs", "the branches have different outputs")
    }
    guard zip(results, others).allSatisfy({ $0.hasForm(of: $1) }) else {
      throw ImportFailure.unsupported(
        "branch-sequences", "branches whose sequences differ in length: fix it with --sequence")
    }
    let (yes, no) = (regions[0].node.graph, regions[1].node.graph)
    if zip(yes.outputTypes, no.outputTypes).contains(where: { $0.rank != $1.rank }) {
      return try addChoice(condition, regions, captures)
    }
    return results.replacingValues(by: try node.branch(condition, yes, no, captures))
  }

  /// Adds the nodes of a subgraph to the graph around it, with values for its inputs.
  mutating func inlined(_ graph: ONNXGraph, _ given: [String: Binding]) throws -> [Binding] {
    try countBody()
    scopes.append(
      ImportScope(
        graph, opsets: scope.opsets, graph: scope.graph, kind: .inlined,
        path: scope.path + [graph.name]))
    scope.bindings = given
    try scope.collectInitializers(of: graph)
    let results = try body(graph)
    scopes.removeLast()
    return results
  }
}

extension NodeImporter {
  /// What one of two graphs makes of operands; extents that differ become symbols.
  mutating func branch(
    _ condition: ValueID, _ yes: Graph, _ no: Graph, _ operands: [ValueID]
  ) throws(ImportFailure) -> [ValueID] {
    var sizes: [Dimension] = []
    for (place, (a, b)) in zip(yes.outputTypes, no.outputTypes).enumerated() {
      guard a.element == b.element else {
        throw .invalid("branch-types", "output \(place) is \(a) or \(b)")
      }
      guard a.rank == b.rank else {
        throw .unsupported("branch-rank", "output \(place) is \(a) or \(b)")
      }
      for axis in 0..<a.rank where a.shape[axis] != b.shape[axis] {
        let most = [a.shape[axis], b.shape[axis]].map(upperBound)
        let range = most.contains(nil) ? nil : 0...(most.compactMap(\.self).max() ?? 0)
        sizes.append(symbol("size_\(symbols.count)", range))
      }
    }
    let scalar = try reshape(condition, to: Shape([Int]()))
    return try append(
      .branch(Branch(yes: yes, no: no, sizes: sizes)), [scalar] + operands)
  }

  /// One of two values that may differ in extents.
  mutating func choose(
    _ condition: ValueID, _ yes: ValueID, _ no: ValueID
  ) throws(ImportFailure) -> ValueID {
    if yes == no { return yes }
    let graphs = [yes, no].indices.map { place in
      var graph = Graph(name: "choice")
      let values = [graph.addInput("yes", type(of: yes)), graph.addInput("no", type(of: no))]
      graph.addOutput(values[place], name: "out0")
      return graph
    }
    return try branch(condition, graphs[0], graphs[1], [yes, no])[0]
  }
}
