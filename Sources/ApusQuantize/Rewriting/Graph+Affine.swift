internal import ApusIR
internal import ApusONNX

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

/// Maps between real numbers and stored ones, as the importer writes them for QuantizeLinear and
/// DequantizeLinear.
extension Graph {
  /// A value after it was stored as integers and read again.
  mutating func stored(
    _ value: ValueID, as parameters: AffineParameters, name: String
  ) throws(OperatorError) -> ValueID {
    let element = parameters.element
    let scale = constant(TensorData(.f32, [], [parameters.scale]), name: name + "_scale")
    let zero: ValueID? =
      parameters.zero == 0
      ? nil
      : constant(TensorData(scalar: Double(parameters.zero), element), name: name + "_zero_point")
    let integers = try map(
      [value, scale] + [zero].compactMap(\.self),
      .quantizedLinearly(
        x, y, zero.map { _ in .operand(2) }, as: element, precision: .f32),
      origins: name.isEmpty ? [] : ["QuantizeLinear \(name)_quantize"])
    return try dequantized(
      integers, scale: scale, zero: zero,
      origins: name.isEmpty ? [] : ["DequantizeLinear \(name)_dequantize"])
  }

  /// The real numbers that stored ones stand for; scale and zero point broadcast.
  mutating func dequantized(
    _ value: ValueID, scale: ValueID, zero: ValueID? = nil, origins: [String] = []
  ) throws(OperatorError) -> ValueID {
    try map(
      [value, scale] + [zero].compactMap(\.self),
      .dequantizedLinearly(
        x, y, zero.map { _ in .operand(2) }, from: type(of: value).element, as: .f32),
      origins: origins)
  }

  /// The weights of a product as real numbers that are read from how they are stored; `nil` when
  /// they are not stored otherwise.
  mutating func storedWeights(
    of product: Node, _ weights: ProductWeights, name: String
  ) throws(OperatorError) -> ValueID? {
    guard let data = weights.graph.constant(product.operands[1]) else { return nil }
    let format = weights.format(of: product)
    if format == .fp16 || format == .bf16 {
      guard let small = data.rounded(to: format == .fp16 ? .f16 : .bf16) else { return nil }
      let stored = constant(small, name: name.isEmpty ? "" : "\(name)_\(format.rawValue)")
      return try map(
        [stored], .convert(x, .f32), origins: name.isEmpty ? [] : ["Cast \(name)_cast"])
    }
    return try weights.grouped(product).map { groups throws(OperatorError) in
      try dequantized(groups, name: name)
    }
  }

  /// The weights that stored ones stand for.
  private mutating func dequantized(
    _ weights: GroupedWeights, name: String
  ) throws(OperatorError) -> ValueID {
    let value = constant(weights.data, name: name.isEmpty ? "" : name + "_quantized")
    var scale = constant(weights.scales, name: name.isEmpty ? "" : name + "_scale")
    var zero = weights.zeros.map {
      constant($0, name: name.isEmpty ? "" : name + "_zero_point")
    }
    scale = try spread(scale, like: weights)
    if let given = zero { zero = try spread(given, like: weights) }
    return try dequantized(
      value, scale: scale, zero: zero,
      origins: name.isEmpty ? [] : ["DequantizeLinear \(name)_dequantize"])
  }

  /// A parameter so that it broadcasts over weights, in the form that the importer gives it.
  private mutating func spread(
    _ parameter: ValueID, like weights: GroupedWeights
  ) throws(OperatorError) -> ValueID {
    let (target, axis) = (weights.data.type.shape, weights.axis)
    if weights.block == 0 {
      let ones = [Dimension](repeating: 1, count: target.rank - axis - 1)
      return try reshape(parameter, to: Shape([target[axis]] + ones))
    }
    var extents = type(of: parameter).shape.dimensions
    let count = extents[axis]
    extents.insert(1, at: axis + 1)
    let column = try reshape(parameter, to: Shape(extents))
    extents[axis + 1] = Dimension(weights.block)
    let blocks = try broadcast(column, to: Shape(extents))
    var whole = target
    whole[axis] = count * Dimension(weights.block)
    let long = try reshape(blocks, to: whole)
    return whole == target ? long : try add(.slice(Slice(whole: target)), [long])
  }

  /// A constant vector of integers with a scale each.
  mutating func dequantized(
    _ integers: [Int32], scales: [Float], name: String
  ) throws(OperatorError) -> ValueID {
    let value = constant(
      TensorData(.i32, [integers.count], integers), name: name.isEmpty ? "" : name + "_quantized")
    let scale = constant(
      TensorData(.f32, [scales.count], scales), name: name.isEmpty ? "" : name + "_scale")
    return try dequantized(
      value, scale: scale, origins: name.isEmpty ? [] : ["DequantizeLinear \(name)_dequantize"])
  }
}
