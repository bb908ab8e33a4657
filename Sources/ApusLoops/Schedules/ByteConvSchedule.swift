internal import ApusIR

extension Lowering {
  /// Filters of bytes: four neighbouring numbers of the image at a time.
  mutating func scheduleByteConv(
    _ task: KernelTask, _ conv: Conv, _ run: ByteRun, _ source: Placement, _ result: Placement,
    _ weights: TensorData
  ) {
    let window = conv.window
    let channels = source.extents[1].fixed / conv.groups
    let filters = result.extents[1].fixed / conv.groups
    let depth = channels * window.extents.reduce(1, *)
    let extra = epiloguePlacements(task, shape: result.extents, lanesAlong: 1)
    let sums = sums(task, .bytes, in: result)
    let (grid, shape) = convTiles(
      conv, .bytes, steps: run.steps, source: source, others: [sums] + extra, result: result)
    let name = constantName(task.operands[1])
    let groups = (0..<conv.groups).map { group in
      let base = group * filters * depth
      var panels = packedBytes(
        weights, name: name, depth: run.steps * 4, columns: filters, shape: shape, base: base,
        columnStride: depth, offset: run.offset(taps: window.extents.reduce(1, *), channels))
      panels.start = starts(zero: conv.zero, panels, name: name) { column in
        weights.withBytes { bytes in
          bytes[base + column * depth..<base + (column + 1) * depth].map { Int8(bitPattern: $0) }
        }
      }
      return panels
    }
    grow(source, by: run.spare)
    let walk = ConvWalk(conv: conv, grid: grid, shape: shape, levels: run.levels, groups: groups)
    multiplyImages(task, walk, source, result, extra, sums)
  }
}

/// How windows over bytes are read four neighbours at a time: along the channels of a pixel, or
/// along the channels of a line of pixels that follow each other.
struct ByteRun {
  /// The reduction, in steps of four.
  let levels: [(extent: Int, stride: Int)]
  /// The numbers of one run, and with those that fill its last step.
  let length: Int
  let padded: Int

  init(_ conv: Conv, _ source: Placement) {
    let window = conv.window
    let channels = source.extents[1].fixed / conv.groups
    var outer = window.extents.indices.map {
      (extent: window.extents[$0], stride: window.dilations[$0] * source.steps[$0 + 2])
    }
    var length = channels
    if channels % 4 != 0, let last = outer.last, last.stride == channels {
      outer.removeLast()
      length *= last.extent
    }
    self.length = length
    padded = (length + 3) / 4 * 4
    levels = outer + [(extent: padded / 4, stride: 4)]
  }

  /// The number of steps.
  var steps: Int { levels.reduce(1) { $0 * $1.extent } }

  /// The numbers after the last one that are read.
  var spare: Int { padded - length }

  /// The element of filter 0 at each number of the runs.
  func offset(taps: Int, _ channels: Int) -> @Sendable (Int) -> Int? {
    { [padded, length] step in
      let (run, place) = step.quotientAndRemainder(dividingBy: padded)
      guard place < length else { return nil }
      let number = run * length + place
      return number % channels * taps + number / channels
    }
  }
}
