public import ApusIR

extension Pass {
  /// Computes operations whose operands are constants, through the evaluator of the context.
  ///
  /// Before: `%1 = map %c {exp(a)}` with constant `%c`. After: `%1 = constant`. Results of more
  /// than 64 MiB, and views, which cost nothing, stay.
  public static let foldConstants = foldingConstants(unless: { _, _ in false })

  /// The same pass, which leaves operations that are to be seen; it gets the graph that is being
  /// written.
  public static func foldingConstants(
    unless isKept: @escaping @Sendable (Node, Graph) -> Bool
  ) -> Pass {
    Pass("fold-constants", "compute what depends on constants only") { graph, context in
      guard let evaluate = context.evaluate else { return }
      context.rewrite(
        &graph,
        [
          Rule("fold-extents") { rewriter, node throws(OperatorError) in
            guard case .extents(let extents) = node.operation, let data = extents.data else {
              return nil
            }
            return [rewriter.constant(data)]
          },
          Rule("fold-constant") { rewriter, node throws(OperatorError) in
            guard !isKept(node, rewriter.graph),
              let results = folded(node, rewriter.graph, evaluate)
            else { return nil }
            return results.map { rewriter.constant($0) }
          },
        ])
    }
  }

  private static let largestResult = 64 << 20

  private static func folded(
    _ node: Node, _ graph: Graph, _ evaluate: (Graph) -> [TensorData]?
  ) -> [TensorData]? {
    let isFoldable: Bool =
      switch node.operation {
      case .constant, .extents, .relayout, .kernel, .broadcast, .bind, .branch, .repeat: false
      default: true
      }
    guard isFoldable, !node.operands.isEmpty, !node.operation.hasSymbols else { return nil }
    var single = Graph(name: "fold")
    var operands: [ValueID] = []
    for operand in node.operands {
      guard let data = graph.constantThroughViews(operand, into: &single) else { return nil }
      operands.append(data)
    }
    guard let results = try? single.append(node.operation, operands) else { return nil }
    let bytes = results.map { result in
      let type = single.type(of: result)
      return type.shape.elementCount.constant.flatMap { type.element.byteCount(of: $0) } ?? .max
    }
    guard bytes.allSatisfy({ $0 <= largestResult }) else { return nil }
    if case .reshape(let reshape) = node.operation, let data = graph.constant(node.operands[0]) {
      return data.reshaped(to: reshape.shape).map { [$0] }
    }
    if bytes.reduce(0, +) > 1 << 16, node.operation.isView { return nil }
    for (place, result) in results.enumerated() { single.addOutput(result, name: "r\(place)") }
    return evaluate(single)
  }
}

extension Graph {
  /// Adds what makes a value to another graph when that is a constant seen through views.
  fileprivate func constantThroughViews(_ value: ValueID, into graph: inout Graph) -> ValueID? {
    if let data = constant(value) { return graph.constant(data) }
    guard let node = producer(of: value), node.operation.isView, !node.operation.hasSymbols,
      let source = constantThroughViews(node.operands[0], into: &graph)
    else { return nil }
    return try? graph.append(node.operation, [source])[0]
  }
}

extension Operation {
  /// Whether the operation only changes how elements are found.
  var isView: Bool {
    switch self {
    case .transpose, .reshape, .broadcast, .slice: true
    default: false
    }
  }
}
