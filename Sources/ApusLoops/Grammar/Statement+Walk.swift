extension Kernel {
  /// The buffers that the kernel reads or writes, each once, in order of first appearance.
  public var buffers: [BufferID] { accesses.buffers }

  /// The buffers that the kernel writes.
  public var writtenBuffers: [BufferID] { accesses.written }

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
  private var known: Set<BufferID> = []

  private mutating func read(_ access: Access) {
    if known.insert(access.buffer).inserted { buffers.append(access.buffer) }
  }

  private mutating func write(_ access: Access) {
    read(access)
    if !written.contains(access.buffer) { written.append(access.buffer) }
  }

  mutating func visit(_ statement: Statement) {
    switch statement {
    case .loop(_, _, extent: _, let body), .within(_, lower: _, upper: _, let body):
      for inner in body { visit(inner) }
    case .bind(_, let operation):
      if case .load(let access, extent: _) = operation { read(access) }
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
    case .register, .literal, .index, .across: break
    case .unary(_, let a), .convert(let a, _): visit(a)
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
