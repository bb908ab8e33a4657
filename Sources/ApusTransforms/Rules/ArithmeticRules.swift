internal import ApusIR

extension Rule {
  /// Simpler formulas with the same value.
  static let arithmetic: [Rule] = [
    // f(x, constant of one element) = g(x) with the number in the formula
    Rule("literal-operand") { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation, node.operands.count > 1 else { return nil }
      for (place, operand) in node.operands.enumerated() {
        guard let data = rewriter.graph.constant(operand), data.count == 1,
          let literal = data.literal
        else { continue }
        let constant = Pointwise(literal, data.type.element)
        let (function, keys) = map.function.substituting(
          constant, at: place, keys: Array(node.operands.indices), innerKeys: [])
        let operands = keys.map { node.operands[$0] }
        guard !keys.isEmpty, rewriter.keepsShape(node, mapping: operands) else { continue }
        return try rewriter.append(.map(Map(function)), operands)
      }
      return nil
    },
    // map(x, identity) = x
    Rule("identity-map") { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation, node.operands.count == 1,
        map.function == .identity(map.function.result)
      else { return nil }
      return node.operands
    },
    Rule("simpler-formula") { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation, let simpler = map.function.simplified else {
        return nil
      }
      return try rewriter.append(.map(Map(simpler)), node.operands)
    },
  ]
}

extension TensorData {
  /// The number of a tensor with one element of a type that formulas can hold.
  fileprivate var literal: Literal? {
    switch type.element {
    case .f32: .float(Double(elements(as: Float.self)[0]))
    case .f64: .float(elements(as: Double.self)[0])
    case .i64: .integer(Int(elements(as: Int64.self)[0]))
    case .i32: .integer(Int(elements(as: Int32.self)[0]))
    case .i16: .integer(Int(elements(as: Int16.self)[0]))
    case .u16: .integer(Int(elements(as: UInt16.self)[0]))
    case .i8: .integer(Int(elements(as: Int8.self)[0]))
    case .u8: .integer(Int(elements(as: UInt8.self)[0]))
    case .bool: .integer(elements(as: UInt8.self)[0] == 0 ? 0 : 1)
    default: nil
    }
  }
}
