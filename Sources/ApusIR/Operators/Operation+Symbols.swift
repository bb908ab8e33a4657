extension Operation {
  /// Whether attributes, those of bodies included, are written with symbols.
  public var hasSymbols: Bool { !symbols.isEmpty }

  /// The symbols in attributes and in the types of bodies, each once, in order of appearance.
  public var symbols: [String] {
    var collector = SymbolCollector()
    _ = visitingAttributes(&collector)
    return collector.names
  }
}

extension Graph {
  /// The symbols in types and attributes, each once, in order of appearance.
  public var usedSymbols: [String] {
    var collector = SymbolCollector()
    collector.collect(self)
    return collector.names
  }
}

/// A visitor of the attributes that symbols may stand in: extents, shapes and bodies.
package protocol SymbolVisitor: AttributeVisitor where Failure == Never {}

extension SymbolVisitor {
  package mutating func visit(_ name: String, _ value: inout Int, default: Int?) {}
  package mutating func visit(_ name: String, _ value: inout [Int], default: [Int]?) {}
  package mutating func visit(_ name: String, _ value: inout Bool, default: Bool?) {}
  package mutating func visit(_ name: String, _ value: inout Double, default: Double?) {}
  package mutating func visit(_ name: String, _ value: inout Layout) {}
  package mutating func visit(_ name: String, _ value: inout Pointwise) {}
  package mutating func visit(_ name: String, _ value: inout Constant) {}
  package mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) {}
}

/// Collects the symbols of attributes.
private struct SymbolCollector: SymbolVisitor {
  private(set) var names: [String] = []
  private var known: Set<String> = []

  private mutating func look(at extents: [Dimension]) {
    for extent in extents where extent.constant == nil {
      for name in extent.symbols where known.insert(name).inserted { names.append(name) }
    }
  }

  mutating func collect(_ graph: Graph) {
    for input in graph.inputs { look(at: graph.type(of: input).shape.dimensions) }
    for node in graph.nodes {
      _ = node.operation.visitingAttributes(&self)
      for result in node.results { look(at: graph.type(of: result).shape.dimensions) }
    }
  }

  mutating func visit(_ name: String, _ value: inout [Dimension], default: [Dimension]?) {
    look(at: value)
  }
  mutating func visit(_ name: String, _ value: inout Shape) { look(at: value.dimensions) }
  mutating func visit(_ name: String, _ value: inout Graph) { collect(value) }
}
