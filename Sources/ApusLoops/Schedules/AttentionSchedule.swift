internal import ApusIR

/// A kernel of a product, a map, softmax along its rows and another product.
struct AttentionTask {
  /// Both products as tasks; the first has the map as its epilogue.
  let scores: KernelTask
  /// The right operand of the second product.
  let values: ValueID

  /// The task of a kernel; `nil` when the body has another form.
  init?(_ node: Node, in graph: Graph) {
    guard case .kernel(let fused) = node.operation, let form = fused.attention else { return nil }
    func outer(_ value: ValueID) -> ValueID? {
      guard case .input(let place) = fused.body[value].definition else { return nil }
      return node.operands[place]
    }
    var task = KernelTask(
      root: form.scores.operation, operands: form.scores.operands.compactMap(outer),
      results: node.results, type: fused.body.type(of: form.scores.results[0]))
    task.origins = node.origins
    if case .map(let map)? = form.map?.operation {
      task.epilogue = map.function
      task.epilogueOperands = form.map?.operands.dropFirst().compactMap(outer) ?? []
    }
    guard let values = outer(form.mix.operands[1]) else { return nil }
    (scores, self.values) = (task, values)
  }
}

extension Lowering {
  /// Attention by blocks of query rows: the scores of a block stay in cache and are never stored
  /// whole (Rabe and Staats 2021, "Self-attention Does Not Need O(n²) Memory", with whole rows).
  ///
  /// Rows are exponentials until the second product, which multiplies with one divided by their
  /// sum at its store.
  mutating func scheduleAttention(_ task: AttentionTask) {
    let result = destination(of: task.scores.results[0])
    let rank = result.extents.count
    let batch = Array(result.sizes.dropLast(2))
    let scoreShape = task.scores.rootType.shape.dimensions
    let (rows, keys) = (result.sizes[rank - 2], scoreShape[rank - 1].fixed)
    func wide(_ tensor: Placement) -> Placement {
      tensor.broadcast(to: batch.map { Dimension($0) } + tensor.extents.suffix(2))
    }
    let queries = wide(placement(of: task.scores.operands[0]))
    let keyMatrix = wide(placement(of: task.scores.operands[1]))
    let values = wide(placement(of: task.values))
    let extra = epiloguePlacements(task.scores, shape: scoreShape, lanesAlong: rank - 1)
    let (depth, width) = (queries.sizes[rank - 1], result.sizes[rank - 1])
    let shape = tile(
      rows: rows, columns: keys, depth: depth, rowStride: queries.steps[rank - 2])
    let valueShape = tile(
      rows: shape.rows, columns: width, depth: keys)
    let keyPanels =
      target.takesDots(queries, keyMatrix)
      ? nil : batchPanels(of: keyMatrix, shape: shape, rows: rows)
    let valuePanels = batchPanels(of: values, shape: valueShape, rows: rows)
    let whole = target.vectorLength == .fixed && target.lanes > 1
    let padded = whole ? (keys + target.lanes - 1) / target.lanes * target.lanes : keys
    let blocks = rows / shape.rows
    let pieces = target.pieces(of: (batch + [blocks]).reduce(1, *)).count
    func scratch(_ columns: Int) -> Placement {
      allocate(
        TensorType(.f32, [pieces, shape.rows, columns]), name: "scores", .arena(offset: 0))
    }
    let walk = AttentionWalk(
      task: task.scores, queries: queries, extra: extra, result: result, scores: scratch(padded),
      factors: scratch(1), keys: keys, shape: shape, valueShape: valueShape)
    kernel("attention", origins: task.scores.origins) { builder in
      keyPanels?.pack(&builder)
      valuePanels.pack(&builder)
      func block(
        _ builder: inout KernelBuilder, _ piece: Index, _ places: [Index], _ start: Index,
        _ count: Int
      ) {
        builder.attend(
          walk, piece, places, start, count,
          keys: keyPanels.map { .panels($0.at(places)) }
            ?? .columns(keyMatrix.fixing(Array(batch.indices), at: places)),
          values: valuePanels.at(places))
      }
      if blocks > 0 {
        builder.pieces(of: batch + [blocks]) { builder, piece, places in
          block(
            &builder, piece, Array(places.dropLast()), places[batch.count] * shape.rows,
            shape.rows)
        }
      }
      let rest = rows % shape.rows
      guard rest > 0 else { return }
      builder.pieces(of: batch) { builder, piece, places in
        block(&builder, piece, places, Index(rows - rest), rest)
      }
    }
  }

  /// Panels of each matrix of a batch: in place, or packed before the first one is used.
  private mutating func batchPanels(
    of matrices: Placement, shape: TileShape, rows: Int
  ) -> BatchPanels {
    let count = matrices.extents.count - 2
    let axes = Array(0..<count)
    // Matrices that repeat along an axis are packed once.
    let sizes = axes.map { matrices.strides[$0] == 0 ? 1 : matrices.sizes[$0] }
    let (panels, pack) = panels(
      of: matrices.fixing(axes, at: axes.map { _ in Index(0) }), shape: shape, rows: rows,
      copies: sizes.reduce(1, *))
    return BatchPanels(matrices: matrices, sizes: sizes, panels: panels, packing: pack)
  }
}

/// The panels of a batch of matrices.
private struct BatchPanels {
  let matrices: Placement
  /// The number of different matrices along each axis of the batch.
  let sizes: [Int]
  let panels: PackedPanels
  let packing: Packing?

  /// The panels of one matrix.
  func at(_ places: [Index]) -> PackedPanels {
    var result = panels
    guard packing != nil else {
      result.origin = matrices.fixing(Array(sizes.indices), at: places).origin
      return result
    }
    var number = Index(0)
    for (place, size) in zip(places, sizes) {
      number = number * size + (size == 1 ? Index(0) : place)
    }
    result.origin = number * panels.count
    return result
  }

  /// Packs all matrices.
  func pack(_ builder: inout KernelBuilder) {
    guard let packing else { return }
    builder.loops(sizes.map { Dimension($0) }, .parallel) { builder, places in
      packing(&builder, at(places), matrices.fixing(Array(sizes.indices), at: places))
    }
  }
}

/// The right operand of the first product.
private enum KeySide {
  case panels(PackedPanels)
  /// Columns whose elements lie next to each other, each of which is read once or a few times.
  case columns(Placement)
}

/// What the blocks of an attention have in common.
private struct AttentionWalk {
  let task: KernelTask
  let queries: Placement
  let extra: [Placement]
  let result: Placement
  /// The scores and the factors of the rows of one block, once per piece.
  let scores: Placement
  let factors: Placement
  let keys: Int
  let shape: TileShape
  let valueShape: TileShape
}

extension KernelBuilder {
  /// The rows from `start` on of one matrix of the batch.
  fileprivate mutating func attend(
    _ walk: AttentionWalk, _ piece: Index, _ places: [Index], _ start: Index, _ count: Int,
    keys: KeySide, values: PackedPanels
  ) {
    let axes = Array(places.indices)
    func block(_ tensor: Placement) -> Placement {
      var rows = tensor.fixing(axes, at: places)
      rows.origin = rows.origin + start * rows.steps[0]
      rows.extents[0] = Dimension(count)
      return rows
    }
    func own(_ tensor: Placement) -> Placement {
      tensor.fixing([0], at: [piece]).slice(axis: 0, start: 0, count: count)
    }
    let (scores, factors) = (own(walk.scores), own(walk.factors))
    let stored = scores.slice(axis: 1, start: 0, count: walk.keys)
    let rest = walk.scores.sizes[2] - walk.keys
    if rest > 0 {
      fill(scores.slice(axis: 1, start: walk.keys, count: rest), .float(-.infinity))
    }
    let queries = block(walk.queries)
    let operands = walk.extra.map(block)
    var isApart = walk.task.epilogue.map { !target.fuses($0) } ?? false
    switch keys {
    case .panels(let panels):
      multiply(
        TiledMultiply(
          left: queries, leftAxes: [0], leftScale: [1],
          levels: [(queries.sizes[1], queries.steps[1])], panels: panels, result: stored,
          resultAxes: [0], columnAxis: 1, grid: [count], shape: walk.shape, isDivided: false),
        walk.task, extra: operands)
    case .columns(let columns):
      dots(queries, columns, to: stored)
      isApart = true
    }
    if isApart, let function = walk.task.epilogue {
      map(function, [stored] + operands, to: stored)
    }
    loop(count) { $0.exponentials(of: scores.fixing([0], at: [$1]), factors, row: $1) }
    let (result, scale) = (block(walk.result), Pointwise.product)
    let factor = factors.broadcast(to: result.extents)
    var product = KernelTask(
      root: walk.task.root, operands: [], results: [], type: walk.task.rootType)
    product.epilogue = scale
    multiply(
      TiledMultiply(
        left: stored, leftAxes: [0], leftScale: [1], levels: [(walk.keys, 1)], panels: values,
        result: result, resultAxes: [0], columnAxis: 1, grid: [count], shape: walk.valueShape,
        isDivided: false),
      product, extra: [factor])
    if !target.fuses(scale) { map(scale, [result, factor], to: result) }
  }

  /// A row minus its maximum, exponentials of that, and one divided by their sum.
  private mutating func exponentials(of row: Placement, _ factors: Placement, row number: Index) {
    func element(_ inner: [Index], _ lanes: Int) -> Access {
      row.access(inner, lanesAlong: lanes == 1 ? nil : 0)
    }
    let (_, sum) = exponentials(
      row.extents, vectorized: target.vectorizes(.f32), .f32,
      of: { .load(element($0, $1)) }, to: element)
    store(
      factors.access([number, Index(0)]), .unary(.reciprocal, .register(sum)), lanes: 1)
  }
}

extension Pointwise {
  /// The product of two numbers.
  fileprivate static var product: Pointwise {
    guard let function = Pointwise([.f32, .f32], .operand(0) * .operand(1)) else {
      preconditionFailure("a product of two numbers has a type")
    }
    return function
  }
}
