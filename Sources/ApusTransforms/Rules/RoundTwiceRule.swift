internal import ApusIR

extension Rule {
  // i32(round(f32(a)·b)) as the upper half of a·q and a shift, where b = q·2^s
  static let roundTwice = Rule("round-twice") { rewriter, node throws(OperatorError) in
    guard case .map(let map) = node.operation else { return nil }
    var constants: [Int: TensorData] = [:]
    for (place, operand) in node.operands.enumerated() {
      guard let data = rewriter.graph.constant(operand), data.type.element == .f32,
        data.elements(as: Float.self).allSatisfy({ $0.fixedPoint != nil })
      else { continue }
      constants[place] = data
    }
    guard let (function, factors) = map.function.roundingTwice(constants: Set(constants.keys))
    else {
      return nil
    }
    var operands = node.operands
    for place in factors.sorted() {
      guard let data = constants[place], let extents = data.type.shape.extents else { return nil }
      let numbers = data.elements(as: Float.self).map { Int64($0.fixedPoint ?? 0) }
      operands[place] = rewriter.constant(TensorData(.i64, extents, numbers))
    }
    return try rewriter.append(.map(Map(function)), operands)
  }
}
