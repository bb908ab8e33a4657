internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators that read an image at places which other operands tell.
  static let regions: [OperatorRule] = [
    OperatorRule("RoiAlign", roiAlign), OperatorRule("DeformConv", deformConv),
  ]

  private static let roiAlign: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let (image, regions) = (try node.operand(0), try node.operand(1))
    let extents = try node.extents(of: image)
    let count = try node.extents(of: regions).first ?? 0
    let isHalf =
      try node.text(
        "coordinate_transformation_mode",
        default: node.version < 16 ? "output_half_pixel" : "half_pixel") == "half_pixel"
    let mode = try node.text("mode", default: "avg")
    let scale = try node.real("spatial_scale", default: 1)
    let ratio = try node.integer("sampling_ratio", default: 0)
    let bins = [
      try node.integer("output_height", default: 1), try node.integer("output_width", default: 1),
    ]
    guard ratio > 0 else {
      throw .unsupported("roi-sampling", "RoiAlign whose samples depend on the regions")
    }
    guard extents.count == 4, !extents.contains(0), ["avg", "max"].contains(mode),
      ratio < 1 << 12, bins.allSatisfy({ (1..<1 << 12).contains($0) }),
      node.type(of: regions).shape == Shape([count, 4])
    else { throw .invalid("roi-shape", "regions of an image of shape \(extents)") }
    // [regions, channels, rows, samples of a row, columns, samples of a column]
    let shape = try node.shape([count, extents[1], bins[0], ratio, bins[1], ratio])
    let column = Shape([count, 1, 1, 1, 1, 1])
    var taps: [[Tap]] = []
    for axis in 0..<2 {
      let edges = try [1 - axis, 3 - axis].map { place throws(ImportFailure) in
        let edge = try node.reshape(try node.part(regions, axis: 1, place), to: column)
        return try node.map([edge], x * .real(scale) - (isHalf ? 0.5 : 0))
      }
      let bin = try node.places(bins[axis], along: 2 + 2 * axis, rank: 6)
      let sample = try node.places(ratio, along: 3 + 2 * axis, rank: 6)
      let element = node.type(of: regions).element
      // start + length / bins * (bin + (sample + 1/2) / samples)
      let length = isHalf ? y - x : .max(y - x, 1)
      let position =
        Scalar.convert(.operand(2), element)
        + (.convert(.operand(3), element) + 0.5) * .real(1 / Double(ratio))
      let place = try node.map(
        edges + [bin, sample], x + length * .real(1 / Double(bins[axis])) * position)
      taps.append(try node.regionTaps(at: place, extent: extents[axis + 2]))
    }
    let batch = try node.converted(try node.reshape(try node.operand(2), to: column), to: .i64)
    let samples = try node.sampled(
      image, indices: [batch], taps, axes: [-1, 1, -1, -1], shape: shape,
      combine: mode == "max" ? .max : .add)
    let reduced = try node.reduced(
      samples, mode == "max" ? .max : .sum, axes: [3, 5], after: mode == "max" ? .nothing : .mean)
    return [try node.reshape(reduced, to: Shape([count, extents[1]] + bins))]
  }

  private static let deformConv: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] =
    {
      node throws(ImportFailure) in
      let (image, filter) = (try node.operand(0), try node.operand(1))
      let (extents, kernel) = (try node.extents(of: image), try node.extents(of: filter))
      guard extents.count == 4, kernel.count == 4, !extents.contains(0), !kernel.contains(0) else {
        throw .unsupported("deform-rank", "DeformConv of rank \(extents.count)")
      }
      let taps = Array(kernel[2...])
      if let given = try node.integers("kernel_shape"), given != taps {
        throw .invalid("conv-kernel-shape", "kernel_shape \(given) differs from \(kernel)")
      }
      let groups = try node.integer("group", default: 1)
      let parts = try node.integer("offset_group", default: 1)
      let window = try node.window(extents: taps, image: image)
      let places = try node.extents(of: try node.operand(2))
      // Products of dimensions do not overflow.
      let numbers = [parts, taps[0], taps[1], 2].reduce(Dimension(1)) { $0 * Dimension($1) }
      guard groups >= 1, parts >= 1, extents[1] % parts == 0,
        Dimension(extents[1]) == Dimension(kernel[1]) * Dimension(groups),
        kernel[0] % groups == 0, places.count == 4, places[0] == extents[0],
        Dimension(places[1]) == numbers
      else { throw .invalid("deform-shape", "\(places) offsets for \(kernel) filters") }
      let grid = taps + places[2...]
      let offsets = try node.reshape(
        try node.operand(2), to: Shape([extents[0], parts, taps[0], taps[1], 2] + places[2...]))
      var samples: [[Tap]] = []
      for axis in 0..<2 {
        let offset = try node.reshape(
          try node.part(offsets, axis: 4, axis), to: Shape([extents[0], parts, 1] + grid))
        let tap = try node.places(taps[axis], along: 3 + axis, rank: 7)
        let start = try node.places(places[axis + 2], along: 5 + axis, rank: 7)
        let base =
          y * .integer(window.dilations[axis]) + .operand(2) * .integer(window.strides[axis])
          - .integer(window.before[axis])
        let place = try node.map(
          [offset, tap, start], x + .convert(base, node.type(of: offset).element))
        samples.append(
          try node.taps(
            at: place, extent: extents[axis + 2], GridStyle(mode: .linear, padding: .zeros)))
      }
      let channels = [extents[0], parts, extents[1] / parts]
      var columns = try node.sampled(
        try node.reshape(image, to: Shape(channels + extents[2...])), samples,
        axes: [0, 1, 2, -1, -1], shape: try node.shape(channels + grid))
      if let mask = node.optionalOperand(4) {
        let factors = try node.reshape(mask, to: Shape([extents[0], parts, 1] + grid))
        columns = try node.map([columns, factors], x * y)
      }
      let depth = kernel[1] * taps[0] * taps[1]
      let pixels = places[2] * places[3]
      let product = try node.add(
        .matmul(MatMul()),
        [
          try node.reshape(filter, to: Shape([groups, kernel[0] / groups, depth])),
          try node.reshape(columns, to: Shape([extents[0], groups, depth, pixels])),
        ])
      let result = try node.reshape(product, to: Shape([extents[0], kernel[0]] + places[2...]))
      return [try node.addingBias(result, operand: 3)]
    }
}

extension NodeImporter {
  /// Linear taps that count nothing more than one element outside, and as the edge up to there.
  fileprivate mutating func regionTaps(
    at places: ValueID, extent: Int
  ) throws(ImportFailure) -> [Tap] {
    let isNear = Scalar.binary(
      .and, .compare(.greaterOrEqual, y, -1), .compare(.lessOrEqual, y, .real(Double(extent))))
    var taps = try taps(at: places, extent: extent, GridStyle(mode: .linear, padding: .border))
    for number in taps.indices {
      taps[number].weight = try map([taps[number].weight, places], .select(isNear, x, 0))
    }
    return taps
  }

  /// The place of the largest element of each window, counted over the whole image tensor.
  mutating func maximumPlaces(
    _ window: Window, byColumns: Bool
  ) throws(ImportFailure) -> ValueID {
    var value = try operand(0)
    let image = try extents(of: value)
    let rank = image.count - 2
    guard !image.contains(0) else { throw .invalid("pool-empty", "MaxPool of nothing") }
    let lowest = Scalar.literal(.lowest(of: type(of: value).element), nil)
    var counts: [Int] = []
    // Each axis becomes two: windows, and elements of a window.
    for axis in 0..<rank {
      let span = image[axis + 2] + window.before[axis] + window.after[axis]
      let reach = (window.extents[axis] - 1) * window.dilations[axis] + 1
      counts.append((span - reach) / window.strides[axis] + 1)
      guard counts[axis] < 1 << 24, window.extents[axis] < 1 << 10 else {
        throw .unsupported("pool-indices", "indices of windows of \(window.extents)")
      }
      let places = (0..<counts[axis]).flatMap { start in
        (0..<window.extents[axis]).map { tap in
          start * window.strides[axis] + tap * window.dilations[axis] - window.before[axis]
        }
      }
      let table = [counts[axis], window.extents[axis]]
      let indices = places.map { Int64(min(max($0, 0), image[axis + 2] - 1)) }
      value = try add(
        .gather(Gather(axis: 2 + 2 * axis)), [value, constant(TensorData(.i64, table, indices))])
      let inside = places.map { UInt8((0..<image[axis + 2]).contains($0) ? 1 : 0) }
      let ones = [Int](repeating: 1, count: rank - 1 - axis)
      let mask = constant(TensorData(.bool, table + ones, inside))
      value = try map([value, mask], .select(y, x, lowest))
    }
    let order = [0, 1] + (0..<rank).map { 2 + 2 * $0 } + (0..<rank).map { 3 + 2 * $0 }
    let taps = window.extents.reduce(1, *)
    let rows = try reshape(
      try transpose(value, order), to: try shape(Array(image[..<2]) + counts + [taps]))
    let best = try add(.argReduce(ArgReduce(.max, axis: rank + 2, last: false)), [rows])
    let results = Array(image[..<2]) + counts
    var place = try reshape(best, to: Shape(results))
    let tap = place
    // The tap of an axis is a digit of the best place of the window.
    var inner = taps
    let planes = try places(image[0] * image[1])
    let size = image[2...].reduce(1, *)
    let ones = [Int](repeating: 1, count: rank)
    place = try map(
      [try reshape(planes, to: Shape(Array(image[..<2]) + ones))], x * .integer(size))
    for axis in 0..<rank {
      inner /= window.extents[axis]
      let digit = Scalar.binary(.floorMod, y / .integer(inner), .integer(window.extents[axis]))
      let stride =
        byColumns ? image[2..<axis + 2].reduce(1, *) : image[(axis + 3)...].reduce(1, *)
      let start = try places(counts[axis], along: axis + 2, rank: rank + 2)
      let index =
        digit * .integer(window.dilations[axis]) + .operand(2) * .integer(window.strides[axis])
        - .integer(window.before[axis])
      place = try map([place, tap, start], x + index * .integer(stride))
    }
    return place
  }
}
