internal import ApusIR
internal import ApusLoops

extension ExpressionEmitter {
  /// `i32(round(clamp(f32(sum) * factor)))` in integers, where floating point is not at hand.
  func requantized(_ value: Expression, _ type: ElementType, lanes: Int) -> CValue? {
    guard requantizesWithIntegers, type == .i32, lanes == 1,
      case .unary(.round, var product) = value
    else { return nil }
    // Rounding keeps order, so that the bounds can be rounded too.
    var (low, high) = (Double(Int32.min), Double(Int32.max))
    var bounds: [(function: BinaryFunction, number: Double)] = []
    while case .binary(let function, let inner, .literal(let number, .f32)) = product,
      function == .min || function == .max
    {
      bounds.append((function, number.real.rounded(.toNearestOrEven)))
      product = inner
    }
    for (function, number) in bounds.reversed() {
      guard abs(number) < 0x1p31 else { return nil }
      let closer = function == .min ? Double.minimum : Double.maximum
      (low, high) = (closer(low, number), closer(high, number))
    }
    guard case .binary(.mul, .convert(let sum, .f32), let factor) = product else { return nil }
    let (whole, real) = (self.value(sum, lanes: 1), self.value(factor, lanes: 1))
    guard whole.element == .i32, real.element == .f32 else { return nil }
    let arguments = [whole.code, real.code, integer(low), integer(high)]
    return CValue(code: .call("apus_requantize", arguments), element: .i32, lanes: 1)
  }

  private func integer(_ bound: Double) -> CExpression { Literal.integer(Int(bound)).code(.i32) }
}
