internal import ApusIR

private let rate = Scalar.operand(0)
private let steps = Scalar.convert(.operand(1), .f64)
private let weight = Scalar.operand(2)
private let gradient = Scalar.operand(3)
private let first = Scalar.operand(4)
private let second = Scalar.operand(5)

extension OperatorRule {
  /// Steps of optimizers (ai.onnx.preview.training 1): formulas for each of several tensors.
  static let training: [OperatorRule] = [
    optimizer("Momentum", states: 1) { node throws(ImportFailure) in
      let slope = try node.regularized()
      let (alpha, beta) = (try node.real("alpha", default: 0), try node.real("beta", default: 0))
      let mode = try node.text("mode", default: "")
      guard ["nesterov", "standard"].contains(mode) else {
        throw .invalid("optimizer-mode", "mode \"\(mode)\" does not exist")
      }
      let isLater = Scalar.compare(.greater, .operand(1), 0)
      let share = Scalar.select(isLater, slope * .real(beta), slope)
      let speed = first * .real(alpha) + share
      let move = mode == "nesterov" ? slope + speed * .real(alpha) : speed
      return [weight - rate * move, speed]
    },
    optimizer("Adagrad", states: 1) { node throws(ImportFailure) in
      let slope = try node.regularized()
      let decay = try node.real("decay_factor", default: 0)
      let epsilon = try node.real("epsilon", default: 1e-6)
      let pace = rate / .convert(steps * .real(decay) + 1, node.element)
      let squares = first + slope * slope
      return [weight - pace * slope / (.unary(.sqrt, squares) + .real(epsilon)), squares]
    },
    optimizer("Adam", states: 2) { node throws(ImportFailure) in
      let slope = try node.regularized()
      let (alpha, beta) = (
        try node.real("alpha", default: 0.9), try node.real("beta", default: 0.999)
      )
      let epsilon = try node.real("epsilon", default: 1e-6)
      let after = try node.real("norm_coefficient_post", default: 0)
      let speed = first * .real(alpha) + slope * .real(1 - alpha)
      let squares = second * .real(beta) + slope * slope * .real(1 - beta)
      func left(_ factor: Double) -> Scalar {
        1 - .binary(.pow, .literal(.float(factor), .f64), steps)
      }
      let correction = Scalar.convert(.unary(.sqrt, left(beta)) / left(alpha), node.element)
      let isLater = Scalar.compare(.greater, .operand(1), 0)
      let pace = Scalar.select(isLater, rate * correction, rate)
      let moved = weight - pace * speed / (.unary(.sqrt, squares) + .real(epsilon))
      return [moved * .real(1 - after), speed, squares]
    },
  ]

  /// An optimizer that keeps `states` tensors per weight.
  ///
  /// The formulas give the new weight, then the new states. Operands: rate, steps, and per tensor
  /// weight, gradient and states.
  private static func optimizer(
    _ name: String, states: Int,
    _ formulas: @escaping @Sendable (inout NodeImporter) throws(ImportFailure) -> [Scalar]
  ) -> OperatorRule {
    OperatorRule(name, domain: "ai.onnx.preview.training") { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 2)
      let count = (operands.count - 2) / (states + 2)
      guard operands.count == 2 + count * (states + 2) else {
        throw .invalid("operand-count", "\(name) takes \(states + 2) tensors per weight")
      }
      let results = try formulas(&node)
      var groups = [[ValueID]](repeating: [], count: results.count)
      let scalars = try operands[..<2].map { value throws(ImportFailure) in
        try node.reshape(value, to: Shape([Int]()))
      }
      for tensor in 0..<count {
        let own = (0..<states + 2).map { operands[2 + $0 * count + tensor] }
        for (place, formula) in results.enumerated() {
          groups[place].append(try node.map(scalars + own, formula))
        }
      }
      return Array(groups.joined())
    }
  }
}

extension NodeImporter {
  /// The element type of the weights.
  fileprivate var element: ElementType { optionalOperand(2).map { type(of: $0).element } ?? .f32 }

  /// The gradient with that of the squared norm of the weights.
  fileprivate mutating func regularized() throws(ImportFailure) -> Scalar {
    weight * .real(try real("norm_coefficient", default: 0)) + gradient
  }
}
