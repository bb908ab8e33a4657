internal import ApusIR

extension Graph {
  /// The nodes that read each value, once each, in order.
  func readers() -> [ValueID: [Node]] {
    var result: [ValueID: [Node]] = [:]
    for node in nodes {
      for operand in Set(node.operands) { result[operand, default: []].append(node) }
    }
    return result
  }

  /// The constant that the function after a product adds to each channel.
  func bias(
    of product: Node, _ readers: [ValueID: [Node]]
  ) -> (reader: NodeID, value: ValueID)? {
    let sum = product.results[0]
    guard let reader = readers[sum], reader.count == 1, case .map(let map) = reader[0].operation,
      let own = reader[0].operands.firstIndex(of: sum), let place = map.function.addend(of: own)
    else { return nil }
    let bias = reader[0].operands[place]
    return constant(bias)?.type.shape == biasShape(of: product) ? (reader[0].id, bias) : nil
  }

  /// The shape of a vector that is added to each channel of a product.
  func biasShape(of product: Node) -> Shape {
    let type = type(of: product.results[0])
    guard product.operation.isConvolution else { return Shape([type.shape[type.rank - 1]]) }
    return Shape([type.shape[1]] + [Dimension](repeating: 1, count: type.rank - 2))
  }

  /// The graph with other numbers in some constants.
  func replacingConstants(_ data: [ValueID: TensorData]) -> Graph {
    rebuilt { node, result in
      guard case .constant(let constant) = node.operation, let new = data[node.results[0]] else {
        return result.copy(node, typed: node.results.map { type(of: $0) })
      }
      return [result.constant(new, name: constant.name)]
    }
  }
}

extension Pointwise {
  /// The operand that operand `place` is added to, once and nowhere else used.
  fileprivate func addend(of place: Int) -> Int? {
    let uses = steps.filter { step in step.arguments.contains { steps[$0] == .operand(place) } }
    guard uses.count == 1, case .binary(.add, let a, let b) = uses[0],
      case .operand(let other) = steps[steps[a] == .operand(place) ? b : a], other != place
    else { return nil }
    return other
  }
}
