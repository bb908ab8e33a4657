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
  /// Whether sums become codes without floating point.
  var requantizesWithIntegers = false

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
    case .binary(let function, let a, .literal(let number, .f32))
    where [.min, .max].contains(function) && number.real != 0 && !number.real.isNaN:
      return clamp(function, value(a, lanes: lanes), by: number)
    case .binary(let function, let a, let b):
      return binary(function, value(a, lanes: lanes), value(b, lanes: lanes))
    case .compare(let test, let a, let b):
      return compare(test, value(a, lanes: lanes), value(b, lanes: lanes))
    case .select(let a, let b, let c):
      return select(
        value(a, lanes: lanes), value(b, lanes: lanes), value(c, lanes: lanes))
    case .convert(let a, let type):
      if let code = requantized(a, type, lanes: lanes) { return code }
      if let nearest = nearest(a, type, lanes: lanes) { return nearest }
      return convert(value(a, lanes: lanes), to: type)
    case .reinterpret(let a, let from, let to):
      return loaded(bits(of: value(a, lanes: lanes).code, from, as: to), to)
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
    if buffers[access.buffer.number].holdsPointers {
      return CValue(
        code: .call("apus_take", [.pool, element(access)]), element: .string, lanes: 1)
    }
    if lanes == 1 || access.laneStride == 0 {
      return loaded(element(access), storage)
    }
    let suffix = storage == .f32 ? "" : "_\(storage)"
    if valid < width {
      return CValue(
        code: .call("apus_load_part\(suffix)_\(lanes)", [pointer(access), .integer(valid)]),
        element: storage.register, lanes: lanes)
    }
    return CValue(
      code: .call("apus_load\(suffix)_\(lanes)", [pointer(access)]), element: storage.register,
      lanes: lanes)
  }

  /// What a register holds after an element was read.
  private func loaded(_ stored: CExpression, _ storage: ElementType) -> CValue {
    let register = storage.register
    let code: CExpression =
      if storage == .bool {
        .binary("!=", stored, .integer(0))
      } else if register == .f32, storage != .f32 {
        .call("apus_\(storage)_to_f32", [stored])
      } else {
        stored
      }
    return CValue(code: code, element: register, lanes: 1)
  }

  /// A number as it is stored.
  func stored(_ code: CExpression, _ storage: ElementType) -> CExpression {
    if storage.register == .f32, storage != .f32 {
      return .call("apus_f32_to_\(storage)", [code])
    }
    return storage.bitWidth < 32 ? .cast(storage.cType, code) : code
  }

  /// A number stored as `from`, ready to be loaded as another type of that width.
  private func bits(of code: CExpression, _ from: ElementType, as to: ElementType) -> CExpression {
    let raw: CExpression =
      switch from {
      case .f32: .call("apus_bits_1", [code])
      case .f64: .call("apus_bits_f64", [code])
      default: stored(code, from)
      }
    return switch to {
    case .f32: .call("apus_from_bits_1", [.cast("int32_t", raw)])
    case .f64: .call("apus_from_bits_f64", [.cast("uint64_t", raw)])
    default: .cast(to.cType, raw)
    }
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
    case .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2,
      .f4e2m1:
      .f32
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
    case (.integer(let value), .u64), (.integer(let value), .string):
      .literal("UINT64_C(\(UInt64(bitPattern: Int64(value))))")
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
