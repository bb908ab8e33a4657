internal import ApusIR

/// The operators of `ai.onnx` that run graphs.
enum ControlOperator: String {
  case branch = "If"
  case loop = "Loop"
  case scan = "Scan"

  init?(_ node: ONNXNode) {
    guard node.isStandard else { return nil }
    self.init(rawValue: node.operatorType)
  }
}

extension Importer {
  /// Adds the node at hand, which runs graphs.
  mutating func add(
    _ control: ControlOperator, _ source: ONNXNode, _ operands: [ValueID?],
    _ place: Diagnostic.Place
  ) throws(DiagnosticError) -> [ValueID] {
    let depth = openScopes
    do {
      let results: [ValueID]
      switch control {
      case .branch: results = try addBranch(source, operands, place)
      case .loop: results = try addLoop(source, operands, place)
      case .scan: results = try addScan(source, operands, place)
      }
      try node.end()
      return results
    } catch let error as ImportFailure {
      closeScopes(to: depth)
      throw located(error, source, operands, place)
    } catch let error as DiagnosticError {
      throw error
    } catch {
      preconditionFailure("import throws nothing else")
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
    guard scope.values[name] == nil else {
      throw ImportFailure.invalid("duplicate-name", "\"\(name)\" is defined twice")
    }
    let value = node.graph.addInput(name, type)
    node.contents[value] = contents
    scope.values[name] = value
    return value
  }

  /// Adds the nodes of a subgraph and gives its outputs, before they are outputs of the region.
  mutating func body(_ graph: ONNXGraph) throws -> [ValueID] {
    try addNodes()
    var outputs: [ValueID] = []
    for output in graph.outputs {
      if list(named: output.name) != nil || scope.missing.contains(output.name) {
        throw ImportFailure.unsupported(
          "sequence-operand", "a subgraph whose result is a sequence or optional")
      }
      guard let value = try value(named: output.name) else {
        throw ImportFailure.invalid("undefined-output", "no node makes \"\(output.name)\"")
      }
      outputs.append(value)
    }
    return outputs
  }

  /// Closes the scope of a subgraph.
  mutating func close(_ outputs: [ValueID]) -> Region {
    let captures = scopes.removeLast().captures
    var region = nodes.removeLast()
    for (place, output) in outputs.enumerated() {
      region.graph.addOutput(output, name: "out\(place)")
    }
    node.adopt(symbolsOf: region)
    return Region(node: region, captures: captures)
  }

  /// A finished subgraph.
  struct Region {
    var node: NodeImporter
    /// Values of the graph around and the last inputs, which stand for them.
    var captures: [(outer: ValueID, inner: ValueID)]
  }

  // MARK: If

  private mutating func addBranch(
    _ source: ONNXNode, _ operands: [ValueID?], _ place: Diagnostic.Place
  ) throws -> [ValueID] {
    guard operands.count == 1, let condition = operands[0] else {
      throw ImportFailure.invalid("operand-count", "If takes one condition")
    }
    let graphs = [try subgraph("then_branch"), try subgraph("else_branch")]
    if let known = node.contents[condition]?.first?.constant {
      return try take(graphs[known != 0 ? 0 : 1])
    }
    var regions: [Region] = []
    var misfit: (place: Int, error: any Error)?
    for (place, graph) in graphs.enumerated() {
      let depth = openScopes
      do {
        regions.append(try way(graph, after: regions.first))
      } catch {
        // Sizes that the caller fixes may suit one branch only; the other one is never taken then.
        guard misfit == nil, !options.dimensions.isEmpty else { throw misfit?.error ?? error }
        misfit = (place, error)
        closeScopes(to: depth)
      }
    }
    if let misfit {
      regions.insert(try dead(like: regions[0]), at: misfit.place)
      return try addBranch(
        condition, regions[0].node.graph, regions[1].node.graph,
        regions[1 - misfit.place].captures.map(\.outer))
    }
    let captures = regions[1].captures.map(\.outer)
    for capture in regions[1].captures.dropFirst(regions[0].captures.count) {
      let name = regions[1].node.graph[capture.inner].name
      _ = regions[0].node.graph.addInput(name, regions[1].node.graph.type(of: capture.inner))
    }
    return try addBranch(condition, regions[0].node.graph, regions[1].node.graph, captures)
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
    var region = NodeImporter(graph: Graph(name: "misfit"), bounds: options.bounds)
    let graph = other.node.graph
    for input in graph.inputs {
      _ = region.graph.addInput(graph[input].name, graph.type(of: input))
    }
    try region.bind(region.vector([Int]()), to: [], zeros: [1])
    for (place, type) in graph.outputTypes.enumerated() {
      let zero = try region.broadcast(region.constant(0, type.element), to: type.shape)
      region.graph.addOutput(zero, name: "out\(place)")
    }
    return Region(node: region, captures: [])
  }

  private mutating func addBranch(
    _ condition: ValueID, _ yes: Graph, _ no: Graph, _ captures: [ValueID]
  ) throws -> [ValueID] {
    guard yes.outputs.count == no.outputs.count else {
      throw ImportFailure.invalid("branch-outputs", "the branches have different outputs")
    }
    var sizes: [Dimension] = []
    for (place, (a, b)) in zip(yes.outputTypes, no.outputTypes).enumerated() {
      guard a.element == b.element else {
        throw ImportFailure.invalid("branch-types", "output \(place) is \(a) or \(b)")
      }
      guard a.rank == b.rank else {
        throw ImportFailure.unsupported("branch-rank", "output \(place) is \(a) or \(b)")
      }
      for axis in 0..<a.rank where a.shape[axis] != b.shape[axis] {
        let most = [a.shape[axis], b.shape[axis]].map(node.upperBound)
        let range = most.contains(nil) ? nil : 0...(most.compactMap(\.self).max() ?? 0)
        sizes.append(node.symbol("size_\(node.symbols.count)", range))
      }
    }
    let scalar = try node.reshape(condition, to: Shape([Int]()))
    return try node.append(
      .branch(Branch(yes: yes, no: no, sizes: sizes)), [scalar] + captures)
  }

  /// Adds the nodes of the one branch that is ever taken.
  private mutating func take(_ graph: ONNXGraph) throws -> [ValueID] { try inlined(graph, [:]) }

  /// Adds the nodes of a subgraph to the graph around it, with values for its inputs.
  mutating func inlined(_ graph: ONNXGraph, _ given: [String: ValueID]) throws -> [ValueID] {
    scopes.append(
      ImportScope(
        graph, opsets: scope.opsets, graph: scope.graph, kind: .inlined,
        path: scope.path + [graph.name]))
    scope.values = given
    try scope.collectInitializers(of: graph)
    let results = try body(graph)
    scopes.removeLast()
    return results
  }
}
