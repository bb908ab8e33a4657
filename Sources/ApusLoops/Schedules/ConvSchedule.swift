internal import ApusIR

extension Lowering {
  /// Convolution: tiles of pixels by filters where channels are innermost, windows per channel for
  /// depthwise ones, plain loops otherwise.
  mutating func scheduleConv(_ task: KernelTask, _ conv: Conv) throws(DiagnosticError) {
    let source = placement(of: task.operands[0])
    let result = destination(of: task.results[0])
    guard let weights = graph.constant(task.operands[1]), fitsTiles(task, conv, source, result)
    else { return try scheduleGroups(task, conv) }
    let channels = source.extents[1].fixed / conv.groups
    if channels == 1, conv.groups == result.extents[1].fixed {
      scheduleDepthwise(task, conv, source, result, weights)
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
    let halo = graph.type(of: task.results[0]).layout.halo
    var types = task.operands.map { graph.type(of: $0) }
    types[0].shape[1] = Dimension(channels)
    types[1].shape[0] = Dimension(filters)
    let single = Conv(window: conv.window, groups: 1)
    guard case .contraction(let contraction) = single.semantics(of: types) else {
      preconditionFailure("a convolution of one group is a contraction")
    }
    kernel("conv", origins: task.origins) { builder in
      builder.zeroHalo(halo, of: result)
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
    }
  }

  /// Whether channels are innermost, and the halo covers what windows read outside.
  private func fitsTiles(
    _ task: KernelTask, _ conv: Conv, _ source: Placement, _ result: Placement
  ) -> Bool {
    guard source.isFixedButBatch, result.isFixedButBatch else { return false }
    let layout = graph.type(of: task.operands[0]).layout
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
    return covered && source.steps[1] == 1 && canTile(task, source, flat)
  }

  private mutating func scheduleTiledConv(
    _ task: KernelTask, _ conv: Conv, _ source: Placement, _ result: Placement,
    _ weights: TensorData
  ) {
    let window = conv.window
    let spatial = result.extents.dropFirst(2).map(\.fixed)
    let channels = source.extents[1].fixed / conv.groups
    let filters = result.extents[1].fixed / conv.groups
    let depth = channels * window.extents.reduce(1, *)
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: 1)
    let grid = flatGrid(conv, [source, result] + extra) ?? spatial
    let shape = TileShape.best(
      rows: grid.count > 1 && grid[grid.count - 1] < 14
        ? grid.suffix(2).reduce(1, *) : grid[grid.count - 1],
      columns: filters, depth: depth,
      rowStride: source.steps[spatial.count + 1] * (window.strides.last ?? 1), target: target)
    let taps = window.extents.reduce(1, *)
    let name = constantName(task.operands[1])
    let groups = (0..<conv.groups).map { group in
      packedConstant(
        weights, name: name, depth: depth, columns: filters, shape: shape,
        base: group * filters * depth, columnStride: depth
      ) { step in step % channels * taps + step / channels }
    }
    let halo = graph.type(of: task.results[0]).layout.halo
    offerEpilogueReuse(task, extra, result)
    kernel("conv", origins: task.origins) { builder in
      builder.zeroHalo(halo, of: result)
      builder.loop(result.extents[0], .parallel) { builder, image in
        for (group, panels) in groups.enumerated() {
          func part(_ tensor: Placement, _ channel: Int) -> Placement {
            tensor.slice(axis: 1, start: group * channel, count: channel).fixing([0], at: [image])
          }
          var left = part(source, channels)
          for axis in window.before.indices {
            left.origin = left.origin + -window.before[axis] * left.steps[axis + 1]
          }
          let levels =
            window.extents.indices.map {
              (extent: window.extents[$0], stride: window.dilations[$0] * left.steps[$0 + 1])
            } + [(extent: channels, stride: 1)]
          let axes = Array((spatial.count - grid.count + 1)...spatial.count)
          let job = TiledMultiply(
            left: left, leftAxes: axes, leftScale: axes.map { window.strides[$0 - 1] },
            levels: levels, panels: panels, result: part(result, filters), resultAxes: axes,
            columnAxis: 0, grid: grid, shape: shape)
          builder.multiply(job, task, extra: extra.map { part($0, filters) })
        }
      }
      builder.finishApart(task, result, extra)
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

  /// Depthwise convolution: a few neighbouring pixels and one vector of channels at a time.
  private mutating func scheduleDepthwise(
    _ task: KernelTask, _ conv: Conv, _ source: Placement, _ result: Placement,
    _ weights: TensorData
  ) {
    let window = conv.window
    let channels = result.extents[1].fixed
    let taps = window.extents.reduce(1, *)
    let lanes = target.tileLanes
    let padded = (channels + lanes - 1) / lanes * lanes
    let panels = packedConstant(
      weights, name: constantName(task.operands[1]), depth: taps, columns: channels,
      shape: TileShape(rows: 1, vectors: padded / lanes), columnStride: taps
    ) { $0 }
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: 1)
    let halo = graph.type(of: task.results[0]).layout.halo
    let spatial = result.extents.dropFirst(2).map(\.fixed)
    let axes = Array(1...spatial.count)
    let wide = target.vectorLength == .upTo
    let points = wide ? min(spatial[spatial.count - 1], 128) : 7
    offerEpilogueReuse(task, extra, result)
    kernel("depthwise", origins: task.origins) { builder in
      builder.zeroHalo(halo, of: result)
      builder.loops([result.extents[0]] + result.extents[2...].dropLast(), .parallel) {
        builder, places in
        let fixed = Array(axes.dropLast())
        func line(_ tensor: Placement, _ scale: [Int]) -> Placement {
          let indices = zip(places.dropFirst(), scale).map { $0 * $1 }
          return tensor.fixing([0], at: [places[0]]).fixing(fixed, at: indices)
        }
        var input = line(source, window.strides)
        var offsets = [0]
        for axis in spatial.indices {
          let stride = source.steps[axis + 2]
          input.origin = input.origin + -window.before[axis] * stride
          offsets = offsets.flatMap { base in
            (0..<window.extents[axis]).map { base + $0 * window.dilations[axis] * stride }
          }
        }
        builder.strip(channels, lanes: wide ? channels : lanes) { builder, channel, count in
          builder.tiles(grid: [spatial[spatial.count - 1]], height: points) { builder, block in
            func rows(_ tensor: Placement, _ scale: Int) -> TileRows {
              let (start, offsets) = block.rows(tensor, axes: [1], scale: [scale])
              let stride = tensor.steps[0]
              return TileRows(
                Access(tensor.buffer, tensor.origin + start + channel * stride, laneStride: stride),
                offsets: offsets)
            }
            let strides = spatial.map { _ in 1 }
            let epilogue = task.fusedEpilogue(builder.target).map {
              TileEpilogue($0, operands: extra.map { rows(line($0, strides), 1) })
            }
            builder.emit(
              .window(
                WindowMultiply(
                  input: rows(input, window.strides[spatial.count - 1]), taps: offsets,
                  weights: Access(panels.buffer, channel), weightStride: padded, channels: count,
                  start: .zero, output: rows(line(result, strides), 1), epilogue: epilogue)))
          }
        }
      }
      builder.finishApart(task, result, extra)
    }
  }
}

extension KernelBuilder {
  /// Runs over `0..<extent` in steps of `lanes`, then once over what remains.
  fileprivate mutating func strip(
    _ extent: Int, lanes: Int, _ body: (inout KernelBuilder, Index, Int) -> Void
  ) {
    loop(extent / lanes) { body(&$0, $1 * lanes, lanes) }
    let rest = extent % lanes
    if rest > 0 { body(&self, Index(extent - rest), rest) }
  }
}
