internal import ApusIR

extension Lowering {
  /// Convolution: tiles of pixels by filters where channels are innermost, windows per channel for
  /// depthwise ones, plain loops otherwise.
  mutating func scheduleConv(_ task: KernelTask, _ conv: Conv) throws(DiagnosticError) {
    let source = placement(of: task.operands[0])
    let result = destination(of: task.results[0])
    guard let weights = graph.constant(task.operands[1]),
      let products = fittingTiles(task, conv, source, result)
    else { return try scheduleGroups(task, conv) }
    let channels = source.extents[1].fixed / conv.groups
    if channels == 1, conv.groups == result.extents[1].fixed {
      guard products == .reals || target.vectorLength == .fixed else {
        return try scheduleGroups(task, conv)
      }
      scheduleDepthwise(task, conv, products, source, result, weights)
    } else if products == .bytes {
      let run = ByteRun(conv, source)
      guard run.spare == 0 || source.isFixed && grows(source) else {
        return try scheduleGroups(task, conv)
      }
      scheduleByteConv(task, conv, run, source, result, weights)
    } else if let form = winograd(conv, source, result) {
      scheduleWinograd(task, conv, form, source, result, weights)
    } else {
      scheduleTiledConv(task, conv, source, result, weights)
    }
  }

  /// Plain loops; groups that are neither one nor one per channel run one after the other.
  private mutating func scheduleGroups(
    _ task: KernelTask, _ conv: Conv
  ) throws(DiagnosticError) {
    let (source, weights) = (placement(of: task.operands[0]), placement(of: task.operands[1]))
    let result = destination(of: task.results[0])
    guard source.extents[1].constant != nil, result.extents[1].constant != nil else {
      return try scheduleContraction(task)
    }
    let (channels, filters) = (
      source.extents[1].fixed / conv.groups, result.extents[1].fixed / conv.groups
    )
    if conv.groups == 1 || conv.groups == result.extents[1].fixed {
      return try scheduleContraction(task)
    }
    let extra = epiloguePlacements(task, shape: result.extents)
    let layout = graph.type(of: task.results[0]).layout
    var types = task.operands.map { graph.type(of: $0) }
    types[0].shape[1] = Dimension(channels)
    types[1].shape[0] = Dimension(filters)
    let single = Conv(window: conv.window, groups: 1, zero: conv.zero)
    guard case .contraction(let contraction) = single.semantics(of: types) else {
      preconditionFailure("a convolution of one group is a contraction")
    }
    kernel("conv", origins: task.origins) { builder in
      for group in 0..<conv.groups {
        func part(_ tensor: Placement, _ axis: Int, _ count: Int) -> Placement {
          tensor.slice(axis: axis, start: group * count, count: count)
        }
        let target = part(result, 1, filters)
        let nest = ContractionNest(
          contraction, operands: [part(source, 1, channels), part(weights, 0, filters)],
          result: target)
        builder.contraction(
          nest, task, result: target, extra: extra.map { part($0, 1, filters) })
      }
      builder.fillHalo(layout, of: result)
    }
  }

  /// What tiles multiply where channels are innermost, and the halo covers what windows leave.
  private func fittingTiles(
    _ task: KernelTask, _ conv: Conv, _ source: Placement, _ result: Placement
  ) -> TileProducts? {
    guard source.isFixedButBatch, result.isFixedButBatch else { return nil }
    let layout = graph.type(of: task.operands[0]).layout
    guard layout.halo.isEmpty || layout.fill == conv.zero else { return nil }
    let covered = conv.window.extents.indices.allSatisfy { axis in
      let halo = layout.halo.first { $0.axis == axis + 2 }
      let window = conv.window
      let last =
        (result.extents[axis + 2].fixed - 1) * window.strides[axis]
        + (window.extents[axis] - 1) * window.dilations[axis] - window.before[axis]
      return (halo?.before ?? 0) >= window.before[axis]
        && (halo?.after ?? 0) >= last - (source.extents[axis + 2].fixed - 1)
    }
    var flat = result
    flat.strides.append(flat.strides[1])
    flat.extents.append(flat.extents[1])
    return covered && source.steps[1] == 1 ? tileProducts(task, source, flat) : nil
  }

  private mutating func scheduleTiledConv(
    _ task: KernelTask, _ conv: Conv, _ source: Placement, _ result: Placement,
    _ weights: TensorData
  ) {
    let window = conv.window
    let channels = source.extents[1].fixed / conv.groups
    let filters = result.extents[1].fixed / conv.groups
    let depth = channels * window.extents.reduce(1, *)
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: 1)
    let sums = sums(task, .reals, in: result)
    let (grid, shape) = convTiles(
      conv, .reals, steps: depth, source: source, others: [sums] + extra, result: result)
    let taps = window.extents.reduce(1, *)
    let name = constantName(task.operands[1])
    let groups = (0..<conv.groups).map { group in
      packedConstant(
        weights, name: name, depth: depth, columns: filters, shape: shape,
        base: group * filters * depth, columnStride: depth
      ) { step in step % channels * taps + step / channels }
    }
    let levels =
      window.extents.indices.map {
        (extent: window.extents[$0], stride: window.dilations[$0] * source.steps[$0 + 2])
      } + [(extent: channels, stride: 1)]
    let walk = ConvWalk(
      conv: conv, grid: grid, shape: shape, levels: levels, groups: groups)
    multiplyImages(task, walk, source, result, extra, sums)
  }

  /// The places that tiles run over, and the tile that suits `steps` of a reduction at each.
  mutating func convTiles(
    _ conv: Conv, _ products: TileProducts, steps: Int, source: Placement, others: [Placement],
    result: Placement
  ) -> (grid: [Int], shape: TileShape) {
    let grid = flatGrid(conv, [source] + others) ?? result.extents.dropFirst(2).map(\.fixed)
    let line = grid[grid.count - 1]
    let step = source.steps[result.extents.count - 1] * (conv.window.strides.last ?? 1)
    let shape = tile(
      products, rows: grid.count > 1 && line < 14 ? grid.suffix(2).reduce(1, *) : line,
      columns: result.extents[1].fixed / conv.groups, depth: steps,
      rowStride: step / products.neighbours)
    return (grid, shape)
  }

  /// The tiles of all images and groups.
  mutating func multiplyImages(
    _ task: KernelTask, _ walk: ConvWalk, _ source: Placement, _ result: Placement,
    _ extra: [Placement], _ sums: Placement
  ) {
    let window = walk.conv.window
    let channels = source.extents[1].fixed / walk.conv.groups
    let filters = result.extents[1].fixed / walk.conv.groups
    let (rank, grid) = (window.extents.count, walk.grid)
    let layout = graph.type(of: task.results[0]).layout
    offerEpilogueReuse(task, extra, result)
    kernel("conv", origins: task.origins) { builder in
      builder.loop(result.extents[0], .parallel) { builder, image in
        for (group, panels) in walk.groups.enumerated() {
          func part(_ tensor: Placement, _ channel: Int) -> Placement {
            tensor.slice(axis: 1, start: group * channel, count: channel).fixing([0], at: [image])
          }
          var left = part(source, channels)
          for axis in window.before.indices {
            left.origin = left.origin + -window.before[axis] * left.steps[axis + 1]
          }
          let axes = Array((rank - grid.count + 1)...rank)
          let job = TiledMultiply(
            left: left, leftAxes: axes, leftScale: axes.map { window.strides[$0 - 1] },
            levels: walk.levels, panels: panels, result: part(sums, filters), resultAxes: axes,
            columnAxis: 0, grid: grid, shape: walk.shape, isDivided: result.extents[0] == 1)
          builder.multiply(job, task, extra: extra.map { part($0, filters) })
        }
      }
      builder.finishApart(task, sums, result, extra)
      builder.fillHalo(layout, of: result)
    }
  }

  /// All pixels as one line, when windows of one pixel move over tensors without gaps.
  private func flatGrid(_ conv: Conv, _ tensors: [Placement]) -> [Int]? {
    let window = conv.window
    // Padding makes the result larger than the image even where windows are single pixels.
    guard (window.extents + window.strides).allSatisfy({ $0 == 1 }),
      (window.before + window.after).allSatisfy({ $0 == 0 }),
      let pixels = tensors.first?.extents.dropFirst(2).map(\.fixed), pixels.last != 1
    else { return nil }
    for tensor in tensors {
      for axis in 2..<tensor.extents.count - 1
      where tensor.strides[axis] != tensor.strides[axis + 1] * tensor.extents[axis + 1] {
        return nil
      }
    }
    return [pixels.reduce(1, *)]
  }
}

/// The tiles of a convolution.
struct ConvWalk {
  let conv: Conv
  let grid: [Int]
  let shape: TileShape
  let levels: [(extent: Int, stride: Int)]
  /// The filters of each group.
  let groups: [PackedPanels]
}
