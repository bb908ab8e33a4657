internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Normalizations.
  static let normalizations: [OperatorRule] = [
    OperatorRule("BatchNormalization", batchNormalization),
    OperatorRule("LayerNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      let result = try node.normalized(centered: true)
      return node.node.outputs.count == 1 ? [result] : [result] + (try node.statistics())
    },
    OperatorRule("RMSNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      return [try node.normalized(centered: false)]
    },
    OperatorRule("SimplifiedLayerNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      return [try node.normalized(centered: false)]
    },
    OperatorRule("GroupNormalization") { node throws(ImportFailure) in
      _ = try node.integer("stash_type", default: 1)
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let (groups, epsilon) = (
        try node.integer("num_groups", default: 0), try node.real("epsilon", default: 1e-5)
      )
      guard shape.rank >= 2, groups > 0, let channels = shape[1].constant,
        channels % groups == 0
      else { throw .invalid("group-count", "\(groups) groups of the channels of \(shape)") }
      let rows = [shape[0], Dimension(groups), shape.elementCount / (shape[0] * Dimension(groups))]
      let result = try node.add(
        .normalize(Normalize(axis: 2, centered: true, epsilon: epsilon)),
        [try node.reshape(value, to: Shape(rows))])
      var factors: [ValueID] = []
      for operand in [try node.operand(1), try node.operand(2)] {
        // Before opset 21 there is one number per group.
        let given = node.type(of: operand).shape
        guard node.version < 21, given == Shape([groups]) else {
          factors.append(operand)
          continue
        }
        let wide = try node.broadcast(
          try node.reshape(operand, to: Shape([groups, 1])),
          to: Shape([groups, channels / groups]))
        factors.append(try node.reshape(wide, to: Shape([channels])))
      }
      return [try node.scaledByChannel(try node.reshape(result, to: shape), factors[0], factors[1])]
    },
    OperatorRule("MeanVarianceNormalization") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let given = try node.integers("axes") ?? [0, 2, 3]
      let axes = try node.axes(given, rank: node.type(of: value).rank)
      let mean = try node.reduced(value, .sum, axes: axes, after: .mean)
      let centered = try node.map([value, mean], x - y)
      let variance = try node.reduced(
        try node.map([centered], x * x), .sum, axes: axes, after: .mean)
      return [try node.map([centered, variance], x / (.unary(.sqrt, y) + 1e-9))]
    },
    OperatorRule("LpNormalization") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let axis = try node.axis(
        try node.integer("axis", default: -1), rank: node.type(of: value).rank)
      let power = try node.integer("p", default: 2)
      guard (1...2).contains(power) else { throw .invalid("norm-power", "p is \(power)") }
      let magnitude = power == 1 ? Scalar.unary(.absolute, x) : x * x
      let sum = try node.add(
        .reduce(Reduce(.sum, axes: [axis])), [try node.map([value], magnitude)])
      let norm = power == 1 ? y : Scalar.unary(.sqrt, y)
      return [try node.map([value, sum], .select(.compare(.equal, y, 0), 0, x / norm))]
    },
    OperatorRule("LRN") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let (alpha, beta) = (
        try node.real("alpha", default: 0.0001), try node.real("beta", default: 0.75)
      )
      let bias = try node.real("bias", default: 1)
      let size = try node.integer("size", default: 0)
      guard size >= 1, size < 1 << 31, shape.rank >= 3 else {
        throw .invalid("lrn-size", "LRN over \(size) channels of rank \(shape.rank)")
      }
      let columns = Shape([shape[0], 1, shape[1], shape.dimensions[2...].reduce(1, *)])
      let squares = try node.reshape(try node.map([value], x * x), to: columns)
      let window = Window(
        extents: [size, 1], strides: [1, 1], dilations: [1, 1], before: [(size - 1) / 2, 0],
        after: [size / 2, 0])
      let sums = try node.reshape(
        try node.add(.pool(Pool(.sum, window: window)), [squares]), to: shape)
      let scale = y * .real(alpha / Double(size)) + .real(bias)
      return [try node.map([value, sums], x / .binary(.pow, scale, .real(beta)))]
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
      let momentum = try node.real("momentum", default: 0.9)
      _ = try node.flag("is_test", default: true)
      _ = try node.integer("spatial", default: 1)
      var operands = try node.allOperands(atLeast: 5, atMost: 5)
      var running: [ValueID] = []
      if try node.flag("training_mode", default: false) {
        for (place, current) in try node.channelMoments(operands[0]).enumerated() {
          running.append(
            try node.map(
              [operands[3 + place], current], x * .real(momentum) + y * .real(1 - momentum)))
          operands[3 + place] = current
        }
      }
      for place in 1...4 {
        operands[place] = try node.channels(operands[place], of: operands[0])
      }
      // scale / sqrt(variance + epsilon), and bias - mean * that
      let factor = try node.map(
        [operands[1], operands[4]], x / .unary(.sqrt, y + .real(epsilon)))
      let offset = try node.map(
        [operands[2], operands[3], factor], x - y * .operand(2))
      return [try node.map([operands[0], factor, offset], x * y + .operand(2))] + running
    }
}

extension NodeImporter {
  /// Mean and variance of each channel (axis 1).
  fileprivate mutating func channelMoments(_ value: ValueID) throws(ImportFailure) -> [ValueID] {
    let shape = type(of: value).shape
    let axes = (0..<shape.rank).filter { $0 != 1 }
    guard shape.rank >= 2 else { throw .invalid("batchnorm-rank", "the data has no channels") }
    let mean = try reduced(value, .sum, axes: axes, after: .mean)
    let squares = try map([value, mean], (x - y) * (x - y))
    let variance = try reduced(squares, .sum, axes: axes, after: .mean)
    let channels = Shape([shape[1]])
    return [try reshape(mean, to: channels), try reshape(variance, to: channels)]
  }

  /// Mean and inverse deviation of each row of a LayerNormalization, in `f32`.
  fileprivate mutating func statistics() throws(ImportFailure) -> [ValueID] {
    let value = try converted(try operand(0), to: .f32)
    let rank = type(of: value).rank
    let axes = Array(try axis(try integer("axis", default: -1), rank: rank)..<rank)
    let epsilon = try real("epsilon", default: 1e-5)
    let mean = try reduced(value, .sum, axes: axes, after: .mean)
    let squares = try map([value, mean], (x - y) * (x - y))
    let variance = try reduced(squares, .sum, axes: axes, after: .mean)
    return [mean, try map([variance], 1 / .unary(.sqrt, x + .real(epsilon)))]
  }

  /// `value * factor + offset` with one factor and offset per channel (axis 1).
  mutating func scaledByChannel(
    _ value: ValueID, _ factor: ValueID, _ offset: ValueID
  ) throws(ImportFailure) -> ValueID {
    let operands = [value, try channels(factor, of: value), try channels(offset, of: value)]
    return try map(operands, x * y + .operand(2))
  }

  /// A vector as what is broadcast along axis 1 of a value.
  fileprivate mutating func channels(
    _ vector: ValueID, of value: ValueID
  ) throws(ImportFailure) -> ValueID {
    let ones = [Dimension](repeating: 1, count: max(type(of: value).rank - 2, 0))
    return try reshape(vector, to: Shape(type(of: vector).shape.dimensions + ones))
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
