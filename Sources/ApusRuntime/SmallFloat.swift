import ApusIR

/// A binary floating-point format of at most 16 bits: sign, exponent, fraction.
struct SmallFloat {
  /// What the largest exponents stand for.
  enum Special {
    /// Infinities and NaN, as in IEEE 754.
    case ieee
    /// NaN only where all bits but the sign are set.
    case allOnes
    /// NaN only where negative zero would be.
    case negativeZero
    /// Numbers like all others.
    case none
  }

  var exponentBits: Int
  var fractionBits: Int
  var bias: Int
  var special: Special

  static let f16 = SmallFloat(exponentBits: 5, fractionBits: 10, bias: 15, special: .ieee)
  static let bf16 = SmallFloat(exponentBits: 8, fractionBits: 7, bias: 127, special: .ieee)

  /// The format of an element type; `nil` for types that are not small floats with a sign.
  init?(_ element: ElementType) {
    switch element {
    case .f16: self = .f16
    case .bf16: self = .bf16
    case .f8e4m3fn: self.init(exponentBits: 4, fractionBits: 3, bias: 7, special: .allOnes)
    case .f8e4m3fnuz: self.init(exponentBits: 4, fractionBits: 3, bias: 8, special: .negativeZero)
    case .f8e5m2: self.init(exponentBits: 5, fractionBits: 2, bias: 15, special: .ieee)
    case .f8e5m2fnuz: self.init(exponentBits: 5, fractionBits: 2, bias: 16, special: .negativeZero)
    case .f6e2m3: self.init(exponentBits: 2, fractionBits: 3, bias: 1, special: .none)
    case .f6e3m2: self.init(exponentBits: 3, fractionBits: 2, bias: 3, special: .none)
    case .f4e2m1: self.init(exponentBits: 2, fractionBits: 1, bias: 1, special: .none)
    case .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .string, .c64, .c128,
      .f8e8m0, .i4, .u4, .i2, .u2:
      return nil
    }
  }

  private init(exponentBits: Int, fractionBits: Int, bias: Int, special: Special) {
    self.exponentBits = exponentBits
    self.fractionBits = fractionBits
    self.bias = bias
    self.special = special
  }

  /// The number that `bits` stand for.
  func decode(_ bits: UInt16) -> Double {
    let magnitudeBits = exponentBits + fractionBits
    let magnitude = Int(bits) & (1 << magnitudeBits - 1)
    let isNegative = Int(bits) >> magnitudeBits & 1 == 1
    let exponent = magnitude >> fractionBits
    let fraction = magnitude & (1 << fractionBits - 1)
    let largest = 1 << exponentBits - 1
    switch special {
    case .ieee where exponent == largest:
      return fraction != 0 ? .nan : isNegative ? -.infinity : .infinity
    case .allOnes where magnitude == 1 << magnitudeBits - 1: return .nan
    case .negativeZero where magnitude == 0 && isNegative: return .nan
    case .ieee, .allOnes, .negativeZero, .none: break
    }
    let significand = exponent == 0 ? fraction : fraction + 1 << fractionBits
    let scale = max(exponent, 1) - bias - fractionBits
    let value = Double(sign: .plus, exponent: scale, significand: Double(significand))
    return isNegative ? -value : value
  }

  /// The nearest number's bits, ties to even; only for formats with infinities.
  func encode(_ value: Double) -> UInt16 {
    let sign = value.sign == .minus ? 1 << (exponentBits + fractionBits) : 0
    let infinity = (1 << exponentBits - 1) << fractionBits
    if value.isNaN { return UInt16(sign | infinity | 1 << (fractionBits - 1)) }
    if value.isZero { return UInt16(sign) }
    if value.isInfinite { return UInt16(sign | infinity) }
    let exponent = max(Int(value.exponent), 1 - bias)
    if exponent > bias { return UInt16(sign | infinity) }
    let scale = Double(sign: .plus, exponent: fractionBits - exponent, significand: 1)
    let significand = Int((value.magnitude * scale).rounded(.toNearestOrEven))
    // The significand's leading bit carries into the exponent; so does rounding up.
    let bits = (exponent + bias - 1) << fractionBits + significand
    return UInt16(sign | min(bits, infinity))
  }
}
