internal import ApusIR

/// Follows the loops of a kernel to find where a result may begin that lies over an operand.
///
/// A kernel that goes through both in the same direction may write where it has read already.
/// Outer loops are followed turn by turn; the rest of a nest is one step, which counts as if it
/// wrote everything before it reads. What a step touches is an interval of bytes.
struct SlideFinder {
  /// Results must not begin between these two numbers of bytes behind the operand.
  ///
  /// Up to `lower` every byte is read before the result reaches it from below, from `upper` on
  /// before the result reaches it from above.
  private(set) var (lower, upper) = (Int.max, Int.min)

  private let program: Program
  private let operands: [BufferID]
  private let results: [BufferID]
  /// The bytes of the result that are written so far.
  private var written: ClosedRange<Int>?
  /// What variables may hold, by their number.
  private var values: [ClosedRange<Int>] = []
  /// Whether the writes of a step are looked at, or its reads.
  private var takesWrites = false

  /// The most turns that are followed one by one.
  private static let turns = 1024

  /// Follows statements without symbols that read `operands` and write `results` only.
  init(
    _ body: [Statement], operands: [BufferID], results: [BufferID], of program: Program
  ) {
    self.program = program
    self.operands = operands
    self.results = results
    walk(body, turns: SlideFinder.turns)
  }

  private mutating func walk(_ statements: [Statement], turns: Int) {
    for statement in statements {
      switch statement {
      case .loop(_, let variable, let extent, let body):
        let each = (extent.fixed + turns - 1) / turns
        for start in stride(from: 0, to: extent.fixed, by: max(each, 1)) {
          set(variable, start...min(start + each, extent.fixed) - 1)
          if each == 1 { walk(body, turns: max(turns / extent.fixed, 1)) } else { step(body) }
        }
      case .within(let variable, let lower, let upper, let body):
        guard let outer = narrow(variable, lower, upper) else { continue }
        walk(body, turns: turns)
        set(variable, outer)
      case .bind, .set, .store, .tile, .window: step([statement])
      }
    }
  }

  private mutating func step(_ statements: [Statement]) {
    for phase in [true, false] {
      takesWrites = phase
      for statement in statements { visit(statement) }
    }
  }

  private mutating func visit(_ statement: Statement) {
    switch statement {
    case .loop(_, let variable, let extent, let body):
      guard extent.fixed > 0 else { return }
      set(variable, 0...extent.fixed - 1)
      for inner in body { visit(inner) }
    case .within(let variable, let lower, let upper, let body):
      guard let outer = narrow(variable, lower, upper) else { return }
      for inner in body { visit(inner) }
      set(variable, outer)
    case .bind(let variable, let operation): set(variable, range(operation))
    case .set(let register, let value): visit(value, lanes: register.lanes)
    case .store(let access, let value, let lanes):
      visit(value, lanes: lanes)
      write(access, (0...lanes - 1) * access.laneStride)
    case .tile(let tile): visit(tile)
    case .window(let window): visit(window)
    }
  }

  // MARK: What statements touch

  private mutating func visit(_ tile: TileMultiply) {
    var reach = 0...tile.products.neighbours - 1
    for level in tile.reduction where level.extent > 0 {
      reach = reach + (0...level.extent - 1) * level.aStride
    }
    read(tile.a, reach)
    readAll(tile.b)
    visit(tile.start, tile.epilogue, columns: tile.storedColumns)
    write(tile.output, columns: tile.storedColumns)
  }

  private mutating func visit(_ window: WindowMultiply) {
    for tap in window.taps { read(window.input, tap...tap + window.channels - 1) }
    readAll(window.weights)
    visit(window.start, window.epilogue, columns: window.channels)
    write(window.output, columns: window.channels)
  }

  private mutating func visit(_ start: TileStart, _ epilogue: TileEpilogue?, columns: Int) {
    if case .columns(let access) = start { readAll(access) }
    for rows in epilogue?.operands ?? [] {
      read(rows, (0...columns - 1) * rows.base.laneStride)
    }
  }

  private mutating func visit(_ value: Expression, lanes: Int) {
    switch value {
    case .load(let access): read(access, (0...lanes - 1) * access.laneStride)
    case .register, .literal, .index, .across: break
    case .unary(_, let a), .convert(let a, _), .reinterpret(let a, from: _, to: _):
      visit(a, lanes: lanes)
    case .binary(_, let a, let b), .compare(_, let a, let b):
      visit(a, lanes: lanes)
      visit(b, lanes: lanes)
    case .select(let a, let b, let c), .fused(let a, let b, let c):
      for part in [a, b, c] { visit(part, lanes: lanes) }
    }
  }

  private mutating func read(_ rows: TileRows, _ reach: ClosedRange<Int>) {
    guard let first = rows.offsets.min(), let last = rows.offsets.max() else { return }
    read(rows.base, reach + (first...last))
  }

  private mutating func write(_ rows: TileRows, columns: Int) {
    guard let first = rows.offsets.min(), let last = rows.offsets.max() else { return }
    write(rows.base, (0...columns - 1) * rows.base.laneStride + (first...last))
  }

  /// A read of elements at distances from an access.
  private mutating func read(_ access: Access, _ reach: ClosedRange<Int>) {
    guard !takesWrites, operands.contains(access.buffer) else { return }
    note(bytes(range(access.index) + reach, of: access.buffer))
  }

  /// A read of what may be all of a buffer.
  private mutating func readAll(_ access: Access) {
    guard !takesWrites, operands.contains(access.buffer) else { return }
    note(bytes(0...max(program[access.buffer].count, 1) - 1, of: access.buffer))
  }

  private mutating func note(_ read: ClosedRange<Int>) {
    guard let written else { return }
    lower = min(lower, read.lowerBound - written.upperBound - 1)
    upper = max(upper, read.upperBound + 1 - written.lowerBound)
  }

  private mutating func write(_ access: Access, _ reach: ClosedRange<Int>) {
    guard takesWrites, results.contains(access.buffer) else { return }
    let new = bytes(range(access.index) + reach, of: access.buffer)
    let old = written ?? new
    written = min(old.lowerBound, new.lowerBound)...max(old.upperBound, new.upperBound)
  }

  private func bytes(_ elements: ClosedRange<Int>, of buffer: BufferID) -> ClosedRange<Int> {
    let width = program[buffer].element.memoryBytes(of: 1) ?? 1
    return elements.lowerBound * width...elements.upperBound * width + width - 1
  }

  // MARK: What variables hold

  private mutating func set(_ variable: IndexVariable, _ range: ClosedRange<Int>) {
    while values.count <= variable.number { values.append(0...0) }
    values[variable.number] = range
  }

  /// Narrows a variable; returns what it held before, `nil` when nothing is left.
  private mutating func narrow(
    _ variable: IndexVariable, _ lower: Dimension, _ upper: Dimension
  ) -> ClosedRange<Int>? {
    let outer = values[variable.number]
    let (first, last) = (
      max(outer.lowerBound, lower.fixed), min(outer.upperBound, upper.fixed - 1)
    )
    guard first <= last else { return nil }
    values[variable.number] = first...last
    return outer
  }

  private mutating func range(_ operation: IndexOperation) -> ClosedRange<Int> {
    switch operation {
    case .affine(let index): return range(index)
    case .quotient(let index, let divisor):
      let range = range(index)
      return range.lowerBound / divisor...range.upperBound / divisor
    case .remainder(let index, let divisor):
      let range = range(index)
      let (first, last) = (range.lowerBound % divisor, range.upperBound % divisor)
      let isOneRun = range.upperBound - range.lowerBound == last - first
      return isOneRun ? first...last : 0...divisor - 1
    case .load(let access, let extent):
      read(access, 0...0)
      return 0...max(extent.fixed, 1) - 1
    }
  }

  private func range(_ index: Index) -> ClosedRange<Int> {
    index.terms.reduce(index.constant.fixed...index.constant.fixed) {
      $0 + values[$1.variable.number] * $1.coefficient.fixed
    }
  }
}

private func + (a: ClosedRange<Int>, b: ClosedRange<Int>) -> ClosedRange<Int> {
  a.lowerBound + b.lowerBound...a.upperBound + b.upperBound
}

private func * (range: ClosedRange<Int>, factor: Int) -> ClosedRange<Int> {
  let (a, b) = (range.lowerBound * factor, range.upperBound * factor)
  return min(a, b)...max(a, b)
}
