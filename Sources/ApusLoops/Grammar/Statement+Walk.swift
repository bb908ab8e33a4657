public import ApusIR

extension Kernel {
  /// The buffers that the kernel reads or writes, each once, in order of first appearance.
  public var buffers: [BufferID] { accesses.buffers }

  /// The buffers that the kernel writes.
  public var writtenBuffers: [BufferID] { accesses.written }

  /// The buffers that the kernel reads.
  public var readBuffers: [BufferID] { accesses.reads }

  /// The symbols that extents and indices are written with, sorted.
  public var symbols: [String] { accesses.symbols.sorted() }

  /// The extents, factors and summands that have symbols, each once, in order of appearance.
  public var openExtents: [Dimension] { accesses.openExtents }

  private var accesses: AccessCollector {
    var collector = AccessCollector()
    for statement in body { collector.visit(statement) }
    return collector
  }
}

/// Collects the buffers that statements touch.
private struct AccessCollector {
  private(set) var buffers: [BufferID] = []
  private(set) var written: [BufferID] = []
  private(set) var reads: [BufferID] = []
  private(set) var symbols: Set<String> = []
  private(set) var openExtents: [Dimension] = []
  private var known: Set<BufferID> = []

  private mutating func touch(_ access: Access) {
    if known.insert(access.buffer).inserted { buffers.append(access.buffer) }
    visit(access.index)
  }

  private mutating func read(_ access: Access) {
    touch(access)
    if !reads.contains(access.buffer) { reads.append(access.buffer) }
  }

  private mutating func visit(_ index: Index) {
    visit(index.constant)
    for term in index.terms { visit(term.coefficient) }
  }

  private mutating func visit(_ extent: Dimension) {
    guard extent.constant == nil, !openExtents.contains(extent) else { return }
    openExtents.append(extent)
    symbols.formUnion(extent.symbols)
  }

  private mutating func write(_ access: Access) {
    touch(access)
    if !written.contains(access.buffer) { written.append(access.buffer) }
  }

  mutating func visit(_ statement: Statement) {
    switch statement {
    case .loop(_, _, let extent, let body):
      visit(extent)
      for inner in body { visit(inner) }
    case .within(_, let lower, let upper, let body):
      visit(lower)
      visit(upper)
      for inner in body { visit(inner) }
    case .bind(_, .load(let access, let extent)):
      read(access)
      visit(extent)
    case .bind(_, .affine(let index)), .bind(_, .quotient(let index, _)),
      .bind(_, .remainder(let index, _)):
      visit(index)
    case .set(_, let value): visit(value)
    case .store(let access, let value, lanes: _):
      visit(value)
      write(access)
    case .tile(let tile):
      visit(tile.a, tile.start, tile.epilogue)
      read(tile.b)
      write(tile.output.base)
    case .window(let window):
      visit(window.input, window.start, window.epilogue)
      read(window.weights)
      write(window.output.base)
    }
  }

  private mutating func visit(_ rows: TileRows, _ start: TileStart, _ epilogue: TileEpilogue?) {
    read(rows.base)
    if case .columns(let access) = start { read(access) }
    for operand in epilogue?.operands ?? [] { read(operand.base) }
  }

  private mutating func visit(_ value: Expression) {
    switch value {
    case .load(let access): read(access)
    case .index(let index): visit(index)
    case .register, .literal, .across: break
    case .unary(_, let a), .convert(let a, _), .reinterpret(let a, from: _, to: _): visit(a)
    case .binary(_, let a, let b), .compare(_, let a, let b):
      visit(a)
      visit(b)
    case .select(let a, let b, let c), .fused(let a, let b, let c):
      visit(a)
      visit(b)
      visit(c)
    }
  }
}
