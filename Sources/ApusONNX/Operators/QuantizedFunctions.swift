internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators of `com.microsoft` that are standard ones between quantized tensors.
  static let quantizedFunctions: [OperatorRule] = [
    quantized("QLinearAdd", "Add", inputs: [0, 3], output: 6),
    quantized("QLinearMul", "Mul", inputs: [0, 3], output: 6),
    quantized("QLinearSigmoid", "Sigmoid", inputs: [0], output: 3),
    quantized("QLinearLeakyRelu", "LeakyRelu", inputs: [0], output: 3),
    OperatorRule("QLinearSoftmax", domain: "com.microsoft") { node throws(ImportFailure) in
      guard let version = try node.integer("opset") else {
        throw .invalid("missing-attribute", "QLinearSoftmax needs opset")
      }
      return [try node.quantized("Softmax", version: version, inputs: [0], output: 3)]
    },
    pool("QLinearAveragePool", "AveragePool"),
    pool("QLinearGlobalAveragePool", "GlobalAveragePool"),
    OperatorRule("QLinearConcat", domain: "com.microsoft") { node throws(ImportFailure) in
      let inputs = Array(stride(from: 2, to: node.operandCount, by: 3))
      guard !inputs.isEmpty else { throw .invalid("operand-count", "QLinearConcat of nothing") }
      return [try node.quantized("Concat", version: 13, inputs: inputs, output: 0)]
    },
    OperatorRule("QGemm", domain: "com.microsoft", gemm),
    OperatorRule("MatMulIntegerToFloat", domain: "com.microsoft") { node throws(ImportFailure) in
      try node.requireOperands(4...7)
      let left = try node.centred(try node.operand(0), node.optionalOperand(4))
      let right = try node.centred(try node.operand(1), node.optionalOperand(5))
      let sum = try node.matmul(left, right)
      return [
        try node.scaled(
          sum, [try node.operand(2), try node.operand(3)], bias: node.optionalOperand(6))
      ]
    },
    OperatorRule("DynamicQuantizeMatMul", domain: "com.microsoft") { node throws(ImportFailure) in
      try node.requireOperands(3...5)
      let left = try node.dynamicallyQuantized(try node.operand(0))
      let right = try node.centred(try node.operand(1), node.optionalOperand(3))
      let sum = try node.matmul(try node.centred(left[0], left[2]), right)
      return [
        try node.scaled(sum, [left[1], try node.operand(2)], bias: node.optionalOperand(4))
      ]
    },
  ]

  private static func quantized(
    _ name: String, _ standard: String, inputs: [Int], output: Int
  ) -> OperatorRule {
    OperatorRule(name, domain: "com.microsoft") { node throws(ImportFailure) in
      try node.requireOperands(output + 1...output + 2)
      return [try node.quantized(standard, version: 21, inputs: inputs, output: output)]
    }
  }

  private static func pool(_ name: String, _ standard: String) -> OperatorRule {
    OperatorRule(name, domain: "com.microsoft") { node throws(ImportFailure) in
      try node.requireOperands(4...5)
      guard try !node.flag("channels_last", default: false) else {
        throw .unsupported("channels-last", "\(name) with channels last")
      }
      return [try node.quantized(standard, version: 21, inputs: [0], output: 3)]
    }
  }

  private static let gemm: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    try node.requireOperands(6...9)
    var (a, b) = (try node.operand(0), try node.operand(3))
    guard node.type(of: a).rank == 2, node.type(of: b).rank == 2 else {
      throw .invalid("gemm-rank", "QGemm takes matrices")
    }
    if try node.flag("transA", default: false) { a = try node.transpose(a, [1, 0]) }
    if try node.flag("transB", default: false) { b = try node.transpose(b, [1, 0]) }
    let alpha = try node.real("alpha", default: 1)
    var sum = try node.matmul(
      try node.centred(a, try node.operand(2)), try node.centred(b, try node.operand(5)))
    if let c = node.optionalOperand(6) { sum = try node.map([sum, c], x + y) }
    let scales = [try node.operand(1), try node.operand(4)]
    guard node.optionalOperand(7) != nil else { return [try node.scaled(sum, scales, by: alpha)] }
    return [try node.requantize(sum, scales, 7, by: alpha)]
  }
}

extension NodeImporter {
  /// A standard operator on dequantized operands, whose result is quantized again.
  ///
  /// - Parameters:
  ///   - inputs: The operands; scale and zero point follow each.
  ///   - output: The operand with the scale of the result, which its zero point follows.
  fileprivate mutating func quantized(
    _ name: String, version: Int, inputs: [Int], output: Int
  ) throws(ImportFailure) -> ValueID {
    var reals: [ValueID] = []
    for place in inputs {
      let scheme = QuantizationScheme(
        scale: try operand(place + 1), zero: optionalOperand(place + 2))
      reals.append(try dequantize(try operand(place), try scheme.single(&self)))
    }
    let result = try standard(name, version: version, reals)
    let zero = optionalOperand(output + 1)
    let target = type(of: zero == nil ? try operand(inputs[0]) : try operand(output + 1)).element
    let scheme = QuantizationScheme(scale: try operand(output), zero: zero)
    return try quantize(result, try scheme.single(&self), as: target)
  }

  /// `sum * (a * b) + bias` in `f32`, as the type of the scales.
  fileprivate mutating func scaled(
    _ sum: ValueID, _ scales: [ValueID], by alpha: Double = 1, bias: ValueID? = nil
  ) throws(ImportFailure) -> ValueID {
    let factors = [try scalarIfSingle(scales[0]), try scalarIfSingle(scales[1])]
    let factor = try map(factors, .convert(x, .f32) * .convert(y, .f32) * .real(alpha))
    let real = Scalar.convert(x, .f32) * y
    let target = type(of: scales[1]).element
    guard let bias else { return try map([sum, factor], .convert(real, target)) }
    return try map([sum, factor, bias], .convert(real + .convert(.operand(2), .f32), target))
  }
}

extension QuantizationScheme {
  /// The scheme of a whole tensor, with parameters of rank 0.
  fileprivate func single(_ node: inout NodeImporter) throws(ImportFailure) -> QuantizationScheme {
    for value in [scale] + [zero].compactMap(\.self)
    where node.type(of: value).shape.elementCount != 1 {
      throw .invalid("scale-shape", "the scale of a whole tensor has one number")
    }
    return QuantizationScheme(
      scale: try node.scalarIfSingle(scale),
      zero: try zero.flatMap { zero throws(ImportFailure) -> ValueID? in
        node.isZero(zero) ? nil : try node.scalarIfSingle(zero)
      })
  }
}
