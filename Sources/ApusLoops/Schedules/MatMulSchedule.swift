internal import ApusIR

extension Lowering {
  /// The matrix product: register tiles over packed panels; loops over the batch outside.
  mutating func scheduleMatMul(_ task: KernelTask) {
    if scheduleColumn(task) { return }
    var left = placement(of: task.operands[0])
    let result = destination(of: task.results[0])
    let extents = result.extents
    guard task.rootType.shape.dimensions == extents, result.isFixed, left.isFixed,
      placement(of: task.operands[1]).isFixed, let products = tileProducts(task, left, result)
    else { return scheduleAnyContraction(task) }
    if products == .bytes { left = runsOfFour(left) }
    let extra = epiloguePlacements(
      task, shape: extents, lanesAlong: extents.count - 1)
    let sums = sums(task, products, in: result)
    let batch = Array(extents.dropLast(2))
    let wideLeft = left.broadcast(to: batch + left.extents.suffix(2))
    let right = placement(of: task.operands[1]).broadcast(
      to: batch + [wideLeft.extents[batch.count + 1], extents[batch.count + 1]])
    offerEpilogueReuse(task, extra, result)
    let isShared = batch.indices.allSatisfy { right.strides[$0] == 0 || batch[$0] == 1 }
    let finish = { (builder: inout KernelBuilder) in
      builder.finishApart(task, sums, result, extra)
    }
    if isShared {
      let grid = RowGrid([wideLeft, sums] + extra)
      let matrix = right.fixing(Array(batch.indices), at: batch.map { _ in Index(0) })
      multiplyRows(task, products, grid, matrix, finish)
    } else {
      multiplyBatch(
        task, products, left: wideLeft, right: right, result: sums, extra: extra, finish)
    }
  }

  /// All rows with one matrix.
  private mutating func multiplyRows(
    _ task: KernelTask, _ products: TileProducts, _ grid: RowGrid, _ right: Placement,
    _ finish: (inout KernelBuilder) -> Void
  ) {
    let (left, result) = (grid.tensors[0], grid.tensors[1])
    let count = grid.extents.count
    let rowStride = left.steps[count - 1]
    let neighbours = products.neighbours
    let steps = (right.sizes[0] + neighbours - 1) / neighbours
    let shape = tile(
      products, rows: grid.extents[count - 1], columns: right.sizes[1], depth: steps,
      rowStride: rowStride / neighbours)
    let (panels, pack) =
      products == .bytes
      ? lastingBytes(of: right, zero: task.zeroPoint, shape: shape)
      : lastingPanels(of: right, shape: shape, rows: grid.extents.reduce(1, *))
    if products == .bytes { grow(left, by: steps * neighbours - right.sizes[0]) }
    let axes = Array(0..<count)
    let job = TiledMultiply(
      left: left, leftAxes: axes, leftScale: axes.map { _ in 1 },
      levels: [(steps, left.steps[count] * neighbours)], panels: panels, result: result,
      resultAxes: axes, columnAxis: count, grid: grid.extents, shape: shape)
    kernel("matmul", origins: task.origins) { builder in
      pack?(&builder, panels, right)
      builder.multiply(job, task, extra: Array(grid.tensors.dropFirst(2)))
      finish(&builder)
    }
  }

  /// One product after the other.
  private mutating func multiplyBatch(
    _ task: KernelTask, _ products: TileProducts, left: Placement, right: Placement,
    result: Placement, extra: [Placement], _ finish: (inout KernelBuilder) -> Void
  ) {
    let batch = Array(result.sizes.dropLast(2))
    let axes = Array(batch.indices)
    let (rows, depth) = (left.sizes[batch.count], left.sizes[batch.count + 1])
    let neighbours = products.neighbours
    let steps = (depth + neighbours - 1) / neighbours
    let shape = tile(
      products, rows: rows, columns: right.sizes[batch.count + 1], depth: steps,
      rowStride: left.steps[batch.count] / neighbours)
    let first = right.fixing(axes, at: axes.map { _ in Index(0) })
    let copies = target.pieces(of: batch.reduce(1, *)).count
    let (panels, pack) =
      products == .bytes
      ? bytePanels(of: first, zero: task.zeroPoint, shape: shape, copies: copies)
      : panels(of: first, shape: shape, rows: rows, copies: copies)
    if products == .bytes { grow(left, by: steps * neighbours - depth) }
    kernel("matmul", origins: task.origins) { builder in
      builder.pieces(of: batch) { builder, piece, places in
        let matrix = right.fixing(axes, at: places)
        var moved = panels
        if let pack {
          moved.origin = piece * moved.count
          moved.start = moved.start?.advanced(by: piece * moved.paddedColumns)
          pack(&builder, moved, matrix)
        } else {
          moved.origin = matrix.origin
        }
        let job = TiledMultiply(
          left: left.fixing(axes, at: places), leftAxes: [0], leftScale: [1],
          levels: [(steps, left.steps[batch.count + 1] * neighbours)], panels: moved,
          result: result.fixing(axes, at: places), resultAxes: [0], columnAxis: 1, grid: [rows],
          shape: shape, isDivided: batch.reduce(1, *) == 1)
        builder.multiply(job, task, extra: extra.map { $0.fixing(axes, at: places) })
      }
      finish(&builder)
    }
  }

  /// What tiles multiply to compute a task: `f32`, or `u8` by `i8`, with columns of the result next
  /// to each other; `nil` when they cannot.
  func tileProducts(
    _ task: KernelTask, _ left: Placement, _ result: Placement
  ) -> TileProducts? {
    let types = task.operands.prefix(2).map { graph.type(of: $0).element }
    let products = TileProducts.allCases.first { types == [$0.left, $0.right] }
    guard let products, left.element == products.left, result.strides.last == 1 else { return nil }
    guard let epilogue = task.epilogue, target.epilogues == .all else { return products }
    // Sums of bytes are stored first where vectors do not hold what follows.
    return products == .bytes || epilogue.fitsVectors ? products : nil
  }

  /// Where sums go: to the result, or to memory of their own where they have another type and
  /// tiles leave the epilogue to a second pass.
  mutating func sums(
    _ task: KernelTask, _ products: TileProducts, in result: Placement
  ) -> Placement {
    guard task.epilogue != nil, task.fusedEpilogue(target) == nil, result.element != products.sum
    else { return result }
    let axes = result.extents.indices.sorted {
      result.strides[$0].isLonger(than: result.strides[$1])
    }
    let layout = Layout(order: axes)
    return allocate(
      TensorType(products.sum, Shape(result.extents), layout: layout), name: "sums",
      .arena(offset: 0))
  }

  /// Falls back to plain loops.
  mutating func scheduleAnyContraction(_ task: KernelTask) {
    do { try scheduleContraction(task) } catch {
      preconditionFailure("a matrix product is a contraction")
    }
  }

  /// The name of a constant, for the buffer that holds it in another form.
  func constantName(_ value: ValueID) -> String {
    guard case .constant(let constant)? = graph.producer(of: value)?.operation else { return "" }
    return constant.name
  }

  /// Residual operands are read right before the store, so the result may take their memory, but
  /// not that of a factor too, which other elements need.
  mutating func offerEpilogueReuse(_ task: KernelTask, _ extra: [Placement], _ result: Placement) {
    guard task.fusedEpilogue(target) != nil else { return }
    let factors = Set(task.operands.map { placement(of: $0).buffer })
    for operand in extra where !factors.contains(operand.buffer) {
      offerReuse(of: operand, for: result, beside: extra)
    }
  }
}

extension KernelTask {
  /// The integer that stands for 0 on the left of a matrix product.
  fileprivate var zeroPoint: Int {
    if case .matmul(let product) = root { product.zero } else { 0 }
  }
}

extension KernelBuilder {
  /// The epilogue as a pass of its own, for targets whose tiles cannot take it.
  mutating func finishApart(
    _ task: KernelTask, _ sums: Placement, _ result: Placement, _ extra: [Placement]
  ) {
    guard let function = task.epilogue, !target.fuses(function) else { return }
    map(function, [sums] + extra, to: result)
  }
}

/// The rows of several tensors that all but their last axis run over, with axes joined where they
/// follow each other in every tensor.
struct RowGrid {
  /// The rows along each remaining axis; at least one axis.
  var extents: [Int] = []
  /// The tensors over these axes and their last one.
  var tensors: [Placement]

  init(_ tensors: [Placement]) {
    self.tensors = tensors
    let rows = tensors[0].sizes.dropLast()
    var kept: [Int] = []
    for axis in rows.indices where rows[axis] != 1 {
      if let last = kept.last,
        tensors.allSatisfy({ $0.steps[last] == $0.steps[axis] * rows[axis] })
      {
        extents[extents.count - 1] *= rows[axis]
        kept[kept.count - 1] = axis
      } else {
        extents.append(rows[axis])
        kept.append(axis)
      }
    }
    if extents.isEmpty { (extents, kept) = ([1], [rows.count - 1]) }
    for number in tensors.indices {
      let tensor = tensors[number]
      self.tensors[number].strides = (kept + [rows.count]).map { tensor.strides[$0] }
      self.tensors[number].extents = extents.map { Dimension($0) } + [tensor.extents[rows.count]]
    }
  }
}
