internal import ApusIR

/// What a kernel does to an operand and to a result: blocks and accesses in the order of its text.
///
/// Statements count as if they wrote before they read. Kernels must not have symbols.
struct MemoryTrace {
  /// An affine function of variables; its terms lie together.
  struct Sum {
    var constant: Int
    var terms: Range<Int>
  }

  /// One thing that is done; variables are given by their numbers.
  enum Action {
    case loop(Int, extent: Int)
    case within(Int, lower: Int, upper: Int)
    case affine(Int, Sum)
    case quotient(Int, Sum, Int)
    case remainder(Int, Sum, Int)
    case any(Int, below: Int)
    /// Touches bytes at some distances from a place.
    case touch(Sum, reach: ClosedRange<Int>, isWrite: Bool)
  }

  /// What is done, and where its body ends, which follows.
  private(set) var actions: [(action: Action, end: Int)] = []
  private(set) var terms: [(variable: Int, factor: Int)] = []
  /// The number of variables.
  private(set) var variables = 0

  private let program: Program
  private let operands: [BufferID]
  private let results: [BufferID]

  /// The accesses of statements to buffers that they only read, and to buffers that they write.
  init(
    _ body: [Statement], operands: [BufferID], results: [BufferID], of program: Program
  ) {
    self.program = program
    self.operands = operands
    self.results = results
    for statement in body { add(statement) }
  }

  private mutating func add(_ statement: Statement) {
    switch statement {
    case .loop(_, let variable, let extent, let body):
      guard extent.fixed > 0 else { return }
      add(.loop(number(variable), extent: extent.fixed), body)
    case .within(let variable, let lower, let upper, let body):
      add(.within(number(variable), lower: lower.fixed, upper: upper.fixed), body)
    case .bind(let variable, .affine(let index)): add(.affine(number(variable), sum(index)))
    case .bind(let variable, .quotient(let index, let divisor)):
      add(.quotient(number(variable), sum(index), divisor))
    case .bind(let variable, .remainder(let index, let divisor)):
      add(.remainder(number(variable), sum(index), divisor))
    case .bind(let variable, .load(let access, let extent)):
      read(access, 0...0)
      add(.any(number(variable), below: max(extent.fixed, 1)))
    case .set(let register, let value): read(value, lanes: register.lanes)
    case .store(let access, let value, let lanes):
      write(access, (0...lanes - 1) * access.laneStride)
      read(value, lanes: lanes)
    case .tile(let tile): add(tile)
    case .window(let window): add(window)
    }
  }

  private mutating func add(_ action: Action, _ body: [Statement] = []) {
    let place = actions.count
    actions.append((action, 0))
    for statement in body { add(statement) }
    actions[place].end = actions.count
  }

  private mutating func add(_ tile: TileMultiply) {
    write(tile.output, columns: tile.storedColumns)
    let reach = tile.reduction.reduce(0...tile.products.neighbours - 1) {
      $0 + (0...max($1.extent, 1) - 1) * $1.aStride
    }
    read(tile.a, reach)
    readAll(tile.b)
    add(tile.start, tile.epilogue, columns: tile.storedColumns)
  }

  private mutating func add(_ window: WindowMultiply) {
    write(window.output, columns: window.channels)
    read(window.input, window.taps.reach + (0...window.channels - 1))
    readAll(window.weights)
    add(window.start, window.epilogue, columns: window.channels)
  }

  private mutating func add(_ start: TileStart, _ epilogue: TileEpilogue?, columns: Int) {
    if case .columns(let access) = start { readAll(access) }
    for rows in epilogue?.operands ?? [] {
      read(rows, (0...columns - 1) * rows.base.laneStride)
    }
  }

  private mutating func read(_ value: Expression, lanes: Int) {
    switch value {
    case .load(let access): read(access, (0...lanes - 1) * access.laneStride)
    case .register, .literal, .index, .across: break
    case .unary(_, let a), .convert(let a, _), .reinterpret(let a, from: _, to: _):
      read(a, lanes: lanes)
    case .binary(_, let a, let b), .compare(_, let a, let b):
      read(a, lanes: lanes)
      read(b, lanes: lanes)
    case .select(let a, let b, let c), .fused(let a, let b, let c):
      for part in [a, b, c] { read(part, lanes: lanes) }
    }
  }

  // MARK: Accesses

  private mutating func read(_ rows: TileRows, _ reach: ClosedRange<Int>) {
    read(rows.base, reach + rows.offsets.reach)
  }

  private mutating func write(_ rows: TileRows, columns: Int) {
    write(rows.base, (0...columns - 1) * rows.base.laneStride + rows.offsets.reach)
  }

  private mutating func read(_ access: Access, _ reach: ClosedRange<Int>) {
    if operands.contains(access.buffer) { touch(access, reach, isWrite: false) }
  }

  /// A read of what may be all of a buffer.
  private mutating func readAll(_ access: Access) {
    let last = max(program[access.buffer].count, 1) - 1
    read(Access(access.buffer, Index(0)), 0...last)
  }

  private mutating func write(_ access: Access, _ reach: ClosedRange<Int>) {
    if results.contains(access.buffer) { touch(access, reach, isWrite: true) }
  }

  private mutating func touch(_ access: Access, _ reach: ClosedRange<Int>, isWrite: Bool) {
    let width = program[access.buffer].element.memoryBytes(of: 1) ?? 1
    let bytes = reach * width + (0...width - 1)
    add(.touch(sum(access.index * width), reach: bytes, isWrite: isWrite))
  }

  private mutating func sum(_ index: Index) -> Sum {
    let start = terms.count
    for term in index.terms {
      terms.append((number(term.variable), term.coefficient.fixed))
    }
    return Sum(constant: index.constant.fixed, terms: start..<terms.count)
  }

  private mutating func number(_ variable: IndexVariable) -> Int {
    variables = max(variables, variable.number + 1)
    return variable.number
  }
}

extension [Int] {
  /// From the least to the largest; 0 when there are none.
  fileprivate var reach: ClosedRange<Int> { (self.min() ?? 0)...(self.max() ?? 0) }
}

extension ClosedRange<Int> {
  static func + (a: ClosedRange, b: ClosedRange) -> ClosedRange {
    a.lowerBound + b.lowerBound...a.upperBound + b.upperBound
  }

  static func * (range: ClosedRange, factor: Int) -> ClosedRange {
    let (a, b) = (range.lowerBound * factor, range.upperBound * factor)
    return Swift.min(a, b)...Swift.max(a, b)
  }
}
