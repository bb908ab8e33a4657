internal import ApusIR
internal import ApusLoops
internal import CApusVM

/// Turns the statements of one kernel into instruction words.
///
/// Registers and temporaries take 64-byte slots in stack order: what a body sets is given back at
/// its end, temporaries after each statement.
struct KernelEncoder {
  /// A register of the machine.
  struct Value {
    var slot: Int
    var element: ElementType
    var lanes: Int
  }

  let program: Program
  /// The sizes that are not fixed.
  var sizes: SizeTable
  var words: [UInt32] = []
  /// The most slots in use at one time.
  var slotCount = 0
  /// The first thing the machine cannot do.
  var failure: String?
  private var top = 0
  /// The lanes of the statement that is encoded: what loads give.
  private var lanes = 1
  private var registers: [Register: Int] = [:]
  private var variables: [IndexVariable: Int] = [:]
  /// The machine's variables in use beside those, and what they hold.
  private var extents: [Dimension: Int] = [:]
  private var products: [Product: Int] = [:]
  private var temporaries: Set<Int> = []

  /// An index variable times a size.
  private struct Product: Hashable {
    var variable: Int
    var factor: Dimension
  }

  init(program: Program, sizes: SizeTable) {
    self.program = program
    self.sizes = sizes
  }

  /// Encodes a kernel; sizes that are not fixed are fetched first.
  mutating func encode(_ kernel: Kernel) {
    for extent in kernel.openExtents {
      let number = freeVariable()
      emit(APUS_OP_SIZE, [UInt32(number), sizes.number(extent)])
      extents[extent] = number
      temporaries.insert(number)
    }
    encode(body: kernel.body)
  }

  /// Encodes a body and gives its registers and variables back.
  mutating func encode(body: [Statement]) {
    let (top, registers, variables) = (top, registers, variables)
    let (products, temporaries) = (products, temporaries)
    for statement in body { encode(statement) }
    (self.top, self.registers, self.variables) = (top, registers, variables)
    (self.products, self.temporaries) = (products, temporaries)
  }

  private mutating func encode(_ statement: Statement) {
    switch statement {
    case .loop(_, let variable, let extent, let body):
      let number = UInt32(declare(variable))
      if let extent = extent.constant {
        block(APUS_OP_LOOP, [number] + wide(extent)) { $0.encode(body: body) }
      } else {
        let operands = [number, self.number(extent)]
        block(APUS_OP_LOOPTO, operands) { $0.encode(body: body) }
      }
      variables[variable] = nil
    case .within(let variable, let lower, let upper, let body):
      within(variable, lower, upper, body)
    case .bind(let variable, let operation): bind(variable, operation)
    case .set(let register, let expression): set(register, expression)
    case .store(let access, let expression, let lanes): store(access, expression, lanes: lanes)
    case .tile(let tile): encode(tile)
    case .window(let window): encode(window)
    }
  }

  mutating func emit(
    _ opcode: apus_opcode, function: UInt32 = 0, lanes: Int = 0, type: ElementType? = nil,
    from: ElementType? = nil, _ operands: [UInt32]
  ) {
    let count = operands.count + 2
    if count > 0xffff { failure = failure ?? "an instruction of \(count) words" }
    words.append(opcode.rawValue | function << 8 | UInt32(lanes) << 16)
    words.append(
      (type?.machineNumber ?? 0) | (from?.machineNumber ?? 0) << 8 | UInt32(count & 0xffff) << 16)
    words += operands
  }

  private mutating func block(
    _ opcode: apus_opcode, _ operands: [UInt32], _ body: (inout KernelEncoder) -> Void
  ) {
    emit(opcode, operands + [0])
    let start = words.count
    body(&self)
    emit(APUS_OP_END, [])
    words[start - 1] = UInt32(words.count - start)
  }

  /// Bounds that are not fixed are compared through differences.
  private mutating func within(
    _ variable: IndexVariable, _ lower: Dimension, _ upper: Dimension, _ body: [Statement]
  ) {
    if let lower = lower.constant, let upper = upper.constant {
      let operands = [number(variable)] + wide(lower) + wide(upper)
      return block(APUS_OP_WITHIN, operands) { $0.encode(body: body) }
    }
    let above = difference(variable, lower)
    let below = difference(variable, upper)
    let outer = [above] + wide(0) + wide(.max)
    block(APUS_OP_WITHIN, outer) { encoder in
      let inner = [below] + encoder.wide(-(1 << 62)) + encoder.wide(0)
      encoder.block(APUS_OP_WITHIN, inner) {
        $0.encode(body: body)
      }
    }
  }

  /// A variable that holds another one minus a size.
  private mutating func difference(_ variable: IndexVariable, _ extent: Dimension) -> UInt32 {
    let result = freeVariable()
    temporaries.insert(result)
    let own = [number(variable)] + wide(1)
    let other = extent.constant == nil ? [number(extent)] + wide(-1) : []
    let operands = [other.isEmpty ? 1 : 2] + wide(-(extent.constant ?? 0)) + own + other
    emit(APUS_OP_AFFINE, [UInt32(result)] + operands)
    return UInt32(result)
  }

  private mutating func bind(_ variable: IndexVariable, _ operation: IndexOperation) {
    switch operation {
    case .affine(let index):
      let operands = encoded(index)
      emit(APUS_OP_AFFINE, [UInt32(declare(variable))] + operands)
    case .quotient(let index, let divisor):
      let operands = wide(divisor) + encoded(index)
      emit(APUS_OP_QUOTIENT, [UInt32(declare(variable))] + operands)
    case .remainder(let index, let divisor):
      let operands = wide(divisor) + encoded(index)
      emit(APUS_OP_REMAINDER, [UInt32(declare(variable))] + operands)
    case .load(let access, let extent):
      let place = encoded(access)
      if let extent = extent.constant {
        emit(APUS_OP_FETCH, [UInt32(declare(variable))] + wide(extent) + place)
      } else {
        emit(APUS_OP_FETCHTO, [UInt32(declare(variable)), number(extent)] + place)
      }
    }
  }

  private mutating func declare(_ variable: IndexVariable) -> Int {
    let free = freeVariable()
    variables[variable] = free
    return free
  }

  private mutating func freeVariable() -> Int {
    let used = temporaries.union(variables.values)
    let free = (0..<256).first { !used.contains($0) }
    if free == nil { failure = failure ?? "more than 256 index variables in one kernel" }
    return free ?? 0
  }

  /// The variable that holds a size.
  private func number(_ extent: Dimension) -> UInt32 {
    guard let number = extents[extent] else {
      preconditionFailure("size \(extent) is fetched before the kernel")
    }
    return UInt32(number)
  }

  /// The variable that holds another one times a size.
  private mutating func product(_ variable: UInt32, _ factor: Dimension) -> UInt32 {
    let key = Product(variable: Int(variable), factor: factor)
    if let known = products[key] { return UInt32(known) }
    let result = freeVariable()
    temporaries.insert(result)
    emit(APUS_OP_PRODUCT, [UInt32(result), variable, number(factor)])
    products[key] = result
    return UInt32(result)
  }

  private func number(_ variable: IndexVariable) -> UInt32 {
    guard let number = variables[variable] else {
      preconditionFailure("index variable \(variable.number) is used before it is set")
    }
    return UInt32(number)
  }
}

extension KernelEncoder {
  func wide(_ value: Int) -> [UInt32] {
    [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
  }

  /// Terms that are not fixed become terms of variables of their own.
  mutating func encoded(_ index: Index) -> [UInt32] {
    var terms: [UInt32] = []
    for term in index.terms {
      if let factor = term.coefficient.constant {
        terms += [number(term.variable)] + wide(factor)
      } else {
        terms += [product(number(term.variable), term.coefficient)] + wide(1)
      }
    }
    if index.constant.constant == nil { terms += [number(index.constant)] + wide(1) }
    return [UInt32(terms.count / 3)] + wide(index.constant.constant ?? 0) + terms
  }

  mutating func encoded(_ access: Access) -> [UInt32] {
    [UInt32(access.buffer.number)] + wide(access.laneStride) + encoded(access.index)
  }
}

extension KernelEncoder {
  private mutating func allocate(_ element: ElementType, _ lanes: Int) -> Value {
    let value = Value(slot: top, element: element, lanes: lanes)
    top += (lanes * element.bitWidth / 8 + 63) / 64
    slotCount = max(slotCount, top)
    if top > 2048 { failure = failure ?? "more than 128 KiB of registers in one kernel" }
    if lanes > 256 { failure = failure ?? "a register of \(lanes) lanes" }
    return value
  }

  private mutating func set(_ register: Register, _ expression: Expression) {
    let target: Value
    if let slot = registers[register] {
      target = Value(slot: slot, element: register.element, lanes: register.lanes)
    } else {
      target = allocate(register.element, register.lanes)
    }
    let top = top
    lanes = register.lanes
    evaluate(expression, into: target)
    self.top = top
    registers[register] = target.slot
  }

  private mutating func store(_ access: Access, _ expression: Expression, lanes: Int) {
    let top = top
    self.lanes = lanes
    let value = spread(evaluate(expression), to: lanes)
    emit(APUS_OP_STORE, lanes: lanes, [UInt32(value.slot)] + encoded(access))
    self.top = top
  }

  private mutating func spread(_ value: Value, to lanes: Int, into target: Value? = nil) -> Value {
    if value.lanes == lanes { return value }
    let wide = target ?? allocate(value.element, lanes)
    emit(
      APUS_OP_SPREAD, lanes: lanes, type: value.element, [UInt32(wide.slot), UInt32(value.slot)])
    return wide
  }

  /// Writes the value of an expression into a register.
  private mutating func evaluate(_ expression: Expression, into target: Value) {
    let value = evaluate(expression, target: target)
    if value.slot == target.slot { return }
    if value.lanes != target.lanes {
      _ = spread(value, to: target.lanes, into: target)
    } else {
      emit(
        APUS_OP_CONVERT, lanes: value.lanes, type: value.element, from: value.element,
        [UInt32(target.slot), UInt32(value.slot)])
    }
  }

  /// A register with the value of an expression: `target` when type and lanes agree.
  private mutating func evaluate(_ expression: Expression, target: Value? = nil) -> Value {
    switch expression {
    case .register(let register):
      guard let slot = registers[register] else {
        preconditionFailure("register \(register.number) is read before it is set")
      }
      return Value(slot: slot, element: register.element, lanes: register.lanes)
    case .load(let access):
      return load(access, target)
    case .literal(let literal, let element):
      let value = result(target, element, 1)
      emit(APUS_OP_LITERAL, lanes: 1, type: element, [UInt32(value.slot)] + bits(literal, element))
      return value
    case .index(let index):
      let value = result(target, .i64, 1)
      emit(APUS_OP_INDEX, [UInt32(value.slot)] + encoded(index))
      return value
    case .across(let function, let register):
      let source = evaluate(.register(register))
      let value = result(target, register.element, 1)
      emit(
        APUS_OP_ACROSS, function: function.number, lanes: register.lanes, type: register.element,
        [UInt32(value.slot), UInt32(source.slot)])
      return value
    case .unary(let function, let a):
      return apply(
        APUS_OP_UNARY, function.number, [a], target, result: function.isPredicate ? .bool : nil)
    case .binary(let function, let a, let b):
      return apply(
        APUS_OP_BINARY, function.number, [a, b], target, result: function.fixedResult)
    case .compare(let test, let a, let b):
      return apply(APUS_OP_COMPARE, test.number, [a, b], target, result: .bool)
    case .select(let test, let a, let b): return apply(APUS_OP_SELECT, 0, [test, a, b], target)
    case .convert(let a, let element):
      return apply(APUS_OP_CONVERT, 0, [a], target, result: element)
    case .reinterpret(let a, let from, let to):
      return apply(APUS_OP_CONVERT, 1, [a], target, from: from, result: to)
    case .fused(let a, let b, let c): return apply(APUS_OP_FUSED, 0, [a, b, c], target)
    }
  }

  private mutating func load(_ access: Access, _ target: Value?) -> Value {
    let element = program[access.buffer].element.widened
    let lanes = access.laneStride == 0 ? 1 : lanes
    let value = result(target, element, lanes)
    emit(APUS_OP_LOAD, lanes: lanes, [UInt32(value.slot)] + encoded(access))
    return value
  }

  /// A function of values; operands of one lane spread when another has more.
  private mutating func apply(
    _ opcode: apus_opcode, _ function: UInt32, _ operands: [Expression], _ target: Value?,
    from: ElementType? = nil, result element: ElementType? = nil
  ) -> Value {
    var values = operands.map { evaluate($0) }
    let lanes = values.map(\.lanes).max() ?? 1
    values = values.map { spread($0, to: lanes) }
    let from = from ?? values.last?.element ?? .f32
    let value = result(target, (element ?? from).widened, lanes)
    let type = opcode == APUS_OP_CONVERT ? element ?? from : from
    emit(
      opcode, function: function, lanes: lanes, type: type,
      from: opcode == APUS_OP_CONVERT ? from : nil,
      ([value] + values).map { UInt32($0.slot) })
    return value
  }

  private mutating func result(_ target: Value?, _ element: ElementType, _ lanes: Int) -> Value {
    if let target, target.element == element, target.lanes == lanes { return target }
    return allocate(element, lanes)
  }
}
