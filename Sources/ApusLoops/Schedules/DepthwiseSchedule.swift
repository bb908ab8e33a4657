internal import ApusIR

extension Lowering {
  /// Depthwise convolution: a few neighbouring pixels and one vector of channels at a time.
  mutating func scheduleDepthwise(
    _ task: KernelTask, _ conv: Conv, _ products: TileProducts, _ source: Placement,
    _ result: Placement, _ weights: TensorData
  ) {
    let window = conv.window
    let channels = result.extents[1].fixed
    let lanes = target.tileLanes
    let filters = depthwiseFilters(task, conv, products, weights)
    let sums = sums(task, products, in: result)
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: 1)
    let layout = graph.type(of: task.results[0]).layout
    let spatial = result.extents.dropFirst(2).map(\.fixed)
    let axes = Array(1...spatial.count)
    let wide = target.vectorLength == .upTo
    let points = wide ? min(spatial[spatial.count - 1], 128) : 7
    offerEpilogueReuse(task, extra, result)
    kernel("depthwise", origins: task.origins) { builder in
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
        let taps = filters.places(of: offsets)
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
                  products, input: rows(input, window.strides[spatial.count - 1]), taps: taps,
                  weights: Access(filters.panels.buffer, channel * products.neighbours),
                  weightStride: filters.panels.paddedColumns * products.neighbours,
                  channels: count,
                  start: filters.panels.start(at: channel),
                  output: rows(line(sums, strides), 1), epilogue: epilogue)))
          }
        }
      }
      builder.finishApart(task, sums, result, extra)
      builder.fillHalo(layout, of: result)
    }
  }

  /// The weights of every channel, tap by tap or in fours of taps.
  private mutating func depthwiseFilters(
    _ task: KernelTask, _ conv: Conv, _ products: TileProducts, _ weights: TensorData
  ) -> DepthwiseFilters {
    let channels = weights.type.shape[0].fixed
    let taps = conv.window.extents.reduce(1, *)
    let lanes = target.tileLanes
    let shape = TileShape(rows: 1, vectors: (channels + lanes - 1) / lanes)
    let name = constantName(task.operands[1])
    guard products == .bytes else {
      let panels = packedConstant(
        weights, name: name, depth: taps, columns: channels, shape: shape, columnStride: taps
      ) { $0 }
      return DepthwiseFilters(panels: panels, taps: Array(0..<taps))
    }
    let fours = conv.window.tapsInFours
    var panels = packedBytes(
      weights, name: name, depth: fours.count, columns: channels, shape: shape, base: 0,
      columnStride: taps
    ) { fours[$0] }
    panels.start = starts(zero: conv.zero, panels, name: name) { channel in
      weights.withBytes { bytes in
        bytes[channel * taps..<(channel + 1) * taps].map { Int8(bitPattern: $0) }
      }
    }
    return DepthwiseFilters(panels: panels, taps: fours)
  }
}

/// The weights of a depthwise convolution.
private struct DepthwiseFilters {
  let panels: PackedPanels
  /// The taps in the order of the weights; `nil` fills fours up.
  let taps: [Int?]

  /// The offset of each tap; a four that is not full reads its first one again.
  func places(of offsets: [Int]) -> [Int] {
    taps.indices.map { offsets[taps[$0] ?? taps[$0 / 4 * 4] ?? 0] }
  }
}

extension Window {
  /// The taps in fours along the outermost axis, so that windows next to each other share what four
  /// taps read; `nil` fills fours up.
  fileprivate var tapsInFours: [Int?] {
    let inner = extents.dropFirst().reduce(1, *)
    var result: [Int?] = []
    for column in 0..<inner {
      for row in 0..<(extents[0] + 3) / 4 * 4 {
        result.append(row < extents[0] ? row * inner + column : nil)
      }
    }
    return result
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
