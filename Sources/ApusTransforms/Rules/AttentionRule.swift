internal import ApusIR

extension Rule {
  // matmul(softmax(map(matmul(q, k), m)), v) = kernel(q, k, m, v), where nobody reads the scores
  static let fuseAttention = Rule("fuse-attention") { rewriter, node throws(OperatorError) in
    guard case .matmul = node.operation, let weights = node.operands.first,
      rewriter.hasOneUse(weights), let softmax = rewriter.producer(of: weights),
      case .softmax(let function) = softmax.operation,
      function.axis == rewriter.type(of: weights).rank - 1, !function.logarithm,
      let scores = softmax.operands.first, rewriter.hasOneUse(scores),
      let product = rewriter.producer(of: scores), product.isProductWithMap
    else { return nil }
    var body = Graph(name: "attention")
    let operands = product.operands.map { body.addInput(nil, rewriter.type(of: $0)) }
    var value = try body.inline(product, operands)
    value = try body.append(softmax.operation, value)
    let right = body.addInput(nil, rewriter.type(of: node.operands[1]))
    value = try body.append(node.operation, value + [right])
    body.addOutput(value[0], name: "out0")
    guard FusedKernel(body).attention != nil else { return nil }
    return try rewriter.append(
      .kernel(FusedKernel(body)), product.operands + [node.operands[1]],
      merging: [product, softmax])
  }
}

extension Node {
  /// Whether this is a matrix product, alone or with a map of reals after it.
  fileprivate var isProductWithMap: Bool {
    switch operation {
    case .matmul: return true
    case .kernel(let kernel):
      guard kernel.body.nodes.count == 2, case .matmul = kernel.body.nodes[0].operation,
        case .map(let map) = kernel.body.nodes[1].operation
      else { return false }
      return map.function.operands.allSatisfy { $0 == .f32 }
        && map.function.types.allSatisfy { $0 == .f32 || $0 == .bool }
    default: return false
    }
  }
}

extension Graph {
  /// Adds the operation of a node, or those of its body.
  fileprivate mutating func inline(
    _ node: Node, _ operands: [ValueID]
  ) throws(OperatorError) -> [ValueID] {
    guard case .kernel(let kernel) = node.operation else {
      return try append(node.operation, operands)
    }
    var values = Dictionary(uniqueKeysWithValues: zip(kernel.body.inputs, operands))
    for inner in kernel.body.nodes {
      let results = try append(inner.operation, inner.operands.compactMap { values[$0] })
      for (old, new) in zip(inner.results, results) { values[old] = new }
    }
    return kernel.body.outputs.compactMap { values[$0] }
  }
}
