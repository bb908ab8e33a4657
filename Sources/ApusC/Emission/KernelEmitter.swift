internal import ApusIR
internal import ApusLoops

/// Turns the statements of one kernel into C.
struct KernelEmitter {
  let target: Target
  var expressions: ExpressionEmitter
  private var declared: Set<Int> = []
  private var insideParallel = false
  /// The number of the next register that the emitter makes itself.
  var nextRegister = 1_000_000

  init(
    target: Target, buffers: [Buffer], names: [BufferID: String], symbols: [String: String]
  ) {
    self.target = target
    expressions = ExpressionEmitter(
      width: target.lanes, buffers: buffers, bufferNames: names, symbolNames: symbols)
    expressions.requantizesWithIntegers = !target.hasFloatingPoint
  }

  mutating func body(_ statements: [Statement]) -> [CStatement] {
    let outer = declared
    let result = statements.flatMap { code($0) }
    declared = outer
    return result
  }

  mutating func code(_ statement: Statement) -> [CStatement] {
    switch statement {
    case .loop(_, let variable, let extent, let statements):
      let isParallel = !insideParallel && statement.isShared
      if isParallel { insideParallel = true }
      defer { if isParallel { insideParallel = false } }
      let loop = CStatement.count(
        "i\(variable.number)", expressions.code(extent), body(statements))
      return isParallel ? [.parallel, loop] : [loop]
    case .bind(let variable, let operation): return [bind(variable, operation)]
    case .within(let variable, let lower, let upper, let statements):
      let name = CExpression.name("i\(variable.number)")
      return [
        .branch(
          .binary(
            "&&", .binary(">=", name, expressions.code(lower)),
            .binary("<", name, expressions.code(upper))),
          body(statements))
      ]
    case .set(let register, let value): return [set(register, value)]
    case .store(let access, let value, let lanes): return [store(access, value, lanes: lanes)]
    case .tile(let tile): return self.tile(tile)
    case .window(let window): return self.window(window)
    }
  }

  private func bind(_ variable: IndexVariable, _ operation: IndexOperation) -> CStatement {
    let value: CExpression =
      switch operation {
      case .affine(let index): expressions.code(index)
      case .quotient(let index, let divisor):
        .binary("/", expressions.code(index), .integer(divisor))
      case .remainder(let index, let divisor):
        .binary("%", expressions.code(index), .integer(divisor))
      case .load(let access, let extent):
        .call(
          "apus_index", [.cast("int64_t", expressions.element(access)), expressions.code(extent)])
      }
    return .declare("const ptrdiff_t", "i\(variable.number)", value)
  }

  mutating func set(_ register: Register, _ value: Expression) -> CStatement {
    var code = expressions.value(value, lanes: register.lanes)
    code = expressions.splat(code, to: register.lanes)
    let name = "r\(register.number)"
    if declared.insert(register.number).inserted {
      return .declare(type(register), name, code.code)
    }
    return .assign(.name(name), code.code)
  }

  func type(_ register: Register) -> String {
    if register.lanes == 1 { return register.element.cArithmeticType }
    return register.element == .bool
      ? "apus_mask_\(register.lanes)" : "apus_\(register.element)_\(register.lanes)"
  }

  func store(_ access: Access, _ value: Expression, lanes: Int) -> CStatement {
    let storage = expressions.buffers[access.buffer.number].element
    var code = expressions.value(value, lanes: lanes)
    if expressions.buffers[access.buffer.number].holdsPointers {
      return .assign(expressions.element(access), .call("apus_give", [.pool, code.code]))
    }
    if lanes == 1 {
      return .assign(expressions.element(access), expressions.stored(code.code, storage))
    }
    code = expressions.splat(code, to: lanes)
    let suffix = storage == .f32 ? "" : "_\(storage)"
    let pointer = expressions.pointer(access)
    if expressions.valid < lanes {
      return .expression(
        .call(
          "apus_store_part\(suffix)_\(lanes)", [pointer, code.code, .integer(expressions.valid)]))
    }
    return .expression(.call("apus_store\(suffix)_\(lanes)", [pointer, code.code]))
  }
}
