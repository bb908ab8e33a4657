internal import ApusIR
internal import ApusLoops

/// A C expression with the type and number of its lanes.
struct CValue {
  var code: CExpression
  var element: ElementType
  var lanes: Int
}

/// Turns loop expressions into C, for one kernel.
struct ExpressionEmitter {
  /// The lanes of a vector; 1 when the target has none.
  let width: Int
  let buffers: [Buffer]
  let bufferNames: [BufferID: String]
  /// The C names of symbols.
  let symbolNames: [String: String]
  /// How many lanes of vectors that are loaded and stored exist in memory.
  var valid: Int

  init(
    width: Int, buffers: [Buffer], bufferNames: [BufferID: String], symbolNames: [String: String]
  ) {
    self.width = width
    self.symbolNames = symbolNames
    self.buffers = buffers
    self.bufferNames = bufferNames
    valid = width
  }

  func code(_ index: Index) -> CExpression {
    .sum(
      nil, index.terms.map { ("i\($0.variable.number)", code($0.coefficient)) },
      code(index.constant))
  }

  func code(_ extent: Dimension) -> CExpression { extent.code(symbolNames) }

  /// The pointer to the first lane of an access.
  func pointer(_ access: Access) -> CExpression {
    let base = CExpression.name(bufferNames[access.buffer] ?? "?")
    return access.index == Index(0) ? base : .binary("+", base, code(access.index))
  }

  func element(_ access: Access) -> CExpression {
    .element(.name(bufferNames[access.buffer] ?? "?"), code(access.index))
  }

  func value(_ expression: Expression, lanes: Int) -> CValue {
    switch expression {
    case .load(let access): return load(access, lanes: lanes)
    case .register(let register):
      return CValue(
        code: .name("r\(register.number)"), element: register.element, lanes: register.lanes)
    case .literal(let literal, let type):
      return CValue(code: literal.code(type), element: type, lanes: 1)
    case .index(let index):
      return CValue(code: .cast("int64_t", parenthesized(code(index))), element: .i64, lanes: 1)
    case .unary(let function, let a): return unary(function, value(a, lanes: lanes))
    case .binary(let function, let a, let b):
      return binary(function, value(a, lanes: lanes), value(b, lanes: lanes))
    case .compare(let test, let a, let b):
      return compare(test, value(a, lanes: lanes), value(b, lanes: lanes))
    case .select(let a, let b, let c):
      return select(
        value(a, lanes: lanes), value(b, lanes: lanes), value(c, lanes: lanes))
    case .convert(let a, let type): return convert(value(a, lanes: lanes), to: type)
    case .fused(let a, let b, let c):
      let values = [a, b, c].map { value($0, lanes: lanes) }
      let widest = values.map(\.lanes).max() ?? 1
      return call("fma", values.map { splat($0, to: widest) })
    case .across(let function, let register):
      let names: [BinaryFunction: String] = [
        .add: "hadd", .max: "hmax", .min: "hmin", .mul: "hmul",
      ]
      return CValue(
        code: .call(
          "apus_\(names[function] ?? "hadd")_\(register.lanes)", [.name("r\(register.number)")]),
        element: register.element, lanes: 1)
    }
  }

  private func parenthesized(_ code: CExpression) -> CExpression { code }

  private func load(_ access: Access, lanes: Int) -> CValue {
    let storage = buffers[access.buffer.number].element
    if lanes == 1 || access.laneStride == 0 {
      let place = element(access)
      let code: CExpression =
        switch storage {
        case .f16: .call("apus_f16_to_f32", [place])
        case .bf16: .call("apus_bf16_to_f32", [place])
        case .bool: .binary("!=", place, .integer(0))
        default: place
        }
      return CValue(code: code, element: storage.register, lanes: 1)
    }
    let suffix = storage == .f32 ? "" : "_\(storage)"
    if valid < width {
      return CValue(
        code: .call("apus_load_part\(suffix)_\(lanes)", [pointer(access), .integer(valid)]),
        element: storage, lanes: lanes)
    }
    return CValue(
      code: .call("apus_load\(suffix)_\(lanes)", [pointer(access)]), element: storage, lanes: lanes)
  }

  /// The value in every lane.
  func splat(_ value: CValue, to lanes: Int) -> CValue {
    if lanes == value.lanes { return value }
    let suffix = value.element == .f32 ? "" : value.element == .bool ? "_mask" : "_\(value.element)"
    return CValue(
      code: .call("apus_splat\(suffix)_\(lanes)", [value.code]), element: value.element,
      lanes: lanes)
  }

  /// A call of the machine layer's function for `f32` values of as many lanes.
  func call(_ name: String, _ values: [CValue]) -> CValue {
    let lanes = values[0].lanes
    return CValue(
      code: .call("apus_\(name)_\(lanes)", values.map(\.code)), element: values[0].element,
      lanes: lanes)
  }
}

extension ElementType {
  /// The type of a register that holds loaded elements.
  var register: ElementType {
    switch self {
    case .f16, .bf16: .f32
    case .i8, .u8, .i16, .u16: .i32
    default: self
    }
  }
}

extension Literal {
  /// The literal as C text of a type.
  func code(_ type: ElementType) -> CExpression {
    switch (self, type) {
    case (.float(let value), .f64): .literal(value.cText(suffix: ""))
    case (.float(let value), _): .literal(Double(Float(value)).cText(suffix: "f"))
    case (.integer(let value), .f32): .literal(Double(value).cText(suffix: "f"))
    case (.integer(let value), .f64): .literal(Double(value).cText(suffix: ""))
    case (.integer(let value), .u64): .literal("UINT64_C(\(UInt64(bitPattern: Int64(value))))")
    case (.integer(let value), .u32): .literal("UINT32_C(\(UInt32(truncatingIfNeeded: value)))")
    case (.integer(let value), .i64):
      value == .min ? .literal("INT64_MIN") : .literal("INT64_C(\(value))")
    case (.integer(let value), _):
      value == -0x8000_0000 ? .literal("INT32_MIN") : .integer(value)
    }
  }
}

extension Double {
  /// The shortest decimal text that reads back the same, as a C literal.
  func cText(suffix: String) -> String {
    if isNaN { return suffix == "f" ? "NAN" : "(double)NAN" }
    if isInfinite {
      let name = suffix == "f" ? "INFINITY" : "(double)INFINITY"
      return sign == .minus ? "-" + name : name
    }
    return (suffix == "f" ? "\(Float(self))" : "\(self)") + suffix
  }
}
