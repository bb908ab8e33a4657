package import ApusIR

private let x = Scalar.operand(0)

extension OperatorRule {
  /// Operators between real numbers and quantized ones.
  static let quantization: [OperatorRule] = [
    OperatorRule("QuantizeLinear", quantizeLinear),
    OperatorRule("DequantizeLinear", dequantizeLinear),
    OperatorRule("QuantizeLinear", domain: "com.microsoft", quantizeLinear),
    OperatorRule("DequantizeLinear", domain: "com.microsoft", dequantizeLinear),
    OperatorRule("DynamicQuantizeLinear") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      return try node.dynamicallyQuantized(try node.operand(0))
    },
  ]

  private static let quantizeLinear:
    @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
      node throws(ImportFailure) in
      try node.requireOperands(2...3)
      let value = try node.operand(0)
      var scheme = try node.scheme(of: value)
      scheme.saturates = try node.flag("saturate", default: true)
      let declared = try node.optionalElementType("output_dtype")
      let implied = node.optionalOperand(2).map { node.type(of: $0).element }
      guard declared == nil || implied == nil || declared == implied else {
        throw .invalid("output-dtype", "output_dtype differs from the type of the zero point")
      }
      let scale = node.type(of: scheme.scale).element
      let precision = try node.optionalElementType("precision") ?? scale
      return [
        try node.quantize(
          value, scheme, as: implied ?? declared ?? .u8,
          precision: precision == .f8e8m0 ? .f32 : precision)
      ]
    }

  private static let dequantizeLinear:
    @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
      node throws(ImportFailure) in
      try node.requireOperands(2...3)
      let value = try node.operand(0)
      let scheme = try node.scheme(of: value)
      if let zero = node.optionalOperand(2),
        node.type(of: zero).element != node.type(of: value).element
      {
        throw .invalid("zero-point", "the zero point has another type than the tensor")
      }
      let scale = node.type(of: scheme.scale).element
      return [
        try node.dequantize(
          value, scheme, as: try node.optionalElementType("output_dtype") ?? scale)
      ]
    }
}

/// What quantized numbers stand for: `real = scale * (stored - zero)`.
struct QuantizationScheme {
  /// Broadcasts over the tensor.
  var scale: ValueID
  /// Broadcasts over the tensor; `nil` for 0.
  var zero: ValueID?
  /// Whether floats of 8 bits saturate.
  var saturates = true
}

extension NodeImporter {
  /// Operands 1 and 2 as a scheme: per tensor, per element of an axis, or per block along it.
  fileprivate mutating func scheme(
    of value: ValueID
  ) throws(ImportFailure) -> QuantizationScheme {
    let (axis, block) = (
      try integer("axis", default: 1), try integer("block_size", default: 0)
    )
    let (scale, zero) = (try operand(1), optionalOperand(2))
    return QuantizationScheme(
      scale: try spread(scale, over: value, axis: axis, block: block),
      zero: try zero.flatMap { zero throws(ImportFailure) -> ValueID? in
        isZero(zero) ? nil : try spread(zero, over: value, axis: axis, block: block)
      })
  }

  /// Whether a value is a constant of zeros only.
  func isZero(_ value: ValueID) -> Bool {
    graph.constant(value)?.withBytes { $0.allSatisfy { $0 == 0 } } ?? false
  }

  /// A parameter of quantization so that it broadcasts over a tensor.
  mutating func spread(
    _ parameter: ValueID, over value: ValueID, axis: Int, block: Int
  ) throws(ImportFailure) -> ValueID {
    let (shape, target) = (type(of: parameter).shape, type(of: value).shape)
    if shape.elementCount == 1 { return try reshape(parameter, to: Shape([Int]())) }
    let axis = try self.axis(axis, rank: target.rank)
    if block == 0 {
      guard shape.rank == 1, shape[0] == target[axis] else {
        throw .invalid("scale-shape", "a scale of shape \(shape) for axis \(axis) of \(target)")
      }
      let after = [Dimension](repeating: 1, count: target.rank - axis - 1)
      return try reshape(parameter, to: Shape(shape.dimensions + after))
    }
    guard let extent = target[axis].constant, let count = shape.rank > axis ? shape[axis] : nil
    else { throw .unsupported("symbolic-extent", "blocks along an axis of unknown extent") }
    let size = min(block, max(extent, 1))
    var expected = target
    expected[axis] = Dimension((extent + size - 1) / size)
    guard block > 0, shape == expected else {
      throw .invalid("scale-shape", "a scale of shape \(shape) for blocks of \(block) in \(target)")
    }
    var repeated = shape.dimensions
    repeated.insert(1, at: axis + 1)
    let column = try reshape(parameter, to: Shape(repeated))
    repeated[axis + 1] = Dimension(size)
    let blocks = try broadcast(column, to: Shape(repeated))
    expected[axis] = count * Dimension(size)
    let long = try reshape(blocks, to: expected)
    return expected == target ? long : try add(.slice(Slice(whole: target)), [long])
  }

  /// `saturate(round(x / scale) + zero)`, the quotient rounded to a precision.
  mutating func quantize(
    _ value: ValueID, _ scheme: QuantizationScheme, as target: ElementType,
    precision: ElementType = .f32
  ) throws(ImportFailure) -> ValueID {
    guard [.f32, .f64, .f16, .bf16].contains(precision) else {
      throw .invalid("precision", "no division in \(precision)")
    }
    let operands = [value, scheme.scale] + [scheme.zero].compactMap(\.self)
    return try map(
      operands,
      .quantizedLinearly(
        x, .operand(1), scheme.zero == nil ? nil : .operand(2), as: target, precision: precision,
        saturates: scheme.saturates))
  }

  /// `(x - zero) * scale`, in `f32` and then rounded.
  mutating func dequantize(
    _ value: ValueID, _ scheme: QuantizationScheme, as target: ElementType = .f32
  ) throws(ImportFailure) -> ValueID {
    let operands = [value, scheme.scale] + [scheme.zero].compactMap(\.self)
    return try map(
      operands,
      .dequantizedLinearly(
        x, .operand(1), scheme.zero == nil ? nil : .operand(2), from: type(of: value).element,
        as: target))
  }

  /// `[y, scale, zero]` of DynamicQuantizeLinear: `u8` over the range of the tensor and 0.
  mutating func dynamicallyQuantized(_ value: ValueID) throws(ImportFailure) -> [ValueID] {
    let axes = Array(0..<type(of: value).rank)
    let one = Shape([Int]())
    let high = try reshape(try add(.reduce(Reduce(.max, axes: axes)), [value]), to: one)
    let low = try reshape(try add(.reduce(Reduce(.min, axes: axes)), [value]), to: one)
    let scale = try map([high, low], .dynamicScale)
    let zero = try map([low, scale], .dynamicZero)
    return [
      try quantize(value, QuantizationScheme(scale: scale, zero: zero), as: .u8), scale, zero,
    ]
  }

  /// A type attribute that may be left out or 0.
  fileprivate mutating func optionalElementType(
    _ name: String
  ) throws(ImportFailure) -> ElementType? {
    let number = try integer(name, default: 0)
    guard number != 0 else { return nil }
    guard let type = ElementType(onnxDataType: number) else {
      throw .invalid("element-type", "attribute \"\(name)\" is no element type")
    }
    return type
  }
}

extension Graph {
  /// `[y, scale, zero]` as the importer writes them for DynamicQuantizeLinear.
  ///
  /// - Throws: `OperatorError` for other tensors than those of `f32`.
  package mutating func dynamicallyQuantized(
    _ value: ValueID, name: String
  ) throws(OperatorError) -> [ValueID] {
    var importer = NodeImporter(graph: self)
    let node = ONNXNode(
      name: name, operatorType: "DynamicQuantizeLinear", domain: "", overload: "", inputs: [],
      outputs: [], attributes: [])
    importer.begin(node, version: 11, operands: [])
    do {
      let results = try importer.dynamicallyQuantized(value)
      self = importer.graph
      return results
    } catch {
      throw OperatorError(error.message, id: error.id)
    }
  }
}

extension Scalar {
  /// The scale of DynamicQuantizeLinear from the largest and the smallest number.
  static var dynamicScale: Scalar {
    let (top, bottom) = (Scalar.max(.operand(0), 0), Scalar.min(.operand(1), 0))
    return .select(.compare(.equal, top, bottom), 1, (top - bottom) / 255)
  }

  /// The zero point of DynamicQuantizeLinear from the smallest number and the scale.
  static var dynamicZero: Scalar {
    .quantized(-(Scalar.min(x, 0) / .operand(1)), nil, as: .u8)
  }

  /// A number of 8 bits with its zero point taken off, as `i16`.
  package static var centredByte: Scalar {
    .convert(.operand(0), .i16) - .convert(.operand(1), .i16)
  }

  /// `saturate(round(x / scale) + zero)`, the quotient rounded to a precision.
  package static func quantizedLinearly(
    _ x: Scalar, _ scale: Scalar, _ zero: Scalar?, as target: ElementType, precision: ElementType,
    saturates: Bool = true
  ) -> Scalar {
    let wide: ElementType = precision == .f64 ? .f64 : .f32
    let quotient: Scalar =
      .convert(.convert(x, precision), wide) / .convert(.convert(scale, precision), wide)
    return .quantized(
      .convert(.convert(quotient, precision), wide), zero, as: target, in: wide,
      saturates: saturates)
  }

  /// `(x - zero) * scale`, in `f32` and then rounded.
  package static func dequantizedLinearly(
    _ x: Scalar, _ scale: Scalar, _ zero: Scalar?, from source: ElementType, as target: ElementType
  ) -> Scalar {
    let wide: ElementType = source.isInteger ? .i32 : .f32
    let centred: Scalar = zero.map { .convert(x, wide) - .convert($0, wide) } ?? .convert(x, wide)
    return .convert(.convert(centred, .f32) * .convert(scale, .f32), target)
  }

  /// A real number as a quantized one: to the nearest integer, ties to even, plus a zero point,
  /// saturating; floats are rounded themselves.
  static func quantized(
    _ real: Scalar, _ zero: Scalar?, as target: ElementType, in wide: ElementType = .f32,
    saturates: Bool = true
  ) -> Scalar {
    let rounded: Scalar = target.isFloat ? real : .unary(.round, real)
    let shifted = zero.map { rounded + .convert($0, wide) } ?? rounded
    if target.isFloat { return shifted.cast(from: wide, to: target, saturates: saturates) }
    let (low, high) = (Literal.lowest(of: target).real, Literal.highest(of: target).real)
    return .convert(.max(.min(shifted, .real(high)), .real(low)), target)
  }
}
