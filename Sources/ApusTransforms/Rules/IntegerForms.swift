internal import ApusIR

extension Pointwise {
  /// The scale and zero point of `saturate(round(x / scale) + zero)` of one operand.
  var quantization: (scale: Double, zero: Int)? {
    guard result.isInteger, result.bitWidth <= 8, operands == [.f32],
      case .convert(let clamped, _)? = steps.last, let (inner, low, high) = clamp(clamped),
      low == Literal.lowest(of: result).real, high == Literal.highest(of: result).real
    else { return nil }
    var (rounded, zero) = (inner, 0)
    if case .binary(.add, let sum, let addend) = steps[inner], let number = number(addend) {
      (rounded, zero) = (sum, Int(number))
    }
    guard case .unary(.round, let quotient) = steps[rounded],
      case .binary(let function, let x, let y) = steps[quotient], steps[x] == .operand(0),
      let scale = number(y)
    else { return nil }
    switch function {
    case .div: return (scale, zero)
    case .mul: return (1 / scale, zero)
    default: return nil
    }
  }

  /// Whether the function ends in a number that is clamped to what the type of the result holds.
  var isClampedCode: Bool {
    guard case .convert(let clamped, _)? = steps.last, types[clamped] == .f32,
      let (_, low, high) = clamp(clamped)
    else { return false }
    return low >= Literal.lowest(of: result).real && high <= Literal.highest(of: result).real
  }

  /// The `y` of `x - y` for integers `x`, in a wider type.
  var offset: Int? {
    var last = steps.count - 1
    // What is converted again holds the difference: that of two bytes, or of 128 and a byte.
    if case .convert(let inner, let type) = steps[last], type.isInteger { last = inner }
    guard case .binary(.sub, let x, let y) = steps[last], let number = number(y),
      isOperand(x), result == .i8 ? number == 128 && operands == [.u8] : result.bitWidth >= 16
    else { return nil }
    return Int(number)
  }

  /// The operands `x` and `y` of `x - y` for integers, in a wider type.
  var movingOffset: (Int, Int)? {
    guard operands.count == 2, result.isInteger, result.bitWidth >= 16, let last = steps.last,
      case .binary(.sub, let x, let y) = last, let stored = operand(x), let zero = operand(y)
    else { return nil }
    return (stored, zero)
  }

  /// The operands of `x + y`.
  var sumOfTwo: (Int, Int)? {
    guard case .binary(.add, let x, let y)? = steps.last, operands.count == 2, steps.count == 3,
      case .operand(let first) = steps[x], case .operand(let second) = steps[y]
    else { return nil }
    return (first, second)
  }

  private func isOperand(_ step: Int) -> Bool { operand(step) != nil }

  private func operand(_ step: Int) -> Int? {
    var step = step
    if case .convert(let inner, let type) = steps[step], type.isInteger { step = inner }
    guard case .operand(let number) = steps[step] else { return nil }
    return number
  }

  private func number(_ step: Int) -> Double? {
    guard case .literal(let literal, _) = steps[step] else { return nil }
    return literal.real
  }

  /// The parts of `max(min(x, high), low)`.
  private func clamp(_ step: Int) -> (inner: Int, low: Double, high: Double)? {
    guard case .binary(.max, let capped, let b) = steps[step], let low = number(b),
      case .binary(.min, let inner, let c) = steps[capped], let high = number(c)
    else { return nil }
    return (inner, low, high)
  }
}
