internal import ApusIR
internal import ApusLoops

extension ExpressionEmitter {
  func unary(_ function: UnaryFunction, _ a: CValue) -> CValue {
    switch (function, a.element) {
    case (.negate, .f32), (.negate, .f64):
      return CValue(
        code: .unary("-", a.code), element: a.element, lanes: a.lanes)
    case (.not, .bool):
      let code: CExpression =
        a.lanes == 1 ? .unary("!", a.code) : .unary("~", a.code)
      return CValue(code: code, element: .bool, lanes: a.lanes)
    case (.not, _):
      return integer(.unary("~", a.code), a.element, lanes: a.lanes)
    case (.isNaN, _), (.isInfinite, _):
      let name = function == .isNaN ? "isnan" : "isinf"
      let code: CExpression =
        a.lanes == 1
        ? .binary("!=", .call(name, [a.code]), .integer(0))
        : .call("apus_\(name)_\(a.lanes)", [a.code])
      return CValue(code: code, element: .bool, lanes: a.lanes)
    case (_, .string):
      let code = CExpression.call("apus_\(function.rawValue)", [.pool, a.code])
      return CValue(code: code, element: .string, lanes: 1)
    case (_, .f32): return call(function.rawValue, [a])
    case (_, .f64):
      return CValue(code: .call("apus_\(function.rawValue)_f64", [a.code]), element: .f64, lanes: 1)
    case (.negate, _):
      return binary(.sub, CValue(code: .integer(0), element: a.element, lanes: 1), a)
    default:
      let suffix = a.lanes == 1 ? "" : "_\(a.lanes)"
      return CValue(
        code: .call("apus_\(function.rawValue)_\(a.element)\(suffix)", [a.code]),
        element: a.element, lanes: a.lanes)
    }
  }

  func binary(_ function: BinaryFunction, _ x: CValue, _ y: CValue) -> CValue {
    let lanes = max(x.lanes, y.lanes)
    let element = x.element
    switch function {
    case .min where element == .bool: return binary(.and, x, y)
    case .max where element == .bool: return binary(.or, x, y)
    case .add, .sub, .mul, .div, .and, .or, .xor:
      guard let name = function.cOperator(element) else { break }
      if lanes > 1, element == .i32, [.add, .sub, .mul].contains(function) {
        let parts = [splat(x, to: lanes).code, splat(y, to: lanes).code]
        return CValue(
          code: .call("apus_\(function.rawValue)_i32_\(lanes)", parts), element: .i32, lanes: lanes)
      }
      if element.isFloat || element == .bool || lanes > 1 {
        let (a, b) = element == .bool ? (splat(x, to: lanes), splat(y, to: lanes)) : (x, y)
        return CValue(code: .binary(name, a.code, b.code), element: element, lanes: lanes)
      }
      return integer(wrapping(name, x.code, y.code, element), element, lanes: 1)
    case .join, .head, .tail, .parts, .matches:
      return CValue(
        code: .call("apus_\(function.rawValue)", [.pool, x.code, y.code]),
        element: function.fixedResult ?? .string, lanes: 1)
    case .shiftLeft, .shiftRight:
      guard lanes > 1, y.lanes == 1 else { break }
      return CValue(
        code: .call("apus_\(function.rawValue)_i32_\(lanes)", [x.code, y.code]), element: .i32,
        lanes: lanes)
    case .pow, .atan2, .min, .max, .floorMod, .truncatedMod: break
    }
    let (a, b) = (splat(x, to: lanes), splat(y, to: lanes))
    if element == .f32 {
      return call(function.rawValue, [a, b])
    }
    let suffix = lanes == 1 ? "" : "_\(lanes)"
    return CValue(
      code: .call("apus_\(function.rawValue)_\(element)\(suffix)", [a.code, b.code]),
      element: element, lanes: lanes)
  }

  /// The smaller or larger of a value and a number, which is no NaN.
  func clamp(_ function: BinaryFunction, _ value: CValue, by number: Literal) -> CValue {
    let bound = CValue(code: number.code(.f32), element: .f32, lanes: 1)
    return call("\(function.rawValue)_known", [splat(bound, to: value.lanes), value])
  }

  /// The nearest whole number of one that is clamped to those that `i32` holds.
  func nearest(_ value: Expression, _ type: ElementType, lanes: Int) -> CValue? {
    guard type == .i32, lanes > 1, case .unary(.round, let clamped) = value,
      case .binary(.max, let capped, .literal(let low, .f32)) = clamped,
      case .binary(.min, let inner, .literal(let high, .f32)) = capped,
      [low, high].allSatisfy({ abs($0.real) <= 0x1p30 })
    else { return nil }
    let real = splat(self.value(inner, lanes: lanes), to: lanes)
    let bounded = clamp(.max, clamp(.min, real, by: high), by: low)
    return CValue(
      code: .call("apus_nearest_\(lanes)", [bounded.code]), element: .i32, lanes: lanes)
  }

  /// Signed sums and products through unsigned numbers, where overflow is defined.
  private func wrapping(
    _ name: String, _ a: CExpression, _ b: CExpression, _ element: ElementType
  ) -> CExpression {
    guard element == .i32 || element == .i64, ["+", "-", "*"].contains(name) else {
      return .binary(name, a, b)
    }
    let type = element == .i32 ? "uint32_t" : "uint64_t"
    return .binary(name, .cast(type, a), .cast(type, b))
  }

  private func integer(_ code: CExpression, _ element: ElementType, lanes: Int) -> CValue {
    CValue(
      code: lanes == 1 ? .cast(element.cType, code) : code, element: element, lanes: lanes)
  }

  func compare(_ test: Comparison, _ x: CValue, _ y: CValue) -> CValue {
    let lanes = max(x.lanes, y.lanes)
    let names: [Comparison: String] = [
      .equal: "==", .notEqual: "!=", .less: "<", .lessOrEqual: "<=", .greater: ">",
      .greaterOrEqual: ">=",
    ]
    if x.element == .string {
      let order = CExpression.call("apus_order", [.pool, x.code, y.code])
      return CValue(
        code: .binary(names[test] ?? "==", order, .integer(0)), element: .bool, lanes: 1)
    }
    let (a, b) = lanes > 1 ? (splat(x, to: lanes), splat(y, to: lanes)) : (x, y)
    return CValue(
      code: .binary(names[test] ?? "==", a.code, b.code), element: .bool, lanes: lanes)
  }

  func select(_ condition: CValue, _ x: CValue, _ y: CValue) -> CValue {
    let lanes = max(condition.lanes, x.lanes, y.lanes)
    if lanes == 1 {
      return CValue(
        code: .conditional(condition.code, x.code, y.code), element: x.element, lanes: 1)
    }
    let suffix = x.element == .f32 ? "" : x.element == .bool ? "_mask" : "_\(x.element)"
    let parts = [condition, x, y].map { splat($0, to: lanes).code }
    return CValue(
      code: .call("apus_select\(suffix)_\(lanes)", parts), element: x.element, lanes: lanes)
  }

  /// A value as another type: floats saturate to integers, integers wrap, `bool` tests for zero.
  func convert(_ value: CValue, to type: ElementType) -> CValue {
    let (from, lanes) = (value.element, value.lanes)
    if from == type { return value }
    if from == .string || type == .string {
      let name = "apus_\(from)_to_\(type)"
      return CValue(code: .call(name, [.pool, value.code]), element: type, lanes: 1)
    }
    if lanes > 1 {
      let name =
        "apus_\(from == .bool ? "mask" : "\(from)")_to_\(type == .bool ? "mask" : "\(type)")"
      return CValue(
        code: .call("\(name)_\(lanes)", [value.code]), element: type.register, lanes: lanes)
    }
    switch (from.isFloat, type) {
    case (_, .bool):
      return CValue(
        code: .binary("!=", value.code, Literal.zero(of: from).code(from)), element: .bool, lanes: 1
      )
    case _ where type.register == .f32 && type != .f32:
      let single = from == .f32 ? value.code : .cast("float", value.code)
      let rounded = CExpression.call("apus_f32_to_\(type)", [single])
      return CValue(code: .call("apus_\(type)_to_f32", [rounded]), element: .f32, lanes: 1)
    case (true, .f32), (true, .f64), (false, .f32), (false, .f64):
      return CValue(code: .cast(type.cType, value.code), element: type, lanes: 1)
    case (true, _):
      let name = "apus_\(from)_to_\(type)"
      return CValue(code: .call(name, [value.code]), element: type.register, lanes: 1)
    case (false, _):
      let narrow = CExpression.cast(type.cType, value.code)
      return CValue(
        code: type.bitWidth < 32 ? .cast("int32_t", narrow) : narrow, element: type.register,
        lanes: 1)
    }
  }
}

extension BinaryFunction {
  /// The C operator for elements of a type, where there is one without traps.
  func cOperator(_ element: ElementType) -> String? {
    switch self {
    case .add: "+"
    case .sub: "-"
    case .mul: "*"
    case .div: element.isFloat ? "/" : nil
    case .and: "&"
    case .or: "|"
    case .xor: "^"
    case .floorMod, .truncatedMod, .pow, .atan2, .min, .max, .shiftLeft, .shiftRight, .join, .head,
      .tail, .parts, .matches:
      nil
    }
  }
}
