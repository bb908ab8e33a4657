internal import ApusIR

extension Graph {
  /// The symbols in the types of inputs.
  var inputSymbols: Set<String> {
    Set(inputs.flatMap { type(of: $0).shape.dimensions.flatMap(\.symbols) })
  }

  /// The symbols of a node, in attributes and in the types of results.
  func symbols(of node: Node) -> [String] {
    node.operation.symbols
      + node.results.flatMap { type(of: $0).shape.dimensions.flatMap(\.symbols) }
  }

  /// The graph with other names of symbols; nodes keep their places.
  ///
  /// - Complexity: linear in the size of the graph.
  func renamingSymbols(_ names: [String: String]) -> Graph {
    var renamer = SymbolRenamer(names: names.mapValues { .symbol($0) })
    func renamed(_ value: ValueID) -> TensorType {
      var type = type(of: value)
      type.shape = type.shape.substituting(renamer.names)
      return type
    }
    var result = Graph(name: name)
    result.symbols = symbols.map { bounds in
      SymbolBounds(
        name: names[bounds.name] ?? bounds.name, lower: bounds.lower, upper: bounds.upper)
    }
    var moved: [ValueID: ValueID] = [:]
    for input in inputs { moved[input] = result.addInput(self[input].name, renamed(input)) }
    for node in nodes {
      let copies = result.append(
        node.operation.visitingAttributes(&renamer), node.operands.map { moved[$0] ?? $0 },
        typed: node.results.map(renamed), origins: node.origins)
      for (old, new) in zip(node.results, copies) { moved[old] = new }
    }
    for (output, name) in zip(outputs, outputNames) {
      result.addOutput(moved[output] ?? output, name: name)
    }
    return result
  }
}

/// Gives other names to the symbols of attributes.
private struct SymbolRenamer: SymbolVisitor {
  var names: [String: Dimension]

  mutating func visit(_ name: String, _ value: inout [Dimension], default: [Dimension]?) {
    value = value.map { $0.substituting(names) }
  }
  mutating func visit(_ name: String, _ value: inout Shape) { value = value.substituting(names) }
  mutating func visit(_ name: String, _ value: inout Graph) {
    value = value.renamingSymbols(names.compactMapValues(\.symbols.first))
  }
}
