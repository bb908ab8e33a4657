package import ApusIR

extension Rule {
  /// Functions of more steps than this are not made.
  private static let mostSteps = 64
  /// Functions of more operands than this are not made.
  private static let mostOperands = 12

  // f(g(x), y) = (f∘g)(x, y), where nobody else reads g(x)
  static let composeMaps = composeMaps("compose-maps") { _, _, _ in true }

  /// Composes chains of maps where `isWanted` says so of the function and its operands.
  package static func composeMaps(
    _ name: String, where isWanted: @escaping @Sendable (Rewriter, Pointwise, [ValueID]) -> Bool
  ) -> Rule {
    Rule(name) { rewriter, node throws(OperatorError) in
      guard case .map(let outer) = node.operation else { return nil }
      let shape = rewriter.source.type(of: node.results[0]).shape
      for (place, operand) in node.operands.enumerated() {
        guard let producer = rewriter.producer(of: operand), rewriter.hasOneUse(operand),
          case .map(let inner) = producer.operation, rewriter.type(of: operand).shape == shape,
          !rewriter.endsKernel(producer, before: node)
        else { continue }
        let others = node.operands + producer.operands
        let (function, keys) = outer.function.substituting(
          inner.function, at: place, keys: node.operands.map { others.firstPlace(of: $0) },
          innerKeys: producer.operands.map { others.firstPlace(of: $0) })
        let operands = keys.map { others[$0] }
        guard function.steps.count <= mostSteps, keys.count <= mostOperands,
          rewriter.keepsShape(node, mapping: operands), isWanted(rewriter, function, operands)
        else { continue }
        return try rewriter.append(.map(Map(function)), operands, merging: [producer])
      }
      return nil
    }
  }

  // f(view(x)) = view(f(x)), where the product or map that makes x can apply f
  static let mapBeforeView = Rule("map-before-view") { rewriter, node throws(OperatorError) in
    guard case .map = node.operation, node.operands.count == 1,
      rewriter.hasOneUse(node.operands[0]), let view = rewriter.producer(of: node.operands[0]),
      view.operation.keepsElements, rewriter.hasOneUse(view.operands[0]),
      let source = rewriter.producer(of: view.operands[0]),
      source.operation.isRoot || source.operation.keepsElements || source.isMap
    else { return nil }
    let mapped = try rewriter.append(node.operation, view.operands)
    return try rewriter.append(view.operation, mapped, merging: [view])
  }

  // map(root(x), y) = kernel(x, y) { map(root(x), y) }, where nobody else reads root(x)
  static let fuseEpilogue = Rule("fuse-epilogue") { rewriter, node throws(OperatorError) in
    guard case .map(let map) = node.operation else { return nil }
    let shape = rewriter.source.type(of: node.results[0]).shape
    for place in node.operands.indices.sorted(by: {
      (rewriter.fusionRank(node.operands[$0]), $0) > (rewriter.fusionRank(node.operands[$1]), $1)
    }) {
      let operand = node.operands[place]
      guard rewriter.fusionRank(operand) > 0, rewriter.hasOneUse(operand),
        rewriter.type(of: operand).shape == shape,
        let root = rewriter.producer(of: operand), root.results.count == 1
      else { continue }
      let others = node.operands + root.operands
      let (function, keys) = map.function.substituting(
        .identity(rewriter.type(of: operand).element), at: place,
        keys: node.operands.map { others.firstPlace(of: $0) }, innerKeys: [-1])
      guard let first = keys.firstIndex(of: -1) else { continue }
      return try rewriter.kernel(
        root, function.movingOperandFirst(first), keys.filter { $0 != -1 }.map { others[$0] })
    }
    return nil
  }
}

extension [ValueID] {
  fileprivate func firstPlace(of value: ValueID) -> Int { firstIndex(of: value) ?? 0 }
}

extension Rewriter {
  /// Whether a map makes bytes of what a product makes, and the node that reads them has another
  /// product to go with: better to store bytes than the sums that they come from.
  fileprivate func endsKernel(_ map: Node, before node: Node) -> Bool {
    guard type(of: map.results[0]).element.bitWidth <= 8, let own = root(of: map) else {
      return false
    }
    // The map after a map of one operand will find out.
    if node.operands.count == 1, isReadByMap(node) { return true }
    return node.operands.contains { operand in
      guard operand != map.results[0], hasOneUse(operand), let producer = producer(of: operand)
      else { return false }
      return producer.operation.isRoot
        || (root(of: producer).map { $0.number > own.number } ?? false)
    }
  }

  /// The number of the product whose result only a map reads.
  private func root(of map: Node) -> ValueID? {
    guard case .map = map.operation else { return nil }
    return map.operands.filter { hasOneUse($0) && producer(of: $0)?.operation.isRoot ?? false }
      .max { $0.number < $1.number }
  }

  /// How much it pays that the producer of a value applies a map; 0 when it cannot.
  fileprivate func fusionRank(_ value: ValueID) -> Int {
    switch producer(of: value)?.operation {
    case .conv?, .matmul?, .blockMatMul?: 3
    case .normalize?, .softmax?, .pool?: 2
    case .reduce?, .argReduce?: 1
    default: 0
    }
  }

  /// A kernel of a root and the function that follows, whose operand 0 is the root's result.
  fileprivate mutating func kernel(
    _ root: Node, _ function: Pointwise, _ extra: [ValueID]
  ) throws(OperatorError) -> [ValueID] {
    var body = Graph(name: root.operation.mnemonic)
    let operands = root.operands.map { body.addInput(nil, type(of: $0)) }
    let sum = body.append(root.operation, operands, typed: root.results.map { type(of: $0) })
    let others = extra.map { body.addInput(nil, type(of: $0)) }
    let result = try body.append(.map(Map(function)), sum + others)
    body.addOutput(result[0], name: "out0")
    return try append(.kernel(FusedKernel(body)), root.operands + extra, merging: [root])
  }
}

extension Node {
  /// Whether this is an elementwise function.
  var isMap: Bool {
    if case .map = operation { true } else { false }
  }
}

extension Operation {
  /// Whether the result has the same elements at other places.
  fileprivate var keepsElements: Bool {
    switch self {
    case .transpose, .reshape: true
    default: false
    }
  }

  /// Whether kernels of this product apply the map that follows.
  fileprivate var isRoot: Bool {
    switch self {
    case .conv, .matmul, .blockMatMul: true
    default: false
    }
  }
}
