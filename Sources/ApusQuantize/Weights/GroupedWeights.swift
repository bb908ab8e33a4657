internal import ApusIR

/// Weights of few bits with one scale per output channel, or per block along the reduced axis.
struct GroupedWeights {
  /// The axis of channels, or the one that blocks divide.
  let axis: Int
  /// The elements of a block; 0 for channels.
  let block: Int
  /// The weights.
  let data: TensorData
  /// The scales, a vector or a tensor with an entry per block.
  let scales: TensorData
  /// The zero points, where there are some.
  let zeros: TensorData?

  /// Rounds real weights to integers, group by group.
  ///
  /// `least` gives the smallest scale that a channel may have; with a `solver` rows make up for the
  /// errors of others.
  init(
    _ weights: TensorData, _ groups: WeightGroups, _ code: WeightCode, _ rounding: WeightRounding,
    solver: ErrorSolver? = nil, least: (Int) -> Float = { _ in 0 }
  ) {
    var numbers = weights.elements(as: Float.self)
    var integers = [Float](repeating: 0, count: numbers.count)
    var steps = [WeightCode.Step](repeating: .init(scale: 1), count: groups.count)
    func fit(_ group: Int) {
      steps[group] = code.step(for: groups.places(of: group).map { numbers[$0] }, rounding)
      steps[group].scale = max(steps[group].scale, least(group))
    }
    if let solver, groups.columns > 0 {
      solver.solve(&numbers, groups) { row, numbers in
        // A block's scales are those of its weights as they are when its first row comes.
        for group in groups.groups(startingAt: row) {
          steps[group] = code.step(for: groups.places(of: group).map { numbers[$0] }, rounding)
          steps[group].scale = max(steps[group].scale, least(group))
        }
      } round: { place, value in
        let step = steps[groups.group(of: place)]
        integers[place] = code.integer(value, step)
        return (integers[place] - step.zero) * step.scale
      }
    } else {
      for group in 0..<groups.count {
        fit(group)
        for place in groups.places(of: group) {
          integers[place] = code.integer(numbers[place], steps[group])
        }
      }
    }
    (axis, block) = (groups.axis, groups.block)
    data = TensorData(packing: integers.map { Int($0) }, code.element, weights.type.shape)
    scales = TensorData(.f32, groups.shape, steps.map(\.scale))
    zeros =
      code.hasZero
      ? TensorData(packing: steps.map { Int($0.zero) }, code.element, Shape(groups.shape)) : nil
  }

  /// Stored weights with their scales.
  init(axis: Int, block: Int, data: TensorData, scales: TensorData) {
    (self.axis, self.block, self.data, self.scales) = (axis, block, data, scales)
    zeros = nil
  }
}

/// How weights divide into groups that share a scale.
struct WeightGroups {
  /// The axis of channels, or the one that blocks divide.
  let axis: Int
  /// The elements of a block; 0 for channels.
  let block: Int
  /// The extents of the scales.
  let shape: [Int]
  /// The rows of a matrix, along which errors are made up for.
  let rows: Int
  /// The columns of a matrix; 0 for other tensors.
  let columns: Int
  private let walk: ChannelWalk
  private let extent: Int

  /// One group per index of an axis.
  init(channels axis: Int, of extents: [Int]) {
    self.axis = axis
    block = 0
    shape = [extents[axis]]
    walk = ChannelWalk(extents, axis: axis)
    extent = extents[axis]
    let isMatrix = extents.count == 2 && axis == 1
    (rows, columns) = isMatrix ? (extents[0], extents[1]) : (0, 0)
  }

  /// Blocks of so many elements along an axis; the last one may be shorter.
  init(blocks block: Int, along axis: Int, of extents: [Int]) {
    self.axis = axis
    extent = extents[axis]
    self.block = min(block, max(extent, 1))
    var shape = extents
    shape[axis] = (extent + self.block - 1) / self.block
    self.shape = shape
    walk = ChannelWalk(extents, axis: axis)
    let isMatrix = extents.count == 2 && axis == 0
    (rows, columns) = isMatrix ? (extents[0], extents[1]) : (0, 0)
  }

  /// The number of groups.
  var count: Int { shape.reduce(1, *) }

  /// The places of the elements of a group, in row-major order.
  func places(of group: Int) -> [Int] {
    if block == 0 { return walk.places(of: group) }
    let (above, column) = group.quotientAndRemainder(dividingBy: walk.inner)
    let (outer, number) = above.quotientAndRemainder(dividingBy: shape[axis])
    let start = number * block
    return (start..<min(start + block, extent)).map {
      (outer * extent + $0) * walk.inner + column
    }
  }

  /// The group of a place.
  func group(of place: Int) -> Int {
    if block == 0 { return walk.channel(of: place) }
    let (above, column) = place.quotientAndRemainder(dividingBy: walk.inner)
    let (outer, index) = above.quotientAndRemainder(dividingBy: extent)
    return (outer * shape[axis] + index / block) * walk.inner + column
  }

  /// The groups of a matrix whose first row this is.
  func groups(startingAt row: Int) -> Range<Int> {
    if block == 0 { return row == 0 ? 0..<count : 0..<0 }
    return row % block == 0 ? row / block * columns..<(row / block + 1) * columns : 0..<0
  }
}

/// The elements of a tensor by the index along one axis.
struct ChannelWalk {
  let channels: Int
  let inner: Int
  private let outer: Int

  init(_ extents: [Int], axis: Int) {
    channels = extents[axis]
    outer = extents[..<axis].reduce(1, *)
    inner = extents[(axis + 1)...].reduce(1, *)
  }

  /// The places of the elements of a channel, in row-major order.
  func places(of channel: Int) -> [Int] {
    (0..<outer).flatMap { block in
      let start = (block * channels + channel) * inner
      return start..<start + inner
    }
  }

  /// The channel of a place.
  func channel(of place: Int) -> Int { place / inner % channels }
}

extension TensorData {
  /// Integers of at most 8 bits, packed low bits first.
  init(packing integers: [Int], _ element: ElementType, _ shape: Shape) {
    let width = element.bitWidth
    let count = element.byteCount(of: integers.count) ?? 0
    let buffer = TensorBuffer(count: count) { bytes in
      for (place, integer) in integers.enumerated() {
        let (byte, bit) = (place * width).quotientAndRemainder(dividingBy: 8)
        bytes[byte] |= UInt8(truncatingIfNeeded: integer & (1 << width - 1)) << UInt8(bit)
      }
    }
    self =
      TensorData(TensorType(element, shape), in: buffer, range: 0..<count)
      ?? TensorData(scalar: 0, element)
  }
}
