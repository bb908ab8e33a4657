internal import ApusIR

extension Importer {
  /// The nodes of the innermost scope, in an order in which they can run.
  mutating func addNodes() throws(DiagnosticError) {
    for index in try executionOrder() { try add(index) }
  }

  /// What a name stands for; initializers become constants when first used, and values of the scope
  /// around a region become inputs of the region.
  mutating func binding(named name: String) throws(DiagnosticError) -> Binding? {
    try binding(named: name, in: scopes.count - 1)
  }

  private mutating func binding(
    named name: String, in depth: Int
  ) throws(DiagnosticError) -> Binding? {
    if let known = scopes[depth].bindings[name] { return known }
    if let tensor = scopes[depth].initializers[name] {
      let value = nodes[scopes[depth].graph].constant(tensor.data, name: name)
      scopes[depth].bindings[name] = .tensor(value)
      return .tensor(value)
    }
    switch scopes[depth].kind {
    case .main, .function: return nil
    case .inlined: return try binding(named: name, in: depth - 1)
    case .region: break
    }
    guard let outer = try binding(named: name, in: depth - 1) else { return nil }
    let inner = outer.map { capture($0, named: name, in: depth) }
    scopes[depth].bindings[name] = inner
    return inner
  }

  /// What stands for a value of the scope around in a region.
  mutating func capture(_ outer: ValueID, named name: String, in depth: Int) -> ValueID {
    let (around, here) = (scopes[depth].graph - 1, scopes[depth].graph)
    if case .constant(let constant)? = nodes[around].graph.producer(of: outer)?.operation {
      return nodes[here].constant(constant.data, name: constant.name)
    }
    if let known = scopes[depth].captures.first(where: { $0.outer == outer }) {
      return known.inner
    }
    let inner = nodes[here].graph.addInput(name, nodes[around].graph.type(of: outer))
    nodes[here].contents[inner] = nodes[around].contents[outer]
    scopes[depth].captures.append((outer, inner))
    return inner
  }

  // MARK: Order

  /// The nodes in an order in which operands come first; the order of the file where it is one.
  private func executionOrder() throws(DiagnosticError) -> [Int] {
    let nodes = scope.nodes
    var makers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { makers[output] = index }
    }
    let needs = nodes.map { $0.inputs + $0.outerNames }
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: nodes.count)
    var isOpen = isDone
    for start in nodes.indices where !isDone[start] {
      var stack = [(node: start, next: 0)]
      isOpen[start] = true
      while let (index, next) = stack.last {
        if next == needs[index].count {
          stack.removeLast()
          isOpen[index] = false
          isDone[index] = true
          order.append(index)
          continue
        }
        stack[stack.count - 1].next += 1
        guard let maker = makers[needs[index][next]], !isDone[maker] else { continue }
        guard !isOpen[maker] else { throw cycle(stack.map(\.node), from: maker) }
        isOpen[maker] = true
        stack.append((maker, 0))
      }
    }
    return order
  }

  private func cycle(_ path: [Int], from first: Int) -> DiagnosticError {
    let nodes = path.drop { $0 != first } + [first]
    let text = nodes.map {
      scope.nodes[$0].name.isEmpty ? "#\($0)" : scope.nodes[$0].name
    }
    return DiagnosticError(
      Diagnostic(
        .invalidInput, id: "cycle", "nodes depend on each other in a cycle",
        place: scope.place(first), notes: [text.reversed().joined(separator: " -> ")]))
  }

  // MARK: Nodes

  private mutating func add(_ index: Int) throws(DiagnosticError) {
    let source = scope.nodes[index]
    let place = scope.place(index)
    var operands: [Binding] = []
    for name in source.inputs {
      guard let operand = name.isEmpty ? .absent : try binding(named: name) else {
        throw failure("undefined-name", "operand \"\(name)\" is not defined here", place)
      }
      operands.append(operand)
    }
    if let function = function(for: source) {
      return try inline(function, source, operands, place)
    }
    let depth = openScopes
    do {
      try define(source.outputs, try results(of: source, operands), place)
    } catch let error as ImportFailure {
      closeScopes(to: depth)
      throw located(error, source, operands, place)
    } catch let error as DiagnosticError {
      throw error
    } catch {
      preconditionFailure("import throws nothing else")
    }
  }

  /// What a node makes of operands.
  mutating func results(of source: ONNXNode, _ operands: [Binding]) throws -> [Binding] {
    if let condition = operands.lazy.compactMap(\.condition).first {
      return try addChoosing(condition, source, operands)
    }
    let declared = source.outputs.map { scope.declaredExtents(of: $0) }
    node.begin(
      source, version: scope.version(of: source.domain) ?? 1, operands: operands.map(\.value),
      declared: declared)
    let results = try apply(source, operands)
    try node.end()
    return results
  }

  private mutating func apply(_ source: ONNXNode, _ operands: [Binding]) throws -> [Binding] {
    if let list = ListOperator(source) { return try add(list, source, operands) }
    if let control = ControlOperator(source) { return try add(control, source, operands) }
    guard let rule = options.rule(for: source) else { return [] }
    guard !operands.contains(where: \.isSequence) else {
      throw ImportFailure.unsupported(
        "sequence-operand", "\(source.operatorType) of a sequence is not supported")
    }
    return try rule.body(&node).map { .tensor($0) }
  }

  /// A failure of a node's rule with the place and the operands of the node.
  func located(
    _ error: ImportFailure, _ source: ONNXNode, _ operands: [Binding], _ place: Diagnostic.Place
  ) -> DiagnosticError {
    let notes = zip(source.inputs, operands).compactMap { name, operand in
      operand.value.map { "\"\(name)\" is \(node.graph.type(of: $0))" }
    }
    return DiagnosticError(
      Diagnostic(
        error.category, id: error.id, error.message, place: place, notes: error.notes + notes)
    )
  }

  mutating func define(
    _ names: [String], _ results: [Binding], _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
    for (position, name) in names.enumerated() where !name.isEmpty {
      guard position < results.count else {
        throw failure("output-count", "output \(position) is not supported", place, .unsupported)
      }
      guard !scope.defines(name) else {
        throw failure("duplicate-name", "\"\(name)\" is defined twice", place)
      }
      let result = results[position]
      for value in result.values { try checkLimits(node.graph.type(of: value), place) }
      scope.bindings[name] = result
      if let declared = scope.declared[name] { try check(declared, result) }
    }
  }

  // MARK: Gaps

  /// Fails with every node whose operator has no rule, those of subgraphs and functions included.
  func listUnsupported() throws(DiagnosticError) {
    var gaps: [Diagnostic] = []
    var visited: Set<String> = []
    func visit(_ nodes: [ONNXNode], _ path: [String], _ depth: Int) {
      for (index, node) in nodes.enumerated() {
        for graph in node.attributes.flatMap(\.graphs) where depth < 32 {
          visit(graph.nodes, path + [graph.name], depth + 1)
        }
        if let function = function(for: node) {
          if visited.insert(function.identity).inserted, depth < 32 {
            visit(function.nodes, path + [function.name], depth + 1)
          }
        } else if ControlOperator(node) == nil, ListOperator(node) == nil,
          options.rule(for: node) == nil
        {
          let name = (node.domain.isEmpty ? "" : node.domain + ".") + node.operatorType
          let version = scope.version(of: node.domain).map { ", opset \($0)" } ?? ""
          let place = Diagnostic.Place.node(
            graph: path, index: index, name: node.name,
            operatorType: node.operatorType + version)
          gaps.append(
            Diagnostic(
              .unsupported, id: "operator", "operator \(name) is not supported", place: place,
              help: OperatorRegistry.advice(for: node)))
        }
      }
    }
    visit(model.graph.nodes, [], 0)
    if !gaps.isEmpty { throw DiagnosticError(gaps) }
  }
}

extension ONNXAttribute {
  /// The graphs that the attribute holds.
  var graphs: [ONNXGraph] {
    switch value {
    case .graph(let graph): [graph]
    case .graphs(let graphs): graphs
    default: []
    }
  }
}

extension ONNXNode {
  /// Whether the operator is one of `ai.onnx`.
  var isStandard: Bool { domain.isEmpty || domain == "ai.onnx" }

  /// The names that subgraphs of the node take from around it.
  var outerNames: [String] {
    attributes.flatMap(\.graphs).flatMap { graph -> [String] in
      let own = Set(
        graph.inputs.map(\.name) + graph.initializers.map(\.name) + graph.nodes.flatMap(\.outputs))
      let used = graph.nodes.flatMap { $0.inputs + $0.outerNames } + graph.outputs.map(\.name)
      return used.filter { !$0.isEmpty && !own.contains($0) }
    }
  }
}
