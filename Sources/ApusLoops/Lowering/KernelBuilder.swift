internal import ApusIR

/// Writes the statements of one kernel.
struct KernelBuilder {
  let target: Target
  private var bodies: [[Statement]] = [[]]
  private var variableCount = 0
  private var registerCount: Int
  /// Whether strings come out that were not there before, in the pool or as parts of others.
  private(set) var makesStrings = false

  init(target: Target, firstRegister: Int = 0) {
    self.target = target
    registerCount = firstRegister
  }

  /// The number of the next register.
  var nextRegister: Int { registerCount }

  /// The finished statements.
  var statements: [Statement] { bodies[0] }

  mutating func emit(_ statement: Statement) { bodies[bodies.count - 1].append(statement) }

  mutating func variable() -> IndexVariable {
    variableCount += 1
    return IndexVariable(variableCount - 1)
  }

  /// The statements that `write` emits, kept apart.
  mutating func collect(_ write: (inout KernelBuilder) -> Void) -> [Statement] {
    bodies.append([])
    write(&self)
    return bodies.removeLast()
  }

  /// `for i in 0..<extent`; no loop for a single iteration, nothing for none.
  mutating func loop(
    _ extent: Dimension, _ kind: LoopKind = .serial, _ body: (inout KernelBuilder, Index) -> Void
  ) {
    if extent == 1 { return body(&self, Index(0)) }
    if let extent = extent.constant, extent <= 0 { return }
    let counter = variable()
    let inner = collect { body(&$0, Index(counter)) }
    emit(.loop(kind, counter, extent: extent, inner))
  }

  /// `for i in 0..<extent`.
  mutating func loop(
    _ extent: Int, _ kind: LoopKind = .serial, _ body: (inout KernelBuilder, Index) -> Void
  ) {
    loop(Dimension(extent), kind, body)
  }

  /// Nested loops, the first extent outermost; only the outermost may be parallel.
  mutating func loops(
    _ extents: some Sequence<Dimension>, _ kind: LoopKind = .serial,
    _ body: (inout KernelBuilder, [Index]) -> Void
  ) {
    let extents = Array(extents)
    func nest(_ builder: inout KernelBuilder, _ depth: Int, _ outer: [Index]) {
      if depth == extents.count { return body(&builder, outer) }
      let isFirst = extents[..<depth].allSatisfy { $0 == 1 }
      builder.loop(extents[depth], isFirst ? kind : .serial) {
        nest(&$0, depth + 1, outer + [$1])
      }
    }
    nest(&self, 0, [])
  }

  /// Nested loops cut into pieces that may run at the same time, one after the other within each.
  ///
  /// The body gets the number of its piece, which tells it the part of a buffer that is its own.
  mutating func pieces(
    of extents: [Int], _ body: (inout KernelBuilder, _ piece: Index, [Index]) -> Void
  ) {
    let total = extents.reduce(1, *)
    let (count, each) = target.pieces(of: total)
    if count == 1 { return loops(extents.map { Dimension($0) }) { body(&$0, Index(0), $1) } }
    loop(count, .parallel) { builder, piece in
      builder.loop(each) { builder, step in
        func run(_ builder: inout KernelBuilder, _ place: Index) {
          var (rest, places) = (place, extents.map { _ in Index(0) })
          let axes = extents.indices.filter { extents[$0] != 1 }
          for axis in axes.dropFirst().reversed() {
            places[axis] = builder.bind(.remainder(rest, extents[axis]))
            rest = builder.bind(.quotient(rest, extents[axis]))
          }
          if let first = axes.first { places[first] = rest }
          body(&builder, piece, places)
        }
        let place = piece * each + step
        if count * each == total { return run(&builder, place) }
        builder.within(place, extent: Dimension(total)) { run(&$0, $1) }
      }
    }
  }

  /// Runs over `0..<extent` in steps of as many lanes as the target has, then over the rest.
  mutating func strip(
    _ extent: Dimension, vectorized: Bool, _ kind: LoopKind = .serial,
    _ body: (inout KernelBuilder, Index, Int) -> Void
  ) {
    let lanes = vectorized ? target.lanes : 1
    let full = extent / Dimension(lanes)
    let rest = extent - full * Dimension(lanes)
    loop(full, kind) { body(&$0, $1 * lanes, lanes) }
    if target.vectorLength == .upTo, let rest = rest.constant {
      if rest > 0 { body(&self, Index(full * Dimension(lanes)), rest) }
    } else {
      loop(rest) { body(&$0, $1 + Index(full * Dimension(lanes)), 1) }
    }
  }

  /// A new index variable.
  mutating func bind(_ operation: IndexOperation) -> Index {
    let result = variable()
    emit(.bind(result, operation))
    return Index(result)
  }

  /// Runs the body where `0 <= index < extent`.
  mutating func within(
    _ index: Index, extent: Dimension, _ body: (inout KernelBuilder, Index) -> Void
  ) {
    let place = variable()
    emit(.bind(place, .affine(index)))
    let inner = collect { body(&$0, Index(place)) }
    emit(.within(place, lower: 0, upper: extent, inner))
  }

  /// A register set to a value.
  mutating func set(_ value: Expression, _ element: ElementType, lanes: Int) -> Register {
    let register = Register(registerCount, element, lanes: lanes)
    registerCount += 1
    emit(.set(register, value))
    return register
  }

  /// Changes a register.
  mutating func update(_ register: Register, _ value: Expression) { emit(.set(register, value)) }

  mutating func store(_ access: Access, _ value: Expression, lanes: Int) {
    emit(.store(access, value, lanes: lanes))
  }

  /// The result of a function; steps used more than once go through registers.
  mutating func evaluate(
    _ function: Pointwise, _ operands: [Expression], lanes: Int
  ) -> Expression {
    makesStrings = makesStrings || function.makesStrings || function.cutsStrings
    var uses = [Int](repeating: 0, count: function.steps.count)
    for step in function.steps { for argument in step.arguments { uses[argument] += 1 } }
    var values: [Expression] = []
    for (place, step) in function.steps.enumerated() {
      let type = function.types[place]
      var value = step.expression(of: type, types: function.types, operands: operands) {
        values[$0]
      }
      if type.isNarrowInteger, step.computes { value = value.converted(from: .i32, to: type) }
      if uses[place] > 1, !value.isLeaf {
        value = .register(set(value, type.arithmetic, lanes: lanes))
      }
      values.append(value)
    }
    return values[values.count - 1]
  }
}

extension Expression {
  /// Whether evaluating it twice costs nothing.
  var isLeaf: Bool {
    switch self {
    case .register, .literal, .index: true
    case .load, .unary, .binary, .compare, .select, .convert, .reinterpret, .fused, .across: false
    }
  }
}

extension ElementType {
  /// The type that arithmetic on elements of this type is done in.
  var arithmetic: ElementType {
    switch self {
    case .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2,
      .f4e2m1:
      .f32
    case .i8, .u8, .i16, .u16, .i4, .u4, .i2, .u2: .i32
    case .f32, .f64, .i32, .i64, .u32, .u64, .bool, .string, .c64, .c128: self
    }
  }
}

extension Pointwise.Step {
  /// The step as an expression over the expressions of its arguments.
  func expression(
    of type: ElementType, types: [ElementType], operands: [Expression],
    _ value: (Int) -> Expression
  ) -> Expression {
    switch self {
    case .operand(let place): operands[place]
    case .literal(let literal, let type): .literal(literal, type.arithmetic)
    case .unary(let function, let a): .unary(function, value(a))
    case .binary(let function, let a, let b): .binary(function, value(a), value(b))
    case .compare(let test, let a, let b): .compare(test, value(a), value(b))
    case .select(let a, let b, let c): .select(value(a), value(b), value(c))
    case .convert(let a, let type): value(a).converted(from: types[a].arithmetic, to: type)
    case .reinterpret(let a, let type): value(a).reinterpreted(from: types[a], to: type)
    }
  }

  /// Whether the result may lie outside a narrow type, because it is computed in a wider one.
  var computes: Bool {
    switch self {
    case .operand, .literal, .compare, .select, .convert, .reinterpret: false
    case .unary, .binary: true
    }
  }
}
