internal import ApusIR

extension ONNXFunction {
  /// What tells functions apart.
  var identity: String { "\(domain):\(name):\(overload)" }
}

extension Importer {
  /// The function that the model defines for an operator.
  func function(for node: ONNXNode) -> ONNXFunction? {
    let domain = node.domain == "ai.onnx" ? "" : node.domain
    return model.functions.first {
      $0.name == node.operatorType && ($0.domain == "ai.onnx" ? "" : $0.domain) == domain
        && $0.overload == node.overload
    }
  }

  /// Adds the nodes of a function in place of a call.
  mutating func inline(
    _ function: ONNXFunction, _ call: ONNXNode, _ operands: [ValueID?], _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
    let open = scopes.filter { $0.kind == .function }.flatMap(\.path)
    guard !open.contains(function.identity) else {
      throw failure("function-cycle", "function \(function.name) calls itself", place)
    }
    inlinedNodes += function.nodes.count
    guard open.count < 32, inlinedNodes <= 1_000_000 else {
      throw failure("function-limit", "functions call too many others", place, .limitExceeded)
    }
    guard operands.count <= function.inputs.count, call.outputs.count <= function.outputs.count
    else { throw failure("function-call", "\(function.name) takes fewer operands", place) }
    let given = Dictionary(
      function.defaults.map { ($0.name, $0.value) } + call.attributes.map { ($0.name, $0.value) },
      uniquingKeysWith: { $1 })
    let body = ONNXGraph(
      name: function.name, nodes: function.nodes.map { $0.resolvingReferences(given) },
      initializers: [], inputs: [], outputs: [], valueInfo: function.valueInfo)
    scopes.append(
      ImportScope(
        body, opsets: function.opsets, graph: scope.graph, kind: .function,
        path: [function.identity]))
    for (name, value) in zip(function.inputs, operands) { scope.values[name] = value }
    for name in function.inputs.dropFirst(operands.count) { scope.missing.insert(name) }
    for (name, value) in zip(function.inputs, operands) where value == nil {
      scope.missing.insert(name)
    }
    try addNodes()
    var results: [ValueID] = []
    for name in function.outputs.prefix(call.outputs.count) {
      guard let value = try value(named: name) else {
        throw failure("undefined-output", "no node makes \"\(name)\"", place)
      }
      results.append(value)
    }
    scopes.removeLast()
    try define(call.outputs, results, place)
  }
}

extension ONNXNode {
  /// The node with attributes of the surrounding function put in; those not given are left out.
  fileprivate func resolvingReferences(_ given: [String: ONNXAttribute.Value]) -> ONNXNode {
    var node = self
    node.attributes = attributes.compactMap { attribute in
      switch attribute.value {
      case .reference(let name):
        given[name].map { ONNXAttribute(name: attribute.name, value: $0) }
      case .graph(let graph):
        ONNXAttribute(name: attribute.name, value: .graph(graph.resolvingReferences(given)))
      case .graphs(let graphs):
        ONNXAttribute(
          name: attribute.name, value: .graphs(graphs.map { $0.resolvingReferences(given) }))
      default: attribute
      }
    }
    return node
  }
}

extension ONNXGraph {
  fileprivate func resolvingReferences(_ given: [String: ONNXAttribute.Value]) -> ONNXGraph {
    var graph = self
    graph.nodes = nodes.map { $0.resolvingReferences(given) }
    return graph
  }
}
