internal import ApusIR

extension Lowering {
  /// The form of Winograd's algorithm for a convolution, `nil` when another schedule is better.
  ///
  /// Windows of 3×3 at every pixel, whole tiles, whole vectors of channels.
  mutating func winograd(_ conv: Conv, _ source: Placement, _ result: Placement) -> Winograd? {
    let window = conv.window
    let largest = target.winograd
    guard largest > 0, conv.groups == 1, window.extents == [3, 3],
      (window.strides + window.dilations).allSatisfy({ $0 == 1 })
    else { return nil }
    let (channels, filters) = (source.extents[1].fixed, result.extents[1].fixed)
    guard channels % 16 == 0, filters % 16 == 0 else { return nil }
    let fitting = [4, 2].filter { output in
      output <= largest && result.extents[2...].allSatisfy { $0.fixed % output == 0 }
    }
    if fitting.isEmpty { return nil }
    let size = result.extents[2...].map { "\($0.fixed)" }.joined(separator: "x")
    let output = choose("winograd", "\(size) \(channels)x\(filters)", fitting + [0])
    return output == 0 ? nil : Winograd(output: output)
  }

  /// Three steps per block of tiles: inputs transformed, one product per position, results
  /// transformed back.
  mutating func scheduleWinograd(
    _ task: KernelTask, _ conv: Conv, _ form: Winograd, _ source: Placement, _ result: Placement,
    _ weights: TensorData
  ) {
    let (channels, filters) = (source.extents[1].fixed, result.extents[1].fixed)
    let (height, width) = (
      result.extents[2].fixed / form.output, result.extents[3].fixed / form.output
    )
    let positions = form.size * form.size
    let perLine = positions * width * (channels + filters) * 4
    let room = max(target.cacheBytes / 2, positions * channels * filters * 4)
    let lines = max(1, min(height, room / perLine))
    let tiles = lines * width
    let shape = tile(rows: tiles, columns: filters, depth: channels)
    let panels = winogradPanels(form, task, weights, shape)
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: 1)
    func scratch(_ columns: Int) -> Placement {
      allocate(
        TensorType(.f32, [positions, tiles, columns]), name: "scratch", .arena(offset: 0))
    }
    let (inputs, products) = (scratch(channels), scratch(filters))
    let layout = graph.type(of: task.results[0]).layout
    var padded = source
    for axis in [2, 3] {
      padded.origin = padded.origin + -conv.window.before[axis - 2] * source.steps[axis]
    }
    let part = KernelTask(root: task.root, operands: [], results: [], type: task.rootType)
    offerEpilogueReuse(task, extra, result)
    kernel("winograd", origins: task.origins) { builder in
      builder.fillHalo(layout, of: result)
      builder.loop(result.extents[0]) { builder, image in
        func block(_ builder: inout KernelBuilder, _ start: Index, _ count: Int) {
          func moved(_ tensor: Placement) -> Placement {
            var line = tensor.fixing([0], at: [image])
            line.origin = line.origin + start * (form.output * line.steps[1])
            return line
          }
          let walk = WinogradWalk(form: form, lines: count, width: width)
          builder.transformInputs(walk, from: moved(padded), to: inputs)
          builder.loop(positions, .parallel) { builder, position in
            var panels = panels
            panels.origin = panels.origin + position * panels.count
            builder.multiply(
              TiledMultiply(
                left: inputs.fixing([0], at: [position]), leftAxes: [0], leftScale: [1],
                levels: [(channels, 1)], panels: panels,
                result: products.fixing([0], at: [position]), resultAxes: [0], columnAxis: 1,
                grid: [count * width], shape: shape, isDivided: false),
              part, extra: [])
          }
          builder.transformResults(
            walk, from: products, to: moved(result), task, extra: extra.map(moved))
        }
        builder.loop(height / lines) { block(&$0, $1 * lines, lines) }
        if height % lines > 0 { block(&builder, Index(height - height % lines), height % lines) }
      }
    }
  }

  /// The transformed weights, one set of panels per position; computed in `f64`.
  private mutating func winogradPanels(
    _ form: Winograd, _ task: KernelTask, _ weights: TensorData, _ shape: TileShape
  ) -> PackedPanels {
    let (filters, channels) = (weights.type.shape[0].fixed, weights.type.shape[1].fixed)
    let id = addBuffer(
      constantName(task.operands[1]) + ".winograd", .f32, count: 0,
      .constant(ConstantData(byteCount: 0) { _ in }))
    let panels = PackedPanels(
      buffer: id, depth: channels, columns: filters, shape: shape, target: target)
    let (size, count, width) = (form.size, panels.count, panels.width)
    let lastWidth = panels.lastWidth
    program[id].count = size * size * count
    program[id].storage = .constant(
      ConstantData(byteCount: size * size * count * 4) { target in
        weights.withFloats { source in
          let numbers = target.bindMemory(to: Float.self)
          for filter in 0..<filters {
            let start = filter / width * width
            let panel = filters - start >= width ? width : lastWidth
            for channel in 0..<channels {
              let taps = source + (filter * channels + channel) * 9
              let place = start * channels + channel * panel + filter - start
              for row in 0..<size {
                for column in 0..<size {
                  let value = form.weight(row, column) { Double(taps[$0 * 3 + $1]) }
                  numbers[(row * size + column) * count + place] = Float(value)
                }
              }
            }
          }
        }
      })
    return panels
  }
}

/// The tiles of one block.
private struct WinogradWalk {
  let form: Winograd
  /// Lines of tiles, and tiles in each.
  let lines: Int
  let width: Int
}

extension KernelBuilder {
  /// Every tile and vector of channels.
  private mutating func each(
    _ walk: WinogradWalk, channels: Int,
    _ body: (inout KernelBuilder, _ tile: [Index], _ channel: Index, _ lanes: Int) -> Void
  ) {
    loops([Dimension(walk.lines), Dimension(walk.width)], .parallel) { builder, tile in
      builder.strip(Dimension(channels), vectorized: true) { builder, channel, lanes in
        body(&builder, tile, channel, lanes)
      }
    }
  }

  /// A square of values with both transforms applied: along lines, then across them.
  private mutating func transform(
    _ square: [[Expression]], lanes: Int,
    _ line: ([Expression], (Expression) -> Expression) -> [Expression]
  ) -> [[Expression]] {
    func keep(_ builder: inout KernelBuilder, _ value: Expression) -> Expression {
      .register(builder.set(value, .f32, lanes: lanes))
    }
    func apply(_ builder: inout KernelBuilder, _ lines: [[Expression]]) -> [[Expression]] {
      lines.map { values in
        line(values) { keep(&builder, $0) }.map { keep(&builder, $0) }
      }
    }
    let once = apply(&self, square.transposed)
    return apply(&self, once.transposed)
  }

  /// Inputs `[height, width, channels]` in tiles, transformed to `[position, tile, channel]`.
  fileprivate mutating func transformInputs(
    _ walk: WinogradWalk, from source: Placement, to inputs: Placement
  ) {
    let (size, step) = (walk.form.size, walk.form.output)
    each(walk, channels: inputs.sizes[2]) { builder, tile, channel, lanes in
      let square = (0..<size).map { row in
        (0..<size).map { column in
          Expression.register(
            builder.set(
              .load(
                source.access(
                  [channel, tile[0] * step + row, tile[1] * step + column], lanesAlong: 0)),
              .f32, lanes: lanes))
        }
      }
      let values = builder.transform(square, lanes: lanes, walk.form.input)
      for (position, value) in values.joined().enumerated() {
        let place = [Index(position), tile[0] * walk.width + tile[1], channel]
        builder.store(inputs.access(place, lanesAlong: 2), value, lanes: lanes)
      }
    }
  }

  /// Products `[position, tile, filter]` transformed to results `[filters, height, width]`.
  fileprivate mutating func transformResults(
    _ walk: WinogradWalk, from products: Placement, to result: Placement, _ task: KernelTask,
    extra: [Placement]
  ) {
    let (size, step) = (walk.form.size, walk.form.output)
    each(walk, channels: products.sizes[2]) { builder, tile, filter, lanes in
      let square = (0..<size).map { row in
        (0..<size).map { column in
          let place = [Index(row * size + column), tile[0] * walk.width + tile[1], filter]
          return Expression.register(
            builder.set(.load(products.access(place, lanesAlong: 2)), .f32, lanes: lanes))
        }
      }
      let values = builder.transform(square, lanes: lanes, walk.form.result)
      for (row, line) in values.enumerated() {
        for (column, value) in line.enumerated() {
          let place = [filter, tile[0] * step + row, tile[1] * step + column]
          let finished = builder.finish(
            task, value, extra, at: place, lanesAlong: 0, lanes: lanes)
          builder.store(result.access(place, lanesAlong: 0), finished, lanes: lanes)
        }
      }
    }
  }
}

extension [[Expression]] {
  /// Columns as lines.
  fileprivate var transposed: [[Expression]] {
    guard let first else { return [] }
    return first.indices.map { column in map { $0[column] } }
  }
}
