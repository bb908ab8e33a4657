internal import ApusIR

extension Rule {
  // f(i, m) with f(a, b) = code(f32(a)·b / s) = f'(i, m/s) with f'(a, b) = code(f32(a)·b)
  static let requantize = Rule("requantize") { rewriter, node throws(OperatorError) in
    guard case .map(let map) = node.operation else { return nil }
    let constants = node.operands.indices.filter {
      rewriter.graph.constant(node.operands[$0])?.type.element == .f32
    }
    guard let (function, divisors) = map.function.requantized(constants: Set(constants)) else {
      return nil
    }
    var operands = node.operands
    for (place, divisor) in divisors.sorted(by: { $0.key < $1.key }) {
      guard let data = rewriter.graph.constant(operands[place]),
        let extents = data.type.shape.extents
      else { return nil }
      let quotients = data.elements(as: Float.self).map { $0 / divisor }
      operands[place] = rewriter.constant(TensorData(.f32, extents, quotients))
    }
    return try rewriter.append(.map(Map(function)), operands)
  }
}
