internal import ApusIR

extension Importer {
  /// The nodes of the innermost scope, in an order in which they can run.
  mutating func addNodes() throws(DiagnosticError) {
    for index in try executionOrder() { try add(index) }
  }

  /// The value of a name; initializers become constants when first used, and values of the scope
  /// around a region become inputs of the region.
  mutating func value(named name: String) throws(DiagnosticError) -> ValueID? {
    try value(named: name, in: scopes.count - 1)
  }

  private mutating func value(
    named name: String, in depth: Int
  ) throws(DiagnosticError) -> ValueID? {
    if let known = scopes[depth].values[name] { return known }
    if let tensor = scopes[depth].initializers[name] {
      let value = nodes[scopes[depth].graph].constant(tensor.data, name: name)
      scopes[depth].values[name] = value
      return value
    }
    switch scopes[depth].kind {
    case .main, .function: return nil
    case .inlined: return try value(named: name, in: depth - 1)
    case .region: break
    }
    guard let outer = try value(named: name, in: depth - 1) else { return nil }
    let inner = capture(outer, named: name, in: depth)
    scopes[depth].values[name] = inner
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

  /// Whether a name is an operand of a function that the call leaves out.
  private func isMissing(_ name: String) -> Bool {
    for scope in scopes.reversed() {
      if scope.missing.contains(name) { return true }
      if scope.kind == .main || scope.kind == .function || scope.values[name] != nil {
        return false
      }
    }
    return false
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
    if let list = ListOperator(source) { return try add(list, source, scope.place(index)) }
    var operands: [ValueID?] = []
    for name in source.inputs {
      if name.isEmpty || isMissing(name) {
        operands.append(nil)
      } else if let value = try value(named: name) {
        operands.append(value)
      } else if list(named: name) != nil {
        throw failure(
          "sequence-operand", "\(source.operatorType) of a sequence is not supported",
          scope.place(index), .unsupported)
      } else {
        throw failure(
          "undefined-name", "operand \"\(name)\" is not defined here", scope.place(index))
      }
    }
    if let function = function(for: source) {
      return try inline(function, source, operands, scope.place(index))
    }
    let declared = source.outputs.map { scope.declaredExtents(of: $0) }
    node.begin(
      source, version: scope.version(of: source.domain) ?? 1, operands: operands,
      declared: declared)
    let results: [ValueID]
    if let control = ControlOperator(source) {
      results = try add(control, source, operands, scope.place(index))
    } else if let rule = options.rule(for: source) {
      results = try apply(rule, source, operands, scope.place(index))
    } else {
      return
    }
    try define(source.outputs, results, scope.place(index))
  }

  private mutating func apply(
    _ rule: OperatorRule, _ source: ONNXNode, _ operands: [ValueID?], _ place: Diagnostic.Place
  ) throws(DiagnosticError) -> [ValueID] {
    do {
      let results = try rule.body(&node)
      try node.end()
      return results
    } catch {
      throw located(error, source, operands, place)
    }
  }

  /// A failure of a node's rule with the place and the operands of the node.
  func located(
    _ error: ImportFailure, _ source: ONNXNode, _ operands: [ValueID?], _ place: Diagnostic.Place
  ) -> DiagnosticError {
    let notes = zip(source.inputs, operands).compactMap { name, value in
      value.map { "\"\(name)\" is \(node.graph.type(of: $0))" }
    }
    return DiagnosticError(
      Diagnostic(
        error.category, id: error.id, error.message, place: place, notes: error.notes + notes)
    )
  }

  mutating func define(
    _ names: [String], _ results: [ValueID], _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
    for (position, name) in names.enumerated() where !name.isEmpty {
      guard position < results.count else {
        throw failure("output-count", "output \(position) is not supported", place, .unsupported)
      }
      guard scope.values[name] == nil, scope.initializers[name] == nil else {
        throw failure("duplicate-name", "\"\(name)\" is defined twice", place)
      }
      try checkLimits(node.graph.type(of: results[position]), place)
      scope.values[name] = results[position]
      if let declared = scope.declared[name] { try check(declared, results[position]) }
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
              .unsupported, id: "operator", "operator \(name) is not supported", place: place))
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
