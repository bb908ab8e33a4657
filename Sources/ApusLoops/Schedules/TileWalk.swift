internal import ApusIR

/// The rows of one register tile: coordinates relative to those of its first row.
struct TileBlock {
  /// The coordinates of the first row along the row axes.
  var base: [Index]
  /// Coordinates of each row relative to the first.
  var relative: [[Int]]

  /// Where rows of a tensor begin, given the strides of the row axes.
  func rows(_ tensor: Placement, axes: [Int], scale: [Int]) -> (base: Index, offsets: [Int]) {
    var start = Index(0)
    for (place, axis) in axes.enumerated() {
      start = start + base[place] * (tensor.steps[axis] * scale[place])
    }
    let offsets = relative.map { coordinates in
      zip(coordinates, axes.indices).reduce(0) {
        $0 + $1.0 * tensor.steps[axes[$1.1]] * scale[$1.1]
      }
    }
    return (start, offsets)
  }
}

extension KernelBuilder {
  /// Covers a grid of rows with tiles of at most `height` rows.
  ///
  /// Tiles run along the last axis; where it is short, one tile takes several whole lines.
  mutating func tiles(
    grid: [Int], height: Int, _ body: (inout KernelBuilder, TileBlock) -> Void
  ) {
    let width = grid[grid.count - 1]
    if grid.count > 1, width * 2 <= height {
      return lines(grid: grid, perTile: height / width, body)
    }
    let outer = Array(grid.dropLast())
    loops(outer.map { Dimension($0) }) { builder, places in
      func block(_ start: Index, _ count: Int) -> TileBlock {
        TileBlock(
          base: places + [start],
          relative: (0..<count).map { outer.map { _ in 0 } + [$0] })
      }
      builder.loop(width / height) { body(&$0, block($1 * height, height)) }
      let rest = width % height
      if rest > 0 { body(&builder, block(Index(width - rest), rest)) }
    }
  }

  /// Tiles of several whole lines of the last axis.
  private mutating func lines(
    grid: [Int], perTile: Int, _ body: (inout KernelBuilder, TileBlock) -> Void
  ) {
    let (height, width) = (grid[grid.count - 2], grid[grid.count - 1])
    let outer = Array(grid.dropLast(2))
    let perTile = min(perTile, height)
    loops(outer.map { Dimension($0) }) { builder, places in
      func block(_ start: Index, _ count: Int) -> TileBlock {
        TileBlock(
          base: places + [start, Index(0)],
          relative: (0..<count * width).map { outer.map { _ in 0 } + [$0 / width, $0 % width] })
      }
      builder.loop(height / perTile) { body(&$0, block($1 * perTile, perTile)) }
      let rest = height % perTile
      if rest > 0 { body(&builder, block(Index(height - rest), rest)) }
    }
  }
}

/// A multiply whose rows are places of a grid: matrix product and convolution alike.
struct TiledMultiply {
  /// The left operand at grid place 0.
  var left: Placement
  /// The axes of `left` that the grid runs along, and how far a grid step goes on each.
  var leftAxes: [Int]
  var leftScale: [Int]
  /// The reduction: extents and strides of the left operand, outermost first.
  var levels: [(extent: Int, stride: Int)]
  var panels: PackedPanels
  /// The result and the axes of it that the grid and the columns run along.
  var result: Placement
  var resultAxes: [Int]
  var columnAxis: Int
  /// The grid of rows.
  var grid: [Int]
  var shape: TileShape
  /// Whether the last panel comes first.
  var isBackward = false
  /// Whether threads take parts of it; not so inside loops that they share already.
  var isDivided = true
}

extension TiledMultiply {
  /// How many steps of the first grid axis one pass over the panels takes.
  ///
  /// Panels outside read the left operand once per panel, blocks of rows outside read the panels
  /// once per block; whichever moves less, weighted by how far away the bytes lie, wins. Panels
  /// that stay in the first-level cache are read for every tile, so that the left operand is read
  /// once and the result may follow through its memory.
  func stepsPerBlock(_ target: Target) -> Int {
    let most = panels.byteCount <= 1 << 14 ? min(stepsPerTile, grid[0]) : cheapestBlock(target)
    return target.pieces > 1 && isDivided ? sharedSteps(atMost: most, target) : most
  }

  /// The steps of the first grid axis that share a tile.
  private var stepsPerTile: Int {
    if grid.count == 1 { return shape.rows }
    return grid.count == 2 && grid[1] * 2 <= shape.rows ? shape.rows / grid[1] : 1
  }

  private func cheapestBlock(_ target: Target) -> Int {
    let width = panels.products.left.bitWidth / 8
    let step = max(abs(left.steps[leftAxes[0]] * leftScale[0]) * width, 1)
    let (rows, weights) = (step * grid[0], panels.byteCount)
    let count = max((panels.columns + panels.width - 1) / panels.width, 1)
    let distance = target.machine.distance
    let unit = grid.count == 1 ? shape.rows : 1
    let steps = min(grid[0], max(target.cacheBytes / 4 / step / unit, 1) * unit)
    let blocks = (grid[0] + steps - 1) / steps
    let panelsOutside = Double(rows * count) * distance(rows) + Double(weights) * distance(weights)
    let blocksOutside = Double(weights * blocks) * distance(weights) + Double(rows) * distance(rows)
    return blocksOutside < panelsOutside ? steps : grid[0]
  }

  /// The multiply of `count` steps of the first grid axis from `start` on.
  func block(_ start: Index, _ count: Int) -> TiledMultiply {
    var part = self
    part.left.origin = left.origin + start * (left.steps[leftAxes[0]] * leftScale[0])
    part.result.origin = result.origin + start * result.steps[resultAxes[0]]
    part.grid[0] = count
    return part
  }
}

extension KernelBuilder {
  /// Steps that multiply with the same panels one after the other.
  ///
  /// Panels that fill a cache are walked there and back, so that each step finds in it what the
  /// step before read last.
  mutating func turns(
    _ steps: Dimension, panels: Int,
    _ body: (inout KernelBuilder, Index, _ isBackward: Bool) -> Void
  ) {
    guard panels * 4 > target.cacheBytes / 2, let count = steps.constant, count > 1 else {
      return loop(steps) { body(&$0, $1, false) }
    }
    loop(count / 2) { builder, pair in
      body(&builder, pair * 2, false)
      body(&builder, pair * 2 + 1, true)
    }
    if count % 2 == 1 { body(&self, Index(count - 1), false) }
  }

  /// All tiles of a multiply: for blocks of rows, for panels, for tiles.
  mutating func multiply(_ job: TiledMultiply, _ task: KernelTask, extra: [Placement]) {
    let steps = job.stepsPerBlock(target)
    let rows = job.grid[0]
    func block(_ builder: inout KernelBuilder, _ start: Index, _ count: Int, _ kind: LoopKind) {
      let moved = extra.map { operand in
        var operand = operand
        operand.origin = operand.origin + start * operand.steps[job.resultAxes[0]]
        return operand
      }
      builder.multiplyBlock(job.block(start, count), task, extra: moved, kind)
    }
    if steps == rows { return block(&self, Index(0), rows, .parallel) }
    loop(rows / steps, .parallel) { block(&$0, $1 * steps, steps, .serial) }
    let rest = rows % steps
    if rest > 0 { block(&self, Index(rows - rest), rest, .parallel) }
  }

  /// The tiles of one block, panel by panel, so that a panel stays in cache.
  private mutating func multiplyBlock(
    _ job: TiledMultiply, _ task: KernelTask, extra: [Placement], _ kind: LoopKind
  ) {
    let panels = job.panels
    loop(panels.fullPanels, kind) { builder, number in
      let panel = job.isBackward ? number * -1 + (panels.fullPanels - 1) : number
      builder.tiles(grid: job.grid, height: job.shape.rows) { builder, block in
        builder.tile(
          job, task, extra, block, panel: panel, width: panels.width, stored: panels.width)
      }
    }
    let rest = panels.columns - panels.fullPanels * panels.width
    guard rest > 0 else { return }
    tiles(grid: job.grid, height: job.shape.rows) { builder, block in
      builder.tile(
        job, task, extra, block, panel: Index(panels.fullPanels), width: panels.lastWidth,
        stored: rest)
    }
  }

  private mutating func tile(
    _ job: TiledMultiply, _ task: KernelTask, _ extra: [Placement], _ block: TileBlock,
    panel: Index, width: Int, stored: Int
  ) {
    let column = panel * job.panels.width
    func rows(_ tensor: Placement) -> TileRows {
      let (start, offsets) = block.rows(
        tensor, axes: job.resultAxes, scale: job.resultAxes.map { _ in 1 })
      let stride = tensor.steps[job.columnAxis]
      let base = tensor.origin + start + column * stride
      return TileRows(Access(tensor.buffer, base, laneStride: stride), offsets: offsets)
    }
    let (start, offsets) = block.rows(job.left, axes: job.leftAxes, scale: job.leftScale)
    let step = job.panels.stepStride ?? width * job.panels.products.neighbours
    var levels: [TileMultiply.Level] = []
    var below = step
    for level in job.levels.reversed() {
      levels.insert(
        TileMultiply.Level(extent: level.extent, aStride: level.stride, bStride: below), at: 0)
      below *= level.extent
    }
    var tile = TileMultiply(
      job.panels.products,
      a: TileRows(
        Access(job.left.buffer, job.left.origin + start, laneStride: 0), offsets: offsets),
      b: job.panels.access(panel: panel), columns: width, storedColumns: stored,
      reduction: levels.merged, start: job.panels.start(at: column),
      output: rows(job.result),
      epilogue: task.fusedEpilogue(target).map { TileEpilogue($0, operands: extra.map(rows)) })
    tile.ahead = job.ahead(of: panel, block, target)
    emit(.tile(tile))
  }
}

extension TiledMultiply {
  /// The share of the next panel that a tile fetches, where panels come from far away.
  fileprivate func ahead(
    of panel: Index, _ block: TileBlock, _ target: Target
  ) -> TileMultiply.Ahead? {
    let rows = grid.reduce(1, *)
    let tiles = max(rows / shape.rows, 1)
    guard target.vectorLength == .fixed, panels.stepStride == nil, panels.fullPanels > 1,
      tiles > 1, panels.byteCount > target.cacheBytes / 2
    else { return nil }
    var row = Index(0)
    for (place, extent) in zip(block.base, grid) { row = row * extent + place }
    let line = panels.width * panels.products.neighbours
    let share = panels.depth * line / rows
    let start = panels.access(panel: panel + 1).advanced(by: row * share)
    return TileMultiply.Ahead(start: start, stride: (line + tiles - 1) / tiles)
  }
}

extension [TileMultiply.Level] {
  /// The levels with neighbours joined that continue each other in both operands.
  fileprivate var merged: [TileMultiply.Level] {
    var result: [TileMultiply.Level] = []
    for level in self where level.extent != 1 {
      if let last = result.last, last.aStride == level.aStride * level.extent,
        last.bStride == level.bStride * level.extent
      {
        result[result.count - 1] = TileMultiply.Level(
          extent: last.extent * level.extent, aStride: level.aStride, bStride: level.bStride)
      } else {
        result.append(level)
      }
    }
    return result.isEmpty ? Array(suffix(1)) : result
  }
}
