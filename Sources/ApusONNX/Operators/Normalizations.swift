internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Normalizations.
  static let normalizations: [OperatorRule] = [
    OperatorRule("BatchNormalization", batchNormalization),
    OperatorRule("LayerNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      guard node.node.outputs.count == 1 else {
        throw .unsupported("layernorm-outputs", "LayerNormalization with mean and deviation")
      }
      return [try node.normalized(centered: true)]
    },
    OperatorRule("RMSNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      return [try node.normalized(centered: false)]
    },
    OperatorRule("SimplifiedLayerNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      return [try node.normalized(centered: false)]
    },
    OperatorRule("InstanceNormalization") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let epsilon = try node.real("epsilon", default: 1e-5)
      let result = try node.add(
        .normalize(Normalize(axis: 2, centered: true, epsilon: epsilon)), [value])
      return [try node.scaledByChannel(result, try node.operand(1), try node.operand(2))]
    },
  ]

  private static let batchNormalization:
    @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
      node throws(ImportFailure) in
      let epsilon = try node.real("epsilon", default: 1e-5)
      _ = try node.real("momentum", default: 0.9)
      _ = try node.flag("is_test", default: true)
      _ = try node.integer("spatial", default: 1)
      guard try !node.flag("training_mode", default: false) else {
        throw .unsupported("batchnorm-training", "BatchNormalization in training mode")
      }
      let operands = try node.allOperands(atLeast: 5, atMost: 5)
      // scale / sqrt(variance + epsilon), and bias - mean * that
      let factor = try node.map(
        [operands[1], operands[4]], x / .unary(.sqrt, y + .real(epsilon)))
      let offset = try node.map(
        [operands[2], operands[3], factor], x - y * .operand(2))
      return [try node.scaledByChannel(operands[0], factor, offset)]
    }
}

extension NodeImporter {
  /// `value * factor + offset` with one factor and offset per channel (axis 1).
  mutating func scaledByChannel(
    _ value: ValueID, _ factor: ValueID, _ offset: ValueID
  ) throws(ImportFailure) -> ValueID {
    let ones = [Dimension](repeating: 1, count: max(type(of: value).rank - 2, 0))
    var operands = [value]
    for vector in [factor, offset] {
      operands.append(try reshape(vector, to: Shape(type(of: vector).shape.dimensions + ones)))
    }
    return try map(operands, x * y + .operand(2))
  }

  /// The core of a normalization with its scale and bias.
  fileprivate mutating func normalized(centered: Bool) throws(ImportFailure) -> ValueID {
    let value = try operand(0)
    let axis = try self.axis(try integer("axis", default: -1), rank: type(of: value).rank)
    let epsilon = try real("epsilon", default: 1e-5)
    var result = try add(
      .normalize(Normalize(axis: axis, centered: centered, epsilon: epsilon)), [value])
    if let scale = optionalOperand(1) { result = try map([result, scale], x * y) }
    if let bias = optionalOperand(2) { result = try map([result, bias], x + y) }
    return result
  }
}
