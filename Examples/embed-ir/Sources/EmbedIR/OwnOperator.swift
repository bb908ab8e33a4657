import Apus

extension CustomOperator {
  /// `x · tanh(gain · x)`, for floats of 32 bits.
  static func swirl(gain: Float) -> CustomOperator {
    CustomOperator("acme.swirl") { graph, operands throws(OperatorError) in
      guard operands.count == 1, graph.type(of: operands[0]).element == .f32 else {
        throw OperatorError("swirl takes one tensor of f32", id: "acme-swirl")
      }
      let x = Scalar.operand(0)
      return [try graph.map(operands, x * .unary(.tanh, x * .real(Double(gain))))]
    }
  }
}

extension CustomImport {
  /// Nodes `Swirl` of the domain `acme`, whose attribute `gain` is 1 when it is left out.
  static let swirl = CustomImport("Swirl", domain: "acme") {
    attributes throws(OperatorError) in
    var rest = attributes
    var gain: Float = 1
    if let given = rest.removeValue(forKey: "gain") {
      guard case .real(let value) = given else {
        throw OperatorError("gain is no number", id: "acme-swirl")
      }
      gain = value
    }
    guard rest.isEmpty else { throw OperatorError("unknown attribute", id: "acme-swirl") }
    return .swirl(gain: gain)
  }
}

/// A graph of one swirl.
func makeSwirl(gain: Float) throws -> Graph {
  var graph = Graph(name: "swirl")
  let x = graph.addInput("x", TensorType(.f32, [3]))
  graph.addOutput(try graph.append(.swirl(gain: gain), [x])[0], name: "y")
  return graph
}
