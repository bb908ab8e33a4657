extension Pointwise {
  /// The function with sums of integers rounded as TensorFlow Lite for Microcontrollers does it:
  /// the factor is a number of 31 bits and two shifts, and halves are rounded twice.
  ///
  /// - Parameter constants: The operands that are constant `f32`.
  /// - Returns: The function, and the operands that are now `Float.fixedPoint` of what they were;
  ///   `nil` when it rounds no sums.
  public func roundingTwice(constants: Set<Int>) -> (function: Pointwise, factors: Set<Int>)? {
    let sums = steps.indices.compactMap { roundedSum($0, constants) }
    guard !sums.isEmpty else { return nil }
    let factors = Set(sums.compactMap(\.operand))
    var types = operands
    for place in factors { types[place] = .i64 }
    var result = Pointwise(empty: types)
    var moved: [Int] = []
    for place in steps.indices {
      if let sum = sums.first(where: { $0.place == place }) {
        moved.append(result.append(sum, moved))
      } else if case .operand(let operand) = steps[place] {
        moved.append(result.append(steps[place], types[operand]))
      } else {
        moved.append(result.append(steps[place].renumbered { moved[$0] }, self.types[place]))
      }
    }
    guard let last = moved.last else { return nil }
    result.makeLast(last)
    return (result, factors)
  }

  /// `i32(round(clamp(f32(sum) · factor)))` at a step.
  private func roundedSum(_ place: Int, _ constants: Set<Int>) -> RoundedSum? {
    guard case .convert(let rounded, .i32) = steps[place],
      case .unary(.round, var x) = steps[rounded]
    else { return nil }
    var bounds: [(function: BinaryFunction, number: Int)] = []
    while case .binary(let function, let inner, let b) = steps[x],
      function == .min || function == .max
    {
      guard case .literal(let bound, .f32) = steps[b], abs(bound.real) < 0x1p31 else { return nil }
      bounds.insert((function, Int(bound.real.rounded(.toNearestOrEven))), at: 0)
      x = inner
    }
    guard case .binary(.mul, let real, let factor) = steps[x],
      case .convert(let sum, .f32) = steps[real], types[sum] == .i32
    else { return nil }
    switch steps[factor] {
    case .literal(let literal, .f32):
      guard let number = Float(literal.real).fixedPoint else { return nil }
      return RoundedSum(place: place, sum: sum, factor: factor, number: number, bounds: bounds)
    case .operand(let operand) where constants.contains(operand):
      let readers = steps.count { $0.arguments.contains(factor) }
      guard readers == 1 else { return nil }
      return RoundedSum(place: place, sum: sum, factor: factor, operand: operand, bounds: bounds)
    default: return nil
    }
  }

  /// The steps of a rounded sum, after those of the function that came before it.
  private mutating func append(_ sum: RoundedSum, _ moved: [Int]) -> Int {
    var factor = moved[sum.factor]
    if let number = sum.number { factor = append(.literal(.integer(number), .i64), .i64) }
    let (x, w) = (Scalar.convert(.operand(0), .i64), Scalar.operand(1))
    func both(_ a: Scalar, _ b: Scalar) -> Scalar { .binary(.and, a, b) }
    func left(_ a: Scalar, _ b: Scalar) -> Scalar { .binary(.shiftLeft, a, b) }
    func right(_ a: Scalar, _ b: Scalar) -> Scalar { .binary(.shiftRight, a, b) }
    // The upper half of the doubled product, then a division by a power of 2; halves go up, those
    // of the division away from 0.
    let product = left(x, both(right(w, 6), 63)) * right(w, 12)
    let nudge = Scalar.select(product < 0, .integer(1 - 1 << 30), .integer(1 << 30))
    let high = (product + nudge) / .integer(1 << 31)
    let (shift, mask) = (both(w, 63), left(.integer(1), both(w, 63)) - 1)
    let limit = right(mask, 1) + .select(high < 0, 1, 0)
    var value = right(high, shift) + .select(both(high, mask) > limit, 1, 0)
    for (function, number) in sum.bounds { value = .binary(function, value, .integer(number)) }
    guard let formula = Pointwise([.i32, .i64], .convert(value, .i32)) else {
      preconditionFailure("the formula of fixed points has one type")
    }
    var places: [Int] = []
    for (step, type) in zip(formula.steps, formula.types) {
      if case .operand(let operand) = step {
        places.append(operand == 0 ? moved[sum.sum] : factor)
      } else {
        places.append(append(step.renumbered { places[$0] }, type))
      }
    }
    return places[places.count - 1]
  }
}

/// A sum of integers that is multiplied with a factor and rounded.
private struct RoundedSum {
  /// The step with the rounded number.
  var place: Int
  var sum: Int
  var factor: Int
  /// The operand that is the factor, or the factor itself.
  var operand: Int?
  var number: Int?
  /// What the number is bounded by, the innermost first.
  var bounds: [(function: BinaryFunction, number: Int)]

  init(
    place: Int, sum: Int, factor: Int, operand: Int? = nil, number: Int? = nil,
    bounds: [(function: BinaryFunction, number: Int)]
  ) {
    (self.place, self.sum, self.factor, self.bounds) = (place, sum, factor, bounds)
    (self.operand, self.number) = (operand, number)
  }
}

extension Float {
  /// The number `q · 2^(left - right - 31)` as one integer, `q · 2^12 + left · 2^6 + right`, where
  /// `q` has 31 bits; `nil` for those below 0 and from 2^30 on.
  public var fixedPoint: Int? {
    guard isFinite, self >= 0, self < 0x1p30 else { return nil }
    // Numbers so small give 0 for each sum.
    guard self >= 0x1p-32 else { return 0 }
    let shift = Int(exponent) + 1
    let q = Int(significand * 0x1p30)
    return q << 12 | max(shift, 0) << 6 | max(-shift, 0)
  }
}
