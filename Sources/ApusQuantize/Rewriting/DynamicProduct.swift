internal import ApusIR
internal import ApusONNX

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

/// A tensor after DynamicQuantizeLinear.
struct DynamicOperand {
  /// The integers with the zero point taken off.
  let centred: ValueID
  /// The scale.
  let scale: ValueID
}

extension Graph {
  /// A value as integers of 8 bits over its own range (ONNX DynamicQuantizeLinear), as products of
  /// integers read it.
  mutating func dynamicOperand(
    _ value: ValueID, name: String
  ) throws(OperatorError) -> DynamicOperand {
    let parts = try dynamicallyQuantized(value, name: name)
    let centred = try map(
      [parts[0], parts[2]], .centredByte, origins: ["DynamicQuantizeLinear \(name)"])
    return DynamicOperand(centred: centred, scale: parts[1])
  }

  /// A product of integers (ONNX MatMulInteger, ConvInteger), scaled to real numbers.
  mutating func dynamicProduct(
    _ product: Node, _ operand: DynamicOperand, _ weights: GroupedWeights, name: String
  ) throws(OperatorError) -> ValueID {
    let integers = constant(weights.data, name: name.isEmpty ? "" : name + "_quantized")
    let sum = try add(product.operation, [operand.centred, integers], origins: product.origins)
    var scales = weights.scales
    if product.operation.isConvolution {
      let ones = [Dimension](repeating: 1, count: type(of: sum).rank - 2)
      scales = scales.reshaped(to: Shape(scales.type.shape.dimensions + ones)) ?? scales
    }
    let scale = constant(scales, name: name.isEmpty ? "" : name + "_scale")
    let factor = try map([operand.scale, scale], x * y, origins: product.origins)
    let real = try map([sum], .convert(x, .f32), origins: product.origins)
    return try map([real, factor], x * y, origins: product.origins)
  }
}
