internal import ApusIR

extension Lowering {
  /// The matrix product: register tiles over packed panels; loops over the batch outside.
  mutating func scheduleMatMul(_ task: KernelTask) {
    let left = placement(of: task.operands[0])
    let result = destination(of: task.results[0])
    let extents = result.extents
    guard task.rootType.shape.dimensions == extents, result.isFixed, left.isFixed,
      placement(of: task.operands[1]).isFixed, canTile(task, left, result)
    else { return scheduleAnyContraction(task) }
    let rank = extents.count
    let (rows, columns) = (extents[rank - 2].fixed, extents[rank - 1].fixed)
    let depth = left.extents[left.extents.count - 1].fixed
    let shape = TileShape.best(
      rows: rows, columns: columns, depth: depth,
      rowStride: left.strides[left.strides.count - 2].fixed, target: target)
    let extra = epiloguePlacements(task, shape: extents)
    let batch = Array(extents.dropLast(2))
    let batchAxes = Array(batch.indices)
    let wideLeft = left.broadcast(to: batch + left.extents.suffix(2))
    let right = matMulRight(task, batch: batch, depth: depth, columns: columns, shape: shape)
    offerEpilogueReuse(task, extra, result)
    kernel("matmul", origins: task.origins) { builder in
      builder.loops(batch, .parallel) { builder, places in
        let job = TiledMultiply(
          left: wideLeft.fixing(batchAxes, at: places), leftAxes: [0], leftScale: [1],
          levels: [(depth, wideLeft.steps[batch.count + 1])],
          panels: right(&builder, places), result: result.fixing(batchAxes, at: places),
          resultAxes: [0], columnAxis: 1, grid: [rows], shape: shape)
        builder.multiply(job, task, extra: extra.map { $0.fixing(batchAxes, at: places) })
      }
      builder.finishApart(task, result, extra)
    }
  }

  /// Whether tiles can compute a task: all `f32`, columns of the result contiguous.
  func canTile(_ task: KernelTask, _ left: Placement, _ result: Placement) -> Bool {
    let epilogueFits = task.epilogue?.result ?? .f32 == .f32
    let last = result.extents.count - 1
    return left.element == .f32 && result.element == .f32 && epilogueFits
      && result.strides[last] == 1
      && (task.fusedEpilogue(target).map { epilogue in
        epilogue.isRealButForRounding && epilogue.operands.allSatisfy { $0 == .f32 }
      } ?? true)
  }

  /// Falls back to plain loops.
  mutating func scheduleAnyContraction(_ task: KernelTask) {
    do { try scheduleContraction(task) } catch {
      preconditionFailure("a matrix product is a contraction")
    }
  }

  /// How to get the panels of the right operand for one batch place.
  private mutating func matMulRight(
    _ task: KernelTask, batch: [Dimension], depth: Int, columns: Int, shape: TileShape
  ) -> (inout KernelBuilder, [Index]) -> PackedPanels {
    let value = task.operands[1]
    let right = placement(of: value).broadcast(
      to: batch + [Dimension(depth), Dimension(columns)])
    let (down, across) = (right.steps[batch.count], right.steps[batch.count + 1])
    if let data = constants[right.buffer], let base = right.origin.fixed,
      zip(right.strides, batch).allSatisfy({ $0 == 0 || $1 == 1 })
    {
      let panels = packedConstant(
        data, name: constantName(value), depth: depth, columns: columns, shape: shape,
        base: base, columnStride: across
      ) { $0 * down }
      return { _, _ in panels }
    }
    let axes = Array(batch.indices)
    let (panels, pack) = panels(
      of: right.fixing(axes, at: axes.map { _ in Index(0) }), shape: shape,
      rows: task.rootType.shape.extents?.dropLast().last ?? 1)
    return { builder, places in
      let matrix = right.fixing(axes, at: places)
      var moved = panels
      if let pack { pack(&builder, matrix) } else { moved.origin = matrix.origin }
      return moved
    }
  }

  /// The name of a constant, for the buffer that holds it in another form.
  func constantName(_ value: ValueID) -> String {
    guard case .constant(let constant)? = graph.producer(of: value)?.operation else { return "" }
    return constant.name
  }

  /// Residual operands are read right before the store, so the result may take their memory.
  mutating func offerEpilogueReuse(_ task: KernelTask, _ extra: [Placement], _ result: Placement) {
    guard task.fusedEpilogue(target) != nil else { return }
    for (value, operand) in zip(task.epilogueOperands, extra) {
      offerReuse(of: value, operand, for: result)
    }
  }
}

extension KernelBuilder {
  /// The epilogue as a pass of its own, for targets whose tiles cannot take it.
  mutating func finishApart(_ task: KernelTask, _ result: Placement, _ extra: [Placement]) {
    guard let function = task.epilogue, !target.fuses(function) else { return }
    map(function, [result] + extra, to: result)
  }
}
