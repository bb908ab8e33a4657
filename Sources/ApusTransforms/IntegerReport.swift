public import ApusIR

/// What `form-integers` makes of the products of a model, and what it leaves.
public struct IntegerReport: Sendable {
  /// An operation on quantized tensors that is not computed with integers in tiles.
  public struct Rest: Hashable, Sendable {
    /// The mnemonic of the operation.
    public var operation: String
    /// The nodes of the model that it comes from.
    public var origins: [String]
    /// What keeps it as it is.
    public var reason: RealReason
  }

  /// How many products are computed with integers in tiles.
  public private(set) var products = 0
  /// The others, in the order of the model.
  public private(set) var rest: [Rest] = []

  /// Forms the integers of an imported graph and looks at what stays.
  ///
  /// - Throws: `PassError` when a pass fails.
  public init(_ graph: Graph, _ context: inout PassContext) throws(PassError) {
    var graph = graph
    try PassManager([.expandCustom, .canonicalize]).run(&graph, &context)
    let names = graph.productNames
    try PassManager([.formIntegers]).run(&graph, &context)
    // Folding makes real constants of weights that stayed quantized, and finds zero points.
    let reals = graph.operationsOnCodes
    try PassManager([.foldConstants, .formIntegers]).run(&graph, &context)
    let integers = graph.integerOperations
    let formed = Set(integers.flatMap(\.node.origins))
    // Corrections of a product are products too, which come from the same node.
    let tiled = Set(integers.filter(\.isTiled).flatMap(\.node.origins))
    products = names.count(where: tiled.contains)
    rest =
      reals.filter { $0.origins.isEmpty || !$0.origins.allSatisfy(formed.contains) }
      + integers.filter { !$0.isTiled }.map { Rest($0.node, .plainLoops) }
  }
}

extension IntegerReport.Rest {
  fileprivate init(_ node: Node, _ reason: RealReason) {
    self.init(operation: node.operation.mnemonic, origins: node.origins, reason: reason)
  }
}

extension Graph {
  /// Operations of real numbers that read dequantized tensors, here and in regions.
  fileprivate var operationsOnCodes: [IntegerReport.Rest] {
    nodes.flatMap { node in
      let inner = node.operation.regions.flatMap(\.operationsOnCodes)
      switch node.operation {
      case .map, .transpose, .reshape, .broadcast, .slice, .concat, .gather: return inner
      default: break
      }
      guard node.operands.contains(where: isCode) else { return inner }
      do throws(RealReason) {
        _ = try integerProduct(node)
        return inner
      } catch {
        return inner + [IntegerReport.Rest(node, error)]
      }
    }
  }

  /// The node of the model that each product comes from, here and in regions.
  fileprivate var productNames: [String] {
    nodes.flatMap { node in
      let own = node.operation.zeroOfProduct == nil ? [] : node.origins.suffix(1)
      return node.operation.regions.flatMap(\.productNames) + own
    }
  }

  /// Products of integers, here and in regions, and whether tiles of bytes compute them.
  fileprivate var integerOperations: [(node: Node, isTiled: Bool)] {
    nodes.flatMap { node in
      let inner = node.operation.regions.flatMap(\.integerOperations)
      guard node.operation.zeroOfProduct != nil, type(of: node.results[0]).element == .i32 else {
        return inner
      }
      let elements = node.operands.map { type(of: $0).element }
      return inner + [(node, elements == [.u8, .i8])]
    }
  }
}
