extension Pointwise {
  /// The function with quotients of sums of integers as products, and codes clamped before they
  /// are rounded: `round(i·s / t)` is `round(i·(s / t))` with one factor.
  ///
  /// - Parameter constants: The operands that are constant, so that they can be divided now.
  /// - Returns: The function and what operands are to be divided by; `nil` when there is nothing to
  ///   do, or the function reads no sums.
  public func requantized(constants: Set<Int>) -> (function: Pointwise, divisors: [Int: Float])? {
    guard operands.contains(.i32), types.contains(.f32) else { return nil }
    var writer = Requantization(
      source: self, constants: constants, result: Pointwise(empty: operands))
    for place in steps.indices { writer.write(place) }
    guard writer.changed, let last = writer.moved.last else { return nil }
    writer.result.makeLast(last)
    return (writer.result, writer.divisors)
  }
}

/// A function that is being written anew.
private struct Requantization {
  let source: Pointwise
  let constants: Set<Int>
  var result: Pointwise
  /// The place of each step of the source in the result.
  var moved: [Int] = []
  var divisors: [Int: Float] = [:]
  var changed = false

  mutating func write(_ place: Int) {
    let step = source.steps[place].renumbered { moved[$0] }
    let type = source.types[place]
    if case .binary(.div, let a, let b) = source.steps[place], type == .f32,
      let divisor = real(source, b), divisor > 0, divisor < .infinity
    {
      changed = true
      moved.append(quotient(a, divisor))
    } else if let code = code(step) {
      changed = true
      moved.append(code)
    } else {
      moved.append(result.append(step, type))
    }
  }

  private func real(_ function: Pointwise, _ place: Int) -> Float? {
    guard case .literal(let literal, .f32) = function.steps[place] else { return nil }
    return Float(literal.real)
  }

  private mutating func number(_ value: Float) -> Int {
    result.append(.literal(.float(Double(value)), .f32), .f32)
  }

  private mutating func binary(_ function: BinaryFunction, _ a: Int, _ b: Int) -> Int {
    result.append(.binary(function, a, b), .f32)
  }

  /// A step of the source divided by a positive number.
  private mutating func quotient(_ place: Int, _ divisor: Float) -> Int {
    if let value = real(source, place) { return number(value / divisor) }
    switch source.steps[place] {
    case .binary(.mul, let a, let b):
      if let factor = real(source, b) {
        return binary(.mul, moved[a], number(factor / divisor))
      }
      if let factor = constant(b, divisor) { return binary(.mul, moved[a], factor) }
    case .binary(let function, let a, let b) where [.add, .sub, .min, .max].contains(function):
      return binary(function, quotient(a, divisor), quotient(b, divisor))
    case .operand:
      if let operand = constant(place, divisor) { return operand }
    default: break
    }
    return binary(.mul, moved[place], number(1 / divisor))
  }

  /// An operand that is divided now, when it is constant and read once.
  private mutating func constant(_ place: Int, _ divisor: Float) -> Int? {
    guard case .operand(let operand) = source.steps[place], constants.contains(operand),
      divisors[operand] == nil,
      source.steps.filter({ $0.arguments.contains(place) }).count == 1
    else { return nil }
    divisors[operand] = divisor
    return moved[place]
  }

  /// `i32(max(min(round(x) + z, h), l))` as `i32(round(max(min(x, h - z), l - z))) + z`, and so for
  /// types of one byte.
  private mutating func code(_ step: Pointwise.Step) -> Int? {
    guard case .convert(let clamped, let type) = step,
      type == .i32 || type == .u8 || type == .i8,
      case .binary(.max, let capped, let b) = result.steps[clamped],
      case .binary(.min, let inner, let c) = result.steps[capped],
      let low = real(result, b), let high = real(result, c)
    else { return nil }
    var (rounded, zero) = (inner, Float(0))
    if case .binary(.add, let sum, let d) = result.steps[inner], let addend = real(result, d) {
      (rounded, zero) = (sum, addend)
    }
    guard case .unary(.round, var x) = result.steps[rounded],
      [low, high, zero].allSatisfy({ abs($0) < 0x1p22 && $0 == $0.rounded() })
    else { return nil }
    let most = high - zero
    var least = low - zero
    // max(min(max(x, a), h), l) = max(min(x, h), a) for l <= a <= h
    while case .binary(.max, let y, let b) = result.steps[x], let bound = real(result, b),
      least <= bound, bound <= most
    {
      (x, least) = (y, bound)
    }
    let bounded = binary(.max, binary(.min, x, number(most)), number(least))
    var whole = result.append(.unary(.round, bounded), .f32)
    whole = result.append(.convert(whole, .i32), .i32)
    if zero != 0 {
      let addend = result.append(.literal(.integer(Int(zero)), .i32), .i32)
      whole = result.append(.binary(.add, whole, addend), .i32)
    }
    return type == .i32 ? whole : result.append(.convert(whole, type), type)
  }
}
