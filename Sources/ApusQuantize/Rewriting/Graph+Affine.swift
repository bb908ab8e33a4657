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

  /// The weights that integers stand for.
  mutating func dequantized(
    _ weights: ChannelWeights, name: String
  ) throws(OperatorError) -> ValueID {
    try dequantized(
      weights.data, scales: weights.scales, name: name,
      trailing: weights.data.type.rank - weights.axis - 1)
  }

  /// Constant integers with a scale for each index of the axis before the last `trailing` ones.
  mutating func dequantized(
    _ integers: TensorData, scales: [Float], name: String, trailing: Int
  ) throws(OperatorError) -> ValueID {
    let value = constant(integers, name: name.isEmpty ? "" : name + "_quantized")
    let shape = Shape([scales.count] + [Int](repeating: 1, count: trailing))
    let vector = constant(
      TensorData(.f32, [scales.count], scales), name: name.isEmpty ? "" : name + "_scale")
    return try dequantized(
      value, scale: try reshape(vector, to: shape),
      origins: name.isEmpty ? [] : ["DequantizeLinear \(name)_dequantize"])
  }
}
