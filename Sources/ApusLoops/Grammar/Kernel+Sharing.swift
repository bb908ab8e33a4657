extension Kernel {
  /// Buffers that iterations of an outermost parallel loop write at the same place; empty when
  /// schedules keep their promise that iterations may run at the same time.
  var sharedWrites: [BufferID] {
    var finder = SharedWriteFinder()
    finder.visit(body)
    return finder.found
  }
}

/// Finds stores inside parallel loops whose place does not depend on the loop's variable.
private struct SharedWriteFinder {
  private(set) var found: [BufferID] = []
  /// The variables that differ between iterations; `nil` outside parallel loops.
  private var own: Set<IndexVariable>?

  mutating func visit(_ statements: [Statement]) {
    for statement in statements { visit(statement) }
  }

  private mutating func visit(_ statement: Statement) {
    switch statement {
    case .loop(.parallel, let variable, _, let body) where own == nil:
      own = [variable]
      visit(body)
      own = nil
    case .loop(_, _, _, let body): visit(body)
    case .within(_, _, _, let body): visit(body)
    case .bind(let variable, let operation):
      if depends(operation) { own?.insert(variable) }
    case .set: break
    case .store(let access, _, _): write(access)
    case .tile(let tile): write(tile.output.base)
    case .window(let window): write(window.output.base)
    }
  }

  private func depends(_ operation: IndexOperation) -> Bool {
    switch operation {
    case .affine(let index), .quotient(let index, _), .remainder(let index, _): depends(index)
    case .load(let access, _): depends(access.index)
    }
  }

  private func depends(_ index: Index) -> Bool {
    guard let own else { return true }
    return index.terms.contains { own.contains($0.variable) }
  }

  private mutating func write(_ access: Access) {
    if !depends(access.index) { found.append(access.buffer) }
  }
}
