internal import ApusIR

/// Which elements of small integer vectors are the same number, whatever it is.
///
/// Each element that only a run tells has a name, which moving the element keeps. Shape operands
/// are often cut from one vector: what was bound to a symbol once is that symbol everywhere.
struct ElementNames {
  private var names = SymbolicContents()
  private var count = 0
  /// The extents that elements were bound to, by name.
  private var extents: [Dimension: Dimension] = [:]

  /// The names of the elements of a short integer vector, numbers where they are known.
  mutating func names(
    of value: ValueID, _ contents: SymbolicContents, in graph: Graph
  ) -> [Dimension]? {
    if let known = contents[value] ?? names[value] { return known }
    let type = graph.type(of: value)
    guard type.element == .i64 || type.element == .i32, type.rank <= 1,
      let size = type.shape.elementCount.constant, size <= 64
    else { return nil }
    let fresh = (count..<count + size).map { Dimension.symbol("#\($0)") }
    count += size
    names[value] = fresh
    return fresh
  }

  /// Follows elements through a node that moves them.
  mutating func visit(_ node: Node, _ contents: SymbolicContents, in graph: Graph) {
    guard node.operation.movesElements, contents[node.results[0]] == nil else { return }
    for operand in node.operands {
      names[operand] = names(of: operand, contents, in: graph)
    }
    names.visit(node, in: graph)
  }

  /// What an element is bound to; a name without `#` stands for itself.
  func extent(of name: Dimension) -> Dimension? {
    extents[name] ?? (name.symbols.contains { $0.hasPrefix("#") } ? nil : name)
  }

  /// Notes that an element became an extent.
  mutating func bind(_ name: Dimension, to extent: Dimension) { extents[name] = extent }
}

extension Operation {
  /// Whether the elements of the result are those of operands, in another order.
  fileprivate var movesElements: Bool {
    switch self {
    case .reshape, .transpose, .broadcast, .slice, .concat, .gather: true
    case .constant, .extents, .map, .reduce, .pad, .take, .scatter, .sort, .split, .matmul,
      .blockMatMul, .conv, .pool, .argReduce, .cumulate, .softmax, .normalize, .lstm, .recurrent,
      .linearAttention, .relayout, .kernel, .bind, .branch, .repeat, .custom:
      false
    }
  }
}

extension NodeImporter {
  /// For each element of an integer vector the extent that it is known to be, by then.
  mutating func knownExtents(of vector: ValueID) -> [Dimension?] {
    (elements.names(of: vector, contents, in: graph) ?? []).map { elements.extent(of: $0) }
  }

  /// Whether an extent never leaves a range, for all a run may find.
  func isBounded(_ extent: Dimension, by range: ClosedRange<Int>?) -> Bool {
    guard let range else { return true }
    let own = extent.range { name in
      (symbols + bounds).first { $0.name == name }.flatMap { known in
        let upper = known.upper ?? .max
        return known.lower <= upper ? known.lower...upper : nil
      }
    }
    return own.map { range.contains($0.lowerBound) && range.contains($0.upperBound) } ?? false
  }
}
