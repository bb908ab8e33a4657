internal import ApusIR

/// A product of many rows with coded weights: the weights of one panel of columns become reals in
/// memory, then all rows are multiplied with them.
private struct CodedPanels {
  let weights: CodedWeights
  /// The reals of one panel; pieces of the loop over panels have one each.
  let panels: PackedPanels
  let grid: RowGrid
  let shape: TileShape
}

extension Lowering {
  /// The fewest rows for which weights become reals in memory instead of in registers.
  private static let leastRows = 9

  /// Schedules a product with coded weights panel by panel; `false` where rows are few, or their
  /// number is not known, or tiles cannot be used.
  mutating func scheduleCodedPanels(_ task: KernelTask, _ product: BlockMatMul) -> Bool {
    let (left, result) = (placement(of: task.operands[0]), destination(of: task.results[0]))
    let last = result.extents.count - 1
    guard left.isFixed, result.isFixed, result.strides.last == 1,
      result.sizes.dropLast().reduce(1, *) >= Self.leastRows,
      target.epilogues != .all || task.epilogue?.fitsVectors ?? true
    else { return false }
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: last)
    let sums = sums(task, .reals, in: result)
    let grid = RowGrid([left, sums] + extra)
    let count = grid.extents.count
    let (depth, columns) = (left.sizes[last], result.sizes[last])
    let shape = tile(
      .reals, rows: grid.extents[count - 1], columns: columns, depth: depth,
      rowStride: grid.tensors[0].steps[count - 1])
    var panels = PackedPanels(
      buffer: left.buffer, depth: depth, columns: columns, shape: shape, target: target)
    let lanes = target.vectorLength == .upTo ? panels.width : target.tileLanes
    let strips = ColumnStrips(
      columns: columns, vectors: panels.width / lanes, lanes: lanes, target: target)
    guard let weights = CodedWeights(task, block: product.block, strips: strips, &self) else {
      return false
    }
    let pieces = target.pieces(of: max(panels.fullPanels, 1)).count
    panels.buffer = scratch(.f32, count: pieces * depth * max(panels.width, panels.lastWidth))
    offerEpilogueReuse(task, extra, result)
    let walk = CodedPanels(weights: weights, panels: panels, grid: grid, shape: shape)
    kernel("block_matmul", origins: task.origins) { builder in
      builder.multiply(walk, task)
      builder.finishApart(task, sums, result, extra)
    }
    return true
  }
}

extension KernelBuilder {
  /// All panels, in pieces that may run at the same time.
  fileprivate mutating func multiply(_ walk: CodedPanels, _ task: KernelTask) {
    let panels = walk.panels
    let whole = panels.fullPanels * panels.width
    if whole > 0 {
      pieces(of: [panels.fullPanels]) { builder, piece, places in
        let origin = piece * panels.panelStride
        for run in walk.weights.strips.runs where run.start < whole {
          builder.decode(walk.weights, run, places[0], to: panels, at: origin, panels.width)
        }
        builder.multiply(
          walk, task, columns: panels.width, from: places[0] * panels.width, at: origin)
      }
    }
    guard panels.columns > whole else { return }
    for run in walk.weights.strips.runs where run.start >= whole {
      loop(run.count) { builder, strip in
        builder.decode(
          walk.weights, run, strip, to: panels, at: strip * run.width + (run.start - whole),
          panels.lastWidth)
      }
    }
    let rest = panels.columns - whole
    if panels.lastWidth > rest {
      let missing = Placement(
        buffer: panels.buffer, element: .f32, origin: Index(rest),
        extents: [panels.depth, panels.lastWidth - rest].map { Dimension($0) },
        strides: [Dimension(panels.lastWidth), 1])
      fill(missing, .float(0))
    }
    multiply(walk, task, columns: rest, from: Index(whole), at: Index(0))
  }

  /// Turns the weights of a strip of columns into reals, in lines of `width`.
  private mutating func decode(
    _ weights: CodedWeights, _ run: ColumnStrips.Run, _ strip: Index, to panels: PackedPanels,
    at origin: Index, _ width: Int
  ) {
    weights.forEachRow(run.column(strip), run, &self) { builder, row, reals in
      for (vector, real) in reals.enumerated() {
        let place = origin + row * width + vector * run.lanes
        builder.store(Access(panels.buffer, place, laneStride: 1), real, lanes: run.lanes)
      }
    }
  }

  /// All rows by the reals of one panel.
  private mutating func multiply(
    _ walk: CodedPanels, _ task: KernelTask, columns: Int, from column: Index, at origin: Index
  ) {
    let count = walk.grid.extents.count
    let tensors = walk.grid.tensors.enumerated().map { place, tensor in
      var tensor = tensor
      if place > 0 { tensor.origin = tensor.origin + column * tensor.steps[count] }
      return tensor
    }
    var panel = PackedPanels(
      buffer: walk.panels.buffer, depth: walk.panels.depth, columns: columns, shape: walk.shape,
      target: target)
    panel.origin = origin
    let axes = Array(0..<count)
    let job = TiledMultiply(
      left: tensors[0], leftAxes: axes, leftScale: axes.map { _ in 1 },
      levels: [(panel.depth, tensors[0].steps[count])], panels: panel, result: tensors[1],
      resultAxes: axes, columnAxis: count, grid: walk.grid.extents, shape: walk.shape,
      isDivided: false)
    multiply(job, task, extra: Array(tensors.dropFirst(2)))
  }
}
