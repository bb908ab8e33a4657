internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Products of quantized tensors: sums of integers, scaled once.
  static let quantizedProducts: [OperatorRule] = [
    OperatorRule("MatMulInteger") { node throws(ImportFailure) in
      try node.requireOperands(2...4)
      let left = try node.centred(
        try node.operand(0),
        try node.optionalOperand(2).map { zero throws(ImportFailure) in try node.perRow(zero) })
      let right = try node.centred(try node.operand(1), node.optionalOperand(3))
      return [try node.matmul(left, right)]
    },
    OperatorRule("ConvInteger") { node throws(ImportFailure) in
      try node.requireOperands(2...4)
      let filter = try node.operand(1)
      let image = try node.centred(try node.operand(0), node.optionalOperand(2))
      return [
        try node.convolution(
          image, try node.centred(filter, try node.perFilter(node.optionalOperand(3), filter)))
      ]
    },
    OperatorRule("QLinearMatMul") { node throws(ImportFailure) in
      try node.requireOperands(8...8)
      let left = try node.centred(
        try node.operand(0), try node.perRow(try node.operand(2)))
      let right = try node.centred(try node.operand(3), try node.operand(5))
      let sum = try node.matmul(left, right)
      let leftScale = try node.perRow(try node.operand(1))
      return [try node.requantize(sum, [leftScale, try node.operand(4)], 6)]
    },
    OperatorRule("QLinearConv") { node throws(ImportFailure) in
      try node.requireOperands(8...9)
      let filter = try node.operand(3)
      let image = try node.centred(try node.operand(0), try node.operand(2))
      var sum = try node.convolution(
        image, try node.centred(filter, try node.perFilter(try node.operand(5), filter)))
      if let bias = node.optionalOperand(8) {
        sum = try node.map([sum, try node.channels(bias, of: sum, "bias")], x + y)
      }
      var scale = try node.scalarIfSingle(try node.operand(4))
      if node.type(of: scale).rank > 0 { scale = try node.channels(scale, of: sum, "scale") }
      return [try node.requantize(sum, [try node.operand(1), scale], 6)]
    },
  ]
}

extension NodeImporter {
  /// A tensor with its zero point taken off: itself without one, `i16` for integers of 8 bits.
  mutating func centred(
    _ value: ValueID, _ zero: ValueID?
  ) throws(ImportFailure) -> ValueID {
    let element = type(of: value).element
    guard let zero, !isZero(zero) else {
      return element.isFloat ? try map([value], .convert(x, .f32)) : value
    }
    guard type(of: zero).element == element else {
      throw .invalid("zero-point", "the zero point has another type than the tensor")
    }
    let wide: ElementType = element.isFloat ? .f32 : element.bitWidth > 8 ? .i32 : .i16
    return try map([value, try scalarIfSingle(zero)], .convert(x, wide) - .convert(y, wide))
  }

  /// A parameter with one number as a number of rank 0.
  mutating func scalarIfSingle(_ value: ValueID) throws(ImportFailure) -> ValueID {
    type(of: value).shape.elementCount == 1 ? try reshape(value, to: Shape([Int]())) : value
  }

  /// A parameter with one number for each row of a matrix, as a column.
  fileprivate mutating func perRow(_ value: ValueID) throws(ImportFailure) -> ValueID {
    guard type(of: value).rank == 1 else { return value }
    return try reshape(value, to: Shape(type(of: value).shape.dimensions + [1]))
  }

  /// A parameter with one number, or one for each filter of a convolution.
  fileprivate mutating func perFilter(
    _ value: ValueID?, _ filter: ValueID
  ) throws(ImportFailure) -> ValueID? {
    guard let value, type(of: value).shape.elementCount != 1 else { return value }
    let shape = type(of: filter).shape
    guard shape.rank > 0, type(of: value).shape == Shape([shape[0]]) else {
      throw .invalid("conv-bias", "the zero point needs one number per filter")
    }
    let ones = [Dimension](repeating: 1, count: shape.rank - 1)
    return try reshape(value, to: Shape([shape[0]] + ones))
  }

  /// `saturate(round(sum * (a * b / scale)) + zero)` with the scale and zero point at two operands
  /// from `place` on; the factor is one `f32`.
  mutating func requantize(
    _ sum: ValueID, _ scales: [ValueID], _ place: Int, by alpha: Double = 1
  ) throws(ImportFailure) -> ValueID {
    let (scale, zero) = (try operand(place), try operand(place + 1))
    let factors = [
      try scalarIfSingle(scales[0]), try scalarIfSingle(scales[1]), try scalarIfSingle(scale),
    ]
    let factor = try map(
      factors,
      .convert(x, .f32) * .convert(y, .f32) * .real(alpha) / .convert(.operand(2), .f32))
    let element = type(of: zero).element
    let real = Scalar.convert(x, .f32) * y
    if isZero(zero) { return try map([sum, factor], .quantized(real, nil, as: element)) }
    return try map(
      [sum, factor, try scalarIfSingle(zero)], .quantized(real, .operand(2), as: element))
  }
}
