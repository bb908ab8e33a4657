internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators that are one formula.
  static let elementwise: [OperatorRule] = [
    unary("Abs", .unary(.absolute, x)), unary("Neg", -x), unary("Sign", .unary(.sign, x)),
    unary("Sqrt", .unary(.sqrt, x)), unary("Exp", .exp(x)), unary("Log", .unary(.log, x)),
    unary("Sin", .unary(.sin, x)), unary("Cos", .unary(.cos, x)), unary("Tan", .unary(.tan, x)),
    unary("Asin", .unary(.asin, x)), unary("Acos", .unary(.acos, x)),
    unary("Atan", .unary(.atan, x)), unary("Sinh", .unary(.sinh, x)),
    unary("Cosh", .unary(.cosh, x)), unary("Tanh", .unary(.tanh, x)),
    unary("Asinh", .unary(.asinh, x)), unary("Acosh", .unary(.acosh, x)),
    unary("Atanh", .unary(.atanh, x)), unary("Erf", .unary(.erf, x)),
    unary("Sigmoid", .unary(.sigmoid, x)), unary("Reciprocal", .unary(.reciprocal, x)),
    unary("Floor", .unary(.floor, x)), unary("Ceil", .unary(.ceil, x)),
    unary("Round", .unary(.round, x)), unary("Not", .unary(.not, x)),
    unary("BitwiseNot", .unary(.not, x)), unary("IsNaN", .unary(.isNaN, x)),
    unary("Relu", .max(x, 0)),
    // log(1 + exp(x)) without overflow: max(x, 0) + log(1 + exp(-|x|))
    unary("Softplus", .max(x, 0) + .unary(.log, .exp(-.unary(.absolute, x)) + 1)),
    unary("Softsign", x / (.unary(.absolute, x) + 1)),
    unary("HardSwish", x * .max(.min(x * 0.16666666666666666 + 0.5, 1), 0)),
    // x * tanh(softplus(x))
    unary(
      "Mish", x * .unary(.tanh, .max(x, 0) + .unary(.log, .exp(-.unary(.absolute, x)) + 1))),

    binary("Add", x + y), binary("Sub", x - y), binary("Mul", x * y), binary("Div", x / y),
    binary("And", .binary(.and, x, y)), binary("Or", .binary(.or, x, y)),
    binary("Xor", .binary(.xor, x, y)), binary("BitwiseAnd", .binary(.and, x, y)),
    binary("BitwiseOr", .binary(.or, x, y)), binary("BitwiseXor", .binary(.xor, x, y)),
    binary("Equal", .compare(.equal, x, y)), binary("Less", .compare(.less, x, y)),
    binary("Greater", .compare(.greater, x, y)),
    binary("LessOrEqual", .compare(.lessOrEqual, x, y)),
    binary("GreaterOrEqual", .compare(.greaterOrEqual, x, y)),
    variadic("Max", .max), variadic("Min", .min), variadic("Sum", .add),
  ]

  /// Elementwise operators with attributes: the formula holds them as literals.
  static let parameterized: [OperatorRule] = [
    OperatorRule("LeakyRelu") { node throws(ImportFailure) in
      let alpha = try node.real("alpha", default: 0.01)
      return [
        try node.map(
          [try node.operand(0)], .leakyRelu(alpha))
      ]
    },
    OperatorRule("PRelu") { node throws(ImportFailure) in
      let value = try node.operand(0)
      var slope = try node.operand(1)
      // Before opset 7 a vector of slopes has one per channel (axis 1).
      let (rank, shape) = (node.type(of: value).rank, node.type(of: slope).shape)
      if node.version < 7, shape.rank == 1, shape[0] != 1, rank > 2 {
        let ones = [Dimension](repeating: 1, count: rank - 2)
        slope = try node.reshape(slope, to: Shape(shape.dimensions + ones))
      }
      return [try node.map([value, slope], .parametricRelu)]
    },
    OperatorRule("Elu") { node throws(ImportFailure) in
      let alpha = try node.real("alpha", default: 1)
      return [
        try node.map(
          [try node.operand(0)], .elu(alpha))
      ]
    },
    OperatorRule("Selu") { node throws(ImportFailure) in
      let alpha = try node.real("alpha", default: 1.6732632423543772)
      let gamma = try node.real("gamma", default: 1.0507009873554805)
      let negative = (.exp(x) - 1) * .real(alpha * gamma)
      return [
        try node.map(
          [try node.operand(0)], .select(.compare(.less, x, 0), negative, x * .real(gamma)))
      ]
    },
    OperatorRule("HardSigmoid") { node throws(ImportFailure) in
      let (alpha, beta) = (
        try node.real("alpha", default: 0.2), try node.real("beta", default: 0.5)
      )
      return [
        try node.map([try node.operand(0)], .max(.min(x * .real(alpha) + .real(beta), 1), 0))
      ]
    },
    OperatorRule("Gelu") { node throws(ImportFailure) in
      let approximation = try node.text("approximate", default: "none")
      return [
        try node.map([try node.operand(0)], .gelu(approximation == "tanh" ? .tanh : .exact))
      ]
    },
    OperatorRule("Swish") { node throws(ImportFailure) in
      let alpha = try node.real("alpha", default: 1)
      return [try node.map([try node.operand(0)], x * .unary(.sigmoid, x * .real(alpha)))]
    },
    OperatorRule("Pow") { node throws(ImportFailure) in
      let operands = try node.broadcastOperands()
      let element = node.type(of: operands[0]).element
      return [try node.map(operands, .binary(.pow, x, .convert(y, element)))]
    },
    OperatorRule("Mod") { node throws(ImportFailure) in
      let truncates = try node.flag("fmod", default: false)
      return [
        try node.map(
          try node.allOperands(atLeast: 2, atMost: 2),
          .binary(truncates ? .truncatedMod : .floorMod, x, y))
      ]
    },
    OperatorRule("Where") { node throws(ImportFailure) in
      [
        try node.map(
          try node.allOperands(atLeast: 3, atMost: 3), .select(x, y, .operand(2)))
      ]
    },
    OperatorRule("Clip", clip),
    OperatorRule("ThresholdedRelu") { node throws(ImportFailure) in
      let alpha = try node.real("alpha", default: 1)
      return [
        try node.map([try node.operand(0)], .select(.compare(.greater, x, .real(alpha)), x, 0))
      ]
    },
    OperatorRule("Celu") { node throws(ImportFailure) in
      let alpha = Scalar.real(try node.real("alpha", default: 1))
      return [
        try node.map(
          [try node.operand(0)], .max(x, 0) + .min((.exp(x / alpha) - 1) * alpha, 0))
      ]
    },
    OperatorRule("Shrink") { node throws(ImportFailure) in
      let (limit, bias) = (
        try node.real("lambd", default: 0.5), Scalar.real(try node.real("bias", default: 0))
      )
      let inner = Scalar.select(.compare(.greater, x, .real(limit)), x - bias, 0)
      return [
        try node.map(
          [try node.operand(0)], .select(.compare(.less, x, .real(-limit)), x + bias, inner))
      ]
    },
    OperatorRule("IsInf") { node throws(ImportFailure) in
      let (low, high) = (
        try node.flag("detect_negative", default: true),
        try node.flag("detect_positive", default: true)
      )
      let isNegative = Scalar.compare(.equal, x, .real(low ? -.infinity : .nan))
      let isPositive = Scalar.compare(.equal, x, .real(high ? .infinity : .nan))
      return [try node.map([try node.operand(0)], .binary(.or, isNegative, isPositive))]
    },
    OperatorRule("SwiGLU") { node throws(ImportFailure) in
      let alpha = try node.real("alpha", default: 1)
      let operands = try node.allOperands(atLeast: 2, atMost: 2)
      guard node.type(of: operands[0]).shape == node.type(of: operands[1]).shape else {
        throw .invalid("broadcast-mismatch", "gate and value differ in shape")
      }
      return [try node.map(operands, x * .unary(.sigmoid, x * .real(alpha)) * y)]
    },
    OperatorRule("Mean") { node throws(ImportFailure) in
      let operands = try node.allOperands()
      var sum = operands[0]
      for operand in operands.dropFirst() { sum = try node.map([sum, operand], x + y) }
      return [try node.map([sum], x / .real(Double(operands.count)))]
    },
    OperatorRule("Binarizer", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let threshold = Scalar.real(try node.real("threshold", default: 0))
      let value = try node.operand(0)
      return [
        try node.map(
          [value], .convert(.compare(.greater, x, threshold), node.type(of: value).element))
      ]
    },
    OperatorRule("BitShift") { node throws(ImportFailure) in
      let direction = try node.text("direction", default: "")
      guard ["LEFT", "RIGHT"].contains(direction) else {
        throw .invalid("shift-direction", "direction \"\(direction)\" does not exist")
      }
      return [
        try node.map(
          try node.allOperands(atLeast: 2, atMost: 2),
          .binary(direction == "LEFT" ? .shiftLeft : .shiftRight, x, y))
      ]
    },
  ]

  private static let clip: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    var result = try node.operand(0)
    let element = node.type(of: result).element
    if node.version < 11 {
      let low = try node.real("min", default: -Double(Float.greatestFiniteMagnitude))
      let high = try node.real("max", default: Double(Float.greatestFiniteMagnitude))
      return [try node.map([result], .min(.max(x, .real(low)), .real(high)))]
    }
    var formula = x
    for (place, function) in [(1, BinaryFunction.max), (2, .min)] {
      guard let bound = node.optionalOperand(place) else { continue }
      if let data = node.graph.constant(bound), data.count == 1, element == .f32 {
        let value = Double(data.elements(as: Float.self)[0])
        formula = .binary(function, formula, .real(value))
      } else {
        result = try node.map([result, bound], .binary(function, formula, y))
        formula = x
      }
    }
    return [formula == x && node.operandCount > 1 ? result : try node.map([result], formula)]
  }
}

extension NodeImporter {
  /// A type attribute, as a number of `TensorProto.DataType`.
  mutating func elementType(_ name: String) throws(ImportFailure) -> ElementType {
    guard let number = try integer(name),
      let type = ElementType(onnxDataType: number)
    else {
      throw .invalid("element-type", "attribute \"\(name)\" is no element type")
    }
    return type
  }
}

/// Formulas of activations, which the exporter finds again.
extension Scalar {
  /// How Gelu is computed.
  enum GeluForm { case exact, tanh }

  /// Gelu of operand 0.
  static func gelu(_ form: GeluForm) -> Scalar {
    let inner: Scalar =
      switch form {
      case .tanh: .unary(.tanh, (x + x * x * x * 0.044715) * 0.7978845608028654)
      case .exact: .unary(.erf, x * 0.7071067811865476)
      }
    return x * 0.5 * (inner + 1)
  }

  /// LeakyRelu of operand 0.
  static func leakyRelu(_ alpha: Double) -> Scalar {
    .select(.compare(.less, x, 0), x * .real(alpha), x)
  }

  /// PRelu of operand 0 with the slope in operand 1.
  static var parametricRelu: Scalar { .select(.compare(.less, x, 0), x * y, x) }

  /// Elu of operand 0.
  static func elu(_ alpha: Double) -> Scalar {
    .select(.compare(.less, x, 0), (.exp(x) - 1) * .real(alpha), x)
  }
}
