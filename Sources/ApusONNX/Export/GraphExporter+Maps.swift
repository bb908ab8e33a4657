internal import ApusIR

/// A formula with the names of the steps that are written.
private struct WrittenFormula {
  let function: Pointwise
  var names: [String] = []
  /// Steps in the type that ONNX computes in.
  var wide: [Int: String] = [:]
}

/// Formulas, one node per step.
extension GraphExporter {
  mutating func write(_ map: Map, _ task: ExportTask) throws(ExportFailure) -> String {
    let function = map.function
    var name = try knownOperator(function, task) ?? ""
    if name.isEmpty {
      let absorbed = absorbedSteps(function, task)
      name = try apply(function, task.operands, given: absorbed)
    }
    // An operand that the formula does not read may still give the shape.
    var shape: Shape? = Shape([Int]())
    for case .operand(let place) in function.steps {
      shape = shape?.broadcast(with: task.type(place).shape)
    }
    let result = task.resultType().shape
    return shape == result ? name : emit("Expand", [name, try vector(result.dimensions)])
  }

  /// Writes a function of operands, some of whose steps may have names already.
  mutating func apply(
    _ function: Pointwise, _ operands: [String], given: [Int: String] = [:]
  ) throws(ExportFailure) -> String {
    var formula = WrittenFormula(function: function)
    for (place, step) in function.steps.enumerated() {
      var name = given[place]
      if name == nil { name = try write(step, function.types[place], operands, &formula) }
      formula.names.append(name ?? "")
    }
    return formula.names.last ?? ""
  }

  /// A number of a type, as a scalar.
  mutating func literal(_ literal: Literal, _ type: ElementType) -> String {
    switch type {
    case .f32, .f64, .f16, .bool, .i8, .i16, .u8, .u16, .i32, .u32:
      return constant(TensorData(scalar: literal.real, type))
    case .i64, .u64:
      guard case .integer(let number) = literal else {
        return constant(TensorData(scalar: literal.real, type))
      }
      return constant(TensorData(type, [], [Int64(number)]))
    case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2, .f4e2m1:
      return cast(self.literal(literal, .f32), from: .f32, to: type)
    case .string: return constant(TensorData(strings: [[]], []))  // the only literal string
    case .i4, .u4, .i2, .u2, .c64, .c128:
      return cast(self.literal(literal, .i32), from: .i32, to: type)
    }
  }

  /// A step in the type that ONNX computes in.
  private mutating func wide(_ step: Int, _ formula: inout WrittenFormula) -> String {
    let type = formula.function.types[step]
    if type.computing == type { return formula.names[step] }
    if let known = formula.wide[step] { return known }
    let name =
      if case .literal(let literal, _) = formula.function.steps[step] {
        self.literal(literal, type.computing)
      } else {
        cast(formula.names[step], from: type, to: type.computing)
      }
    formula.wide[step] = name
    return name
  }

  private mutating func write(
    _ step: Pointwise.Step, _ type: ElementType, _ operands: [String],
    _ formula: inout WrittenFormula
  ) throws(ExportFailure) -> String {
    let types = formula.function.types
    switch step {
    case .operand(let place): return operands[place]
    case .literal(let literal, let type): return self.literal(literal, type)
    case .unary(let function, let a):
      if function == .not {
        return emit(type == .bool ? "Not" : "BitwiseNot", [formula.names[a]])
      }
      let x = wide(a, &formula)
      if function == .negate, types[a].kind == .unsigned {
        let zero = literal(.integer(0), type.computing)
        return cast(emit("Sub", [zero, x]), from: type.computing, to: type)
      }
      guard let name = function.onnxName else {
        throw .unsupported("export-function", "ONNX has no operator for \(function.rawValue)")
      }
      let result = emit(name, [x])
      return function.isPredicate ? result : cast(result, from: type.computing, to: type)
    case .binary(let function, let a, let b):
      return try write(function, a, b, type, &formula)
    case .compare(let test, let a, let b): return try compare(test, a, b, &formula)
    case .select(let condition, let a, let b):
      let chosen = emit("Where", [formula.names[condition], wide(a, &formula), wide(b, &formula)])
      return cast(chosen, from: type.computing, to: type)
    case .convert(let a, let type): return cast(formula.names[a], from: types[a], to: type)
    case .reinterpret(let a, let type):
      require(26)
      return emit("BitCast", [formula.names[a]], ["to": .int(type.onnxDataType)])
    }
  }

  private mutating func compare(
    _ test: Comparison, _ a: Int, _ b: Int, _ formula: inout WrittenFormula
  ) throws(ExportFailure) -> String {
    var (x, y) = (wide(a, &formula), wide(b, &formula))
    let isEquality = test == .equal || test == .notEqual
    if formula.function.types[a] == .string, !isEquality {
      throw .unsupported("export-function", "ONNX has no order of strings")
    }
    if formula.function.types[a] == .bool, !isEquality {
      (x, y) = (cast(x, from: .bool, to: .i32), cast(y, from: .bool, to: .i32))
    }
    switch test {
    case .equal: return emit("Equal", [x, y])
    case .notEqual: return emit("Not", [emit("Equal", [x, y])])
    case .less: return emit("Less", [x, y])
    case .lessOrEqual: return emit("LessOrEqual", [x, y])
    case .greater: return emit("Greater", [x, y])
    case .greaterOrEqual: return emit("GreaterOrEqual", [x, y])
    }
  }

  private mutating func write(
    _ function: BinaryFunction, _ a: Int, _ b: Int, _ type: ElementType,
    _ formula: inout WrittenFormula
  ) throws(ExportFailure) -> String {
    let stored = [formula.names[a], formula.names[b]]
    switch function {
    case .and: return emit(type == .bool ? "And" : "BitwiseAnd", stored)
    case .or: return emit(type == .bool ? "Or" : "BitwiseOr", stored)
    case .xor: return emit(type == .bool ? "Xor" : "BitwiseXor", stored)
    case .min where type == .bool: return emit("And", stored)
    case .max where type == .bool: return emit("Or", stored)
    case .shiftLeft, .shiftRight:
      if type.kind == .signed { require(28) }
      let direction = function == .shiftLeft ? "LEFT" : "RIGHT"
      return emit(
        "BitShift", stored,
        ["direction": .string(Array(direction.utf8))])
    case .join: return emit("StringConcat", stored)
    case .add, .sub, .mul, .div, .pow, .min, .max, .floorMod, .truncatedMod, .atan2, .head, .tail,
      .parts, .matches:
      break
    }
    let (x, y) = (wide(a, &formula), wide(b, &formula))
    if function == .max, formula.function.steps[b] == .literal(.float(0), type) {
      return cast(emit("Relu", [x]), from: type.computing, to: type)
    }
    return cast(
      try arithmetic(function, x, y, type.computing), from: type.computing, to: type)
  }

  /// A function of two numbers of a type that ONNX computes in.
  private mutating func arithmetic(
    _ function: BinaryFunction, _ x: String, _ y: String, _ type: ElementType
  ) throws(ExportFailure) -> String {
    switch function {
    case .add: return emit("Add", [x, y])
    case .sub: return emit("Sub", [x, y])
    case .mul: return emit("Mul", [x, y])
    case .div: return emit("Div", [x, y])
    case .pow: return emit("Pow", [x, y])
    case .min: return emit("Min", [x, y])
    case .max: return emit("Max", [x, y])
    case .truncatedMod: return emit("Mod", [x, y], ["fmod": .int(1)])
    case .floorMod:
      if !type.isFloat { return emit("Mod", [x, y]) }
      // The remainder takes the sign of the divisor: where the signs differ, add the divisor.
      let rest = emit("Mod", [x, y], ["fmod": .int(1)])
      let differs = emit("Less", [emit("Mul", [rest, y]), literal(.float(0), type)])
      return emit("Where", [differs, emit("Add", [rest, y]), rest])
    case .atan2, .and, .or, .xor, .shiftLeft, .shiftRight, .join, .head, .tail, .parts, .matches:
      throw .unsupported("export-function", "ONNX has no operator for \(function.rawValue)")
    }
  }
}

extension UnaryFunction {
  /// The operator of ONNX.
  fileprivate var onnxName: String? {
    switch self {
    case .negate: "Neg"
    case .absolute: "Abs"
    case .reciprocal: "Reciprocal"
    case .isNaN: "IsNaN"
    case .isInfinite: "IsInf"
    case .upper, .lower: nil
    case .sign, .sqrt, .exp, .log, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh,
      .asinh, .acosh, .atanh, .erf, .sigmoid, .floor, .ceil, .round, .not:
      rawValue.prefix(1).uppercased() + rawValue.dropFirst()
    }
  }
}
