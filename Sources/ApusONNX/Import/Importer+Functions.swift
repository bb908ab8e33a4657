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

  /// Refuses functions that call themselves, nest deeply, or stand for too many nodes in all.
  func checkFunctions() throws(DiagnosticError) {
    var sizes: [String: Int] = [:]
    var open: [String] = []
    func size(of nodes: [ONNXNode]) throws(DiagnosticError) -> Int {
      var sum = nodes.count
      for node in nodes {
        for graph in node.attributes.flatMap(\.graphs) {
          sum = min(sum + (try size(of: graph.nodes)), Importer.mostNodes + 1)
        }
        guard let function = function(for: node) else { continue }
        if open.contains(function.identity) {
          throw failure(
            "function-cycle", "function \(function.name) calls itself", .file)
        }
        if sizes[function.identity] == nil {
          open.append(function.identity)
          if open.count > 32 {
            throw failure(
              "inlining-limit", "functions call each other too deeply", .file, .limitExceeded)
          }
          sizes[function.identity] = try size(of: function.nodes)
          open.removeLast()
        }
        sum = min(sum + (sizes[function.identity] ?? 0), Importer.mostNodes + 1)
      }
      return sum
    }
    guard try size(of: model.graph.nodes) <= Importer.mostNodes else {
      throw failure(
        "inlining-limit", "the functions of the model stand for too many nodes", .file,
        .limitExceeded)
    }
  }

  private static let mostNodes = 1_000_000

  /// Adds the nodes of a function in place of a call.
  mutating func inline(
    _ function: ONNXFunction, _ call: ONNXNode, _ operands: [Binding], _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
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
    for (number, name) in function.inputs.enumerated() {
      scope.bindings[name] = number < operands.count ? operands[number] : .absent
    }
    try addNodes()
    var results: [Binding] = []
    for name in function.outputs.prefix(call.outputs.count) {
      guard let result = try binding(named: name) else {
        throw failure("undefined-output", "no node makes \"\(name)\"", place)
      }
      results.append(result)
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
