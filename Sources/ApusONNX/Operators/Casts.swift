internal import ApusIR

private let x = Scalar.operand(0)

extension OperatorRule {
  /// Operators that change the type of elements.
  static let casts: [OperatorRule] = [
    OperatorRule("Cast") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      return [try node.cast(try node.operand(0), to: try node.elementType("to"))]
    },
    OperatorRule("CastLike") { node throws(ImportFailure) in
      try node.requireOperands(2...2)
      let target = node.type(of: try node.operand(1)).element
      return [try node.cast(try node.operand(0), to: target)]
    },
    OperatorRule("BitCast") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      let value = try node.operand(0)
      let (source, target) = (node.type(of: value).element, try node.elementType("to"))
      guard source.bitWidth == target.bitWidth, source.isSixBits == target.isSixBits else {
        throw .invalid("bitcast-width", "BitCast of \(source) to \(target), of another width")
      }
      return [try node.map([value], .reinterpret(x, target))]
    },
  ]
}

extension NodeImporter {
  /// A cast that `saturate` and `round_mode` describe.
  fileprivate mutating func cast(
    _ value: ValueID, to target: ElementType
  ) throws(ImportFailure) -> ValueID {
    let saturates = try flag("saturate", default: true)
    let text = try text("round_mode", default: "up")
    guard let rounding = ScaleRounding(rawValue: text) else {
      throw .invalid("round-mode", "round_mode \"\(text)\" does not exist")
    }
    var (number, source) = (x, type(of: value).element)
    if source == .string, target != .string {
      number = .convert(x, target.widestOfKind)
      source = target.widestOfKind
    } else if target == .string, source != .string {
      return try map([value], .convert(.convert(x, source.widestOfKind), .string))
    }
    let formula: Scalar =
      target == .f8e8m0 && source != .f8e8m0
      ? rounding.scale(of: .convert(number, .f32), saturates: saturates)
      : number.cast(from: source, to: target, saturates: saturates)
    return try map([value], formula)
  }
}

extension Scalar {
  /// The value as another type; floats of 8 bits saturate at their largest number or do not.
  func cast(from source: ElementType, to target: ElementType, saturates: Bool) -> Scalar {
    guard saturates, source != target, let largest = target.largestOfEightBits else {
      return .convert(self, target)
    }
    let real = source == .f64 ? self : .convert(self, .f32)
    return .convert(.max(.min(real, .real(largest)), .real(-largest)), target)
  }
}

extension ElementType {
  /// The type that numbers go through on their way from and to strings.
  fileprivate var widestOfKind: ElementType { isFloat ? .f64 : kind == .unsigned ? .u64 : .i64 }

  /// The largest number of a float of 8 bits that can hold infinity or NaN in its place.
  fileprivate var largestOfEightBits: Double? {
    switch self {
    case .f8e4m3fn: 448
    case .f8e4m3fnuz: 240
    case .f8e5m2, .f8e5m2fnuz: 57344
    case .f32, .f64, .f16, .bf16, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .string,
      .c64, .c128, .f8e8m0, .f6e2m3, .f6e3m2, .f4e2m1, .i4, .u4, .i2, .u2:
      nil
    }
  }
}

/// How numbers become powers of 2 (the attribute `round_mode` of Cast, opset 24).
private enum ScaleRounding: String {
  /// The next power of 2 that is not smaller.
  case up
  /// The next power of 2 that is not larger.
  case down
  /// The nearest power of 2, the larger one in the middle.
  case nearest

  /// The exponent of a number as `f8e8m0`, from the bits of its `f32`; signs are lost.
  ///
  /// What is out of range becomes the nearest end of the range, or NaN when nothing saturates.
  func scale(of value: Scalar, saturates: Bool) -> Scalar {
    let bits = Scalar.binary(.and, .reinterpret(value, .i32), 0x7fff_ffff)
    // Added to the fraction, this carries into the exponent; below `first`, 2^-127 is the result.
    let (carry, first): (Scalar, Scalar) =
      switch self {
      case .up: (0x7f_ffff, 0x40_0001)
      case .down: (0, 0x80_0000)
      case .nearest: (0x40_0000, 0x60_0000)
      }
    let exponent = Scalar.select(bits < first, 0, .binary(.shiftRight, bits + carry, 23))
    let code: Scalar =
      saturates
      ? .select(bits > 0x7f80_0000, 255, .min(exponent, 254))
      : .select(.binary(.or, bits < 0x40_0000, bits > 0x7f7f_ffff), 255, exponent)
    return .reinterpret(.convert(code, .u8), .f8e8m0)
  }
}
