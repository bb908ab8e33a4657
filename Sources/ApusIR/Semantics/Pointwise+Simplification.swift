extension Pointwise {
  /// The function whose value is one number.
  public init(_ literal: Literal, _ element: ElementType) {
    self.init(empty: [])
    _ = append(.literal(literal, element), element)
  }

  /// The same function with fewer or cheaper steps; `nil` when there is nothing to gain.
  ///
  /// Only equations that hold for every float, bit by bit, are used, but for powers, which are
  /// within one rounding of the product that takes their place.
  public var simplified: Pointwise? {
    var result = Pointwise(empty: operands)
    var moved: [Int] = []
    var changed = false
    for (step, type) in zip(steps, types) {
      let step = step.renumbered { moved[$0] }
      if let place = result.simpler(step, type) {
        moved.append(place)
        changed = true
      } else {
        moved.append(result.append(step, type))
      }
    }
    guard changed, let last = moved.last else { return nil }
    result.makeLast(last)
    return result.steps.count <= steps.count || result != self ? result : nil
  }

  private func number(_ place: Int) -> Double? {
    guard case .literal(let literal, _) = steps[place] else { return nil }
    return literal.real
  }

  /// The place of a step that makes a step superfluous.
  private mutating func simpler(_ step: Step, _ type: ElementType) -> Int? {
    switch step {
    // x * 1 = x / 1 = x
    case .binary(.mul, let a, let b) where number(b) == 1: return a
    case .binary(.mul, let a, let b) where number(a) == 1: return b
    case .binary(.div, let a, let b) where number(b) == 1: return a
    // x - 0 = x
    case .binary(.sub, let a, let b) where number(b) == 0 && number(b)?.sign == .plus: return a
    // x / 2ⁿ = x · 2⁻ⁿ
    case .binary(.div, let a, let b) where type == .f32:
      guard let divisor = number(b), divisor.significand == 1, abs(divisor.exponent) < 100 else {
        return nil
      }
      let factor = append(.literal(.float(1 / divisor), type), type)
      return append(.binary(.mul, a, factor), type)
    case .binary(.pow, let a, let b) where type.isFloat: return power(a, number(b), type)
    // max(max(x, a), b) with numbers stays; convert(x, type of x) = x
    case .convert(let a, let target) where types[a] == target: return a
    case .convert(let a, .f32) where number(a).map { abs($0) <= 0x1p24 } ?? false:
      guard types[a].isInteger, let value = number(a) else { return nil }
      return append(.literal(.float(value), .f32), .f32)
    case .convert(let a, .i32):
      if types[a].isNarrowInteger, case .literal(let literal, _) = steps[a] {
        return append(.literal(literal, .i32), .i32)
      }
      // i32(i8(x)) = i32(x) for -128 <= x <= 127; NaN gives 0 either way
      guard case .convert(let x, let narrow) = steps[a], narrow.isNarrowInteger,
        isClamped(x, to: narrow) || isFlipped(x, to: narrow) || isCode(x, of: narrow)
      else { return nil }
      return append(.convert(x, .i32), .i32)
    case .binary(let outer, let a, let b) where type == .i32 && [.add, .sub].contains(outer):
      // (x ± n) ± m = x + k, where k wraps like the sum
      guard let last = whole(b), case .binary(let inner, let x, let c) = steps[a],
        [.add, .sub].contains(inner), let first = whole(c)
      else { return nil }
      let sum = (inner == .add ? first : 0 &- first) &+ (outer == .add ? last : 0 &- last)
      if sum == 0 { return x }
      let addend = append(.literal(.integer(Int(sum)), .i32), .i32)
      return append(.binary(.add, x, addend), .i32)
    default: return nil
    }
  }

  private func whole(_ place: Int) -> Int32? {
    number(place).map { Int32(truncatingIfNeeded: Int($0)) }
  }

  /// Whether a step is a byte minus 128 that becomes `i8`, or an `i8` plus 128 that becomes `u8`.
  private func isFlipped(_ place: Int, to type: ElementType) -> Bool {
    guard case .binary(let function, let a, let b) = steps[place], number(b) == 128,
      case .convert(let source, .i32) = steps[a], case .operand = steps[source]
    else { return false }
    return type == .i8
      ? function == .sub && types[source] == .u8
      : type == .u8 && function == .add && types[source] == .i8
  }

  /// Whether a step is `i32(round(max(min(…, high), low)))`, or a sum of it and a number, that a
  /// type of integers holds.
  private func isCode(_ place: Int, of type: ElementType) -> Bool {
    var (whole, zero) = (place, 0.0)
    if case .binary(let function, let a, let b) = steps[place], let addend = number(b),
      [.add, .sub].contains(function)
    {
      (whole, zero) = (a, function == .add ? addend : -addend)
    }
    guard case .convert(let rounded, .i32) = steps[whole],
      case .unary(.round, let clamped) = steps[rounded],
      case .binary(.max, let inner, let b) = steps[clamped],
      case .binary(.min, _, let a) = steps[inner], let low = number(b), let high = number(a)
    else { return false }
    return Literal.lowest(of: type).real <= low + zero
      && high + zero <= Literal.highest(of: type).real
  }

  /// Whether a step is `max(min(…, high), low)` with numbers that a type of integers holds.
  private func isClamped(_ place: Int, to type: ElementType) -> Bool {
    guard types[place].isFloat, case .binary(.max, let inner, let b) = steps[place],
      case .binary(.min, _, let a) = steps[inner], let low = number(b), let high = number(a)
    else { return false }
    return Literal.lowest(of: type).real <= low && low <= high
      && high <= Literal.highest(of: type).real
  }

  // x² = x · x, x³ = x · x · x, x^-1 = 1 / x, x¹ = x, and x^½ = √x + 0 but for (-∞)^½ = ∞:
  // adding 0 takes the sign from √-0.
  private mutating func power(_ a: Int, _ exponent: Double?, _ type: ElementType) -> Int? {
    switch exponent {
    case 1: return a
    case 2: return append(.binary(.mul, a, a), type)
    case 3:
      let square = append(.binary(.mul, a, a), type)
      return append(.binary(.mul, square, a), type)
    case 0.5:
      let zero = append(.literal(.float(0), type), type)
      let root = append(.binary(.add, append(.unary(.sqrt, a), type), zero), type)
      let least = append(.literal(.float(-.infinity), type), type)
      let most = append(.literal(.float(.infinity), type), type)
      return append(.select(append(.compare(.equal, a, least), .bool), most, root), type)
    case -1: return append(.unary(.reciprocal, a), type)
    default: return nil
    }
  }
}
