extension Operation {
  /// Whether attributes, those of bodies included, are written with symbols.
  public var hasSymbols: Bool {
    var collector = SymbolFinder()
    _ = visitingAttributes(&collector)
    return collector.found
  }
}

/// Looks for symbols in attributes.
private struct SymbolFinder: AttributeVisitor {
  var found = false

  private mutating func look(at extents: [Dimension]) {
    found = found || extents.contains { $0.constant == nil }
  }

  mutating func visit(_ name: String, _ value: inout [Dimension], default: [Dimension]?) {
    look(at: value)
  }
  mutating func visit(_ name: String, _ value: inout Shape) { look(at: value.dimensions) }
  mutating func visit(_ name: String, _ value: inout Graph) {
    found = found || value.nodes.contains { $0.operation.hasSymbols }
  }
  mutating func visit(_ name: String, _ value: inout Int, default: Int?) {}
  mutating func visit(_ name: String, _ value: inout [Int], default: [Int]?) {}
  mutating func visit(_ name: String, _ value: inout Bool, default: Bool?) {}
  mutating func visit(_ name: String, _ value: inout Double, default: Double?) {}
  mutating func visit(_ name: String, _ value: inout Layout) {}
  mutating func visit(_ name: String, _ value: inout Pointwise) {}
  mutating func visit(_ name: String, _ value: inout Constant) {}
  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) {}
}
