internal import ApusIR

extension Lowering {
  /// A product with coded weights: many rows panel by panel, few rows by a few vectors of columns.
  ///
  /// For few rows weights become reals in registers, each once for all rows of a tile.
  mutating func scheduleBlockMatMul(_ task: KernelTask, _ product: BlockMatMul) {
    if scheduleCodedPanels(task, product) { return }
    let result = destination(of: task.results[0])
    let last = result.extents.count - 1
    let left = placement(of: task.operands[0])
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: last)
    let isVectorized = KernelBuilder(target: target).vectorizes(
      task, result: result, operands: extra, along: last)
    let lanes = isVectorized ? target.lanes : 1
    let job = BlockProduct(task: task, left: left, result: result, extra: extra)
    if let columns = result.extents[last].constant,
      let weights = CodedWeights(
        task, block: product.block,
        strips: ColumnStrips(
          columns: columns, vectors: job.vectors(target), lanes: lanes, target: target), &self)
    {
      kernel("block_matmul", origins: task.origins) { $0.multiply(weights, job) }
    } else {
      let parts = task.operands.dropFirst().map { placement(of: $0) }
      kernel("block_matmul", origins: task.origins) { $0.multiply(parts, product.block, job) }
    }
  }
}

/// What a product with coded weights reads and writes beside them.
private struct BlockProduct {
  let task: KernelTask
  let left: Placement
  let result: Placement
  let extra: [Placement]

  /// The axis whose rows form tiles: the last one that has several.
  var rowAxis: Int { result.extents.dropLast().lastIndex { $0 != 1 } ?? result.extents.count - 2 }

  /// How many vectors of columns form a strip: many rows leave registers for fewer of them.
  func vectors(_ target: Target) -> Int {
    if target.vectorLength == .upTo { return 1 }
    return result.extents[rowAxis].constant ?? 1 < 8 ? target.tileVectors : 2
  }
}

extension KernelBuilder {
  /// All tiles: strips of columns outside, so that their weights stay in cache for all rows.
  fileprivate mutating func multiply(_ weights: CodedWeights, _ product: BlockProduct) {
    let leading = Array(product.result.extents.dropLast())
    let along = product.rowAxis
    let outer = leading.indices.filter { $0 != along }
    for run in weights.strips.runs {
      loop(run.count, .parallel) { builder, strip in
        builder.loops(outer.map { leading[$0] }) { builder, places in
          func tile(_ builder: inout KernelBuilder, _ start: Index, _ count: Int) {
            let rows = (0..<count).map { row in
              var coordinates = leading.map { _ in Index(0) }
              for (axis, place) in zip(outer, places) { coordinates[axis] = place }
              coordinates[along] = start + row
              return coordinates
            }
            builder.tile(weights, product, run.column(strip), run, rows: rows)
          }
          guard let count = leading[along].constant else {
            return builder.loop(leading[along]) { tile(&$0, $1, 1) }
          }
          let spare = builder.target.registers - 2 * run.vectors - 4
          let height = min(count, max(spare / run.vectors, 1))
          builder.loop(count / height) { tile(&$0, $1 * height, height) }
          if count % height > 0 { tile(&builder, Index(count - count % height), count % height) }
        }
      }
    }
  }

  /// The sums of a few rows in a strip of columns.
  private mutating func tile(
    _ weights: CodedWeights, _ product: BlockProduct, _ start: Index, _ run: ColumnStrips.Run,
    rows: [[Index]]
  ) {
    let sums = rows.map { _ in
      (0..<run.vectors).map { _ in set(.literal(.float(0), .f32), .f32, lanes: run.lanes) }
    }
    weights.forEachRow(start, run, &self) { builder, row, reals in
      for (vector, real) in reals.enumerated() {
        let weight = builder.set(real, .f32, lanes: run.lanes)
        for (coordinates, sums) in zip(rows, sums) {
          let factor = Expression.load(product.left.access(coordinates + [row]))
          builder.update(
            sums[vector], .fused(factor, .register(weight), .register(sums[vector])))
        }
      }
    }
    let axis = product.result.extents.count - 1
    for (coordinates, sums) in zip(rows, sums) {
      for (vector, sum) in sums.enumerated() {
        let place = coordinates + [start + vector * run.lanes]
        let value = finish(
          product.task, .register(sum), product.extra, at: place, lanesAlong: axis,
          lanes: run.lanes)
        var access = product.result.access(place, lanesAlong: run.lanes > 1 ? axis : nil)
        access.laneStride = max(access.laneStride, 1)
        store(access, value, lanes: run.lanes)
      }
    }
  }

  /// One element after the other, for weights that are computed.
  fileprivate mutating func multiply(_ parts: [Placement], _ block: Int, _ product: BlockProduct) {
    loops(product.result.extents, .parallel) { builder, place in
      let sum = builder.set(.literal(.float(0), .f32), .f32, lanes: 1)
      let (rows, column) = (Array(place.dropLast()), place[place.count - 1])
      builder.loop(parts[0].extents[0]) { builder, row in
        let number = builder.bind(.quotient(row, block))
        let reals = parts.enumerated().map { part, tensor in
          let load = Expression.load(tensor.access([part == 0 ? row : number, column]))
          return tensor.element == .f32 ? load : .convert(load, .f32)
        }
        let centred = reals.count > 2 ? .binary(.sub, reals[0], reals[2]) : reals[0]
        let factor = Expression.load(product.left.access(rows + [row]))
        builder.update(
          sum, .fused(factor, .binary(.mul, centred, reals[1]), .register(sum)))
      }
      let value = builder.finish(
        product.task, .register(sum), product.extra, at: place, lanesAlong: nil, lanes: 1)
      var access = product.result.access(place)
      access.laneStride = 1
      builder.store(access, value, lanes: 1)
    }
  }
}
