internal import ApusIR

/// Operators whose shape operands are known at run time only: the shape arithmetic becomes nodes on
/// small integer vectors, whose results are then bound to symbols.
extension NodeImporter {
  /// For each of some axes and each axis of a rank 1 where they agree, else 0: `[count, rank]`.
  ///
  /// Without axes, the first `count` ones are meant.
  private mutating func axisMask(
    _ axes: ValueID?, count: Int, rank: Int
  ) throws(ImportFailure) -> ValueID {
    let all = try places(rank)
    let given = try axes.map { axes throws(ImportFailure) in try converted(axes, to: .i64) }
    let first = try places(count)
    let column = try reshape(given ?? first, to: Shape([count, 1]))
    let size = Scalar.literal(.integer(rank), .i64)
    let wrapped = Scalar.select(x < 0, x + size, x)
    return try map([column, all], .convert(.compare(.equal, wrapped, y), .i64))
  }

  /// The sum over axis 0 of `[count, rank]`.
  private mutating func columns(_ value: ValueID) throws(ImportFailure) -> ValueID {
    try total(value, axis: 0)
  }

  /// One value per axis: what a vector of `[count]` says of it, 0 for axes that it does not name.
  private mutating func overlay(
    _ values: ValueID, _ mask: ValueID
  ) throws(ImportFailure) -> ValueID {
    let count = type(of: mask).shape[0]
    let column = try reshape(try converted(values, to: .i64), to: Shape([count, 1]))
    return try columns(try map([mask, column], x * y))
  }

  private func vectorCount(_ value: ValueID, _ name: String) throws(ImportFailure) -> Int {
    guard type(of: value).rank <= 1, let count = type(of: value).shape.elementCount.constant,
      count <= 64
    else { throw .unsupported("data-dependent", "\(name) must be a vector of known length") }
    return count
  }

  // MARK: Slice

  /// ONNX Slice with starts, ends, axes or steps that are computed.
  mutating func openSlice(_ value: ValueID) throws(ImportFailure) -> ValueID {
    let shape = type(of: value).shape
    let (starts, ends) = (try operand(1), try operand(2))
    let count = try vectorCount(starts, "starts")
    let mask = try axisMask(optionalOperand(3), count: count, rank: shape.rank)
    let extents = try vector(shape.dimensions)
    let named = try columns(mask)
    let first = try overlay(starts, mask)
    let last = try map([try overlay(ends, mask), named, extents], x + (1 - y) * z)
    let step: ValueID
    if let given = optionalOperand(4) {
      step = try map([try overlay(given, mask), named], x + 1 - y)
    } else {
      step = vector(Array(repeating: 1, count: shape.rank))
    }
    let (low, length) = try clampedRange(first, last, step, extents)
    var cut = Slice(whole: shape)
    let counts = try map(
      [length, step], (x + .unary(.absolute, y) - 1) / .max(.unary(.absolute, y), 1))
    let limits = shape.dimensions.map(upperBound)
    let most = limits.contains(nil) ? nil : 0...(limits.compactMap(\.self).max() ?? 0)
    let expected = declaredExtents(rank: shape.rank)
    cut.shape = Shape(try sizes(counts, "size", expected: expected, in: most))
    cut.starts = try sizes(low, "start", in: most)
    cut.steps = try sizes(step, "step", in: -(1 << 31)...1 << 31)
    return try add(.slice(cut), [value])
  }

  /// The first index and the length, in elements, of clamped ranges; all operands are vectors.
  private mutating func clampedRange(
    _ first: ValueID, _ last: ValueID, _ step: ValueID, _ extents: ValueID
  ) throws(ImportFailure) -> (ValueID, ValueID) {
    // Operands: index, step, extent.
    let wrapped = Scalar.select(x < 0, .max(x + z, -1), x)
    let clamped = Scalar.select(
      y > 0, .min(.max(wrapped, 0), z), .min(.max(wrapped, -1), z - 1))
    let low = try map([first, step, extents], clamped)
    let high = try map([last, step, extents], clamped)
    let length = try map([low, high, step], .max(.select(z > 0, y - x, x - y), 0))
    return (try map([low, length], .select(y > 0, x, 0)), length)
  }

  // MARK: Pad

  /// The pads before and after each axis, from operands that are computed.
  mutating func openPads(
    _ value: ValueID, rank: Int
  ) throws(ImportFailure) -> (before: [Dimension], after: [Dimension]) {
    let shape = type(of: value).shape
    let (starts, result) = try padVectors(shape)
    let before = try sizes(starts, "before", in: -(1 << 31)...1 << 31)
    return (before, (0..<rank).map { result[$0] - shape[$0] - before[$0] })
  }

  /// What goes before each axis, as a vector, and the extents of the result.
  private mutating func padVectors(
    _ shape: Shape
  ) throws(ImportFailure) -> (before: ValueID, result: [Dimension]) {
    let pads = try operand(1)
    let half = try vectorCount(pads, "pads") / 2
    let mask = try axisMask(optionalOperand(3), count: half, rank: shape.rank)
    var halves: [ValueID] = []
    for start in [0, half] {
      let part = Slice(starts: [start], steps: [1], shape: Shape([half]))
      halves.append(try overlay(try add(.slice(part), [try converted(pads, to: .i64)]), mask))
    }
    let extents = try map(
      halves + [try vector(shape.dimensions)], x + y + z)
    let expected = declaredExtents(rank: shape.rank)
    return (halves[0], try sizes(extents, "size", expected: expected, in: 0...1 << 31))
  }

  /// ONNX Pad with computed pads and a mode that takes from inside: one gather per axis.
  mutating func openMirroring(_ operand: ValueID, _ mode: Pad.Mode) throws(ImportFailure) -> ValueID
  {
    let shape = type(of: operand).shape
    let (before, result) = try padVectors(shape)
    var value = operand
    for axis in 0..<shape.rank {
      guard let count = result[axis].constant, let extent = shape[axis].constant, extent > 0 else {
        throw .unsupported("pad-symbols", "mode \(mode.rawValue) needs a known result shape")
      }
      let first = try add(
        .slice(Slice(starts: [axis], steps: [1], shape: Shape([1]))), [before])
      let places = try map([self.places(count), first], mode.place(of: x - y, in: extent))
      value = try add(.gather(Gather(axis: axis)), [value, places])
    }
    return value
  }

  // MARK: Reshape and its kin

  /// The shape that a computed Reshape target stands for.
  mutating func openReshape(
    _ value: ValueID, _ target: ValueID, keepsZero: Bool
  ) throws(ImportFailure) -> Shape {
    let shape = type(of: value).shape
    let rank = try vectorCount(target, "the shape")
    var wanted = try converted(target, to: .i64)
    if !keepsZero {
      let old = (0..<rank).map { $0 < shape.rank ? shape[$0] : 0 }
      wanted = try map([wanted, try vector(old)], .select(.compare(.equal, x, 0), y, x))
    }
    let known = try map([wanted], .select(x < 0, 1, x))
    let product = try add(.reduce(Reduce(.product, axes: [0])), [known])
    let all = try vector([shape.elementCount])
    let final = try map([wanted, all, product], .select(x < 0, y / .max(z, 1), x))
    // What is no extent but -1 or 0 becomes another number.
    let promised = knownExtents(of: target).map { extent in
      extent.flatMap { $0.constant ?? 1 > 0 ? $0 : nil }
    }
    return try bound(final, rank: rank, count: shape.elementCount, promised: promised)
  }

  /// Extents from a vector, whose product is the number of elements of a tensor.
  private mutating func bound(
    _ extents: ValueID, rank: Int, count: Dimension, promised: [Dimension?] = []
  ) throws(ImportFailure) -> Shape {
    let most = upperBound(count).map { 0...$0 }
    let result = Shape(
      try sizes(
        extents, "size", expected: declaredExtents(rank: rank), promised: promised, in: most))
    if result.elementCount != count {
      try bind(vector([Int]()), to: [], zeros: [result.elementCount - count])
    }
    return result
  }

  /// ONNX Unsqueeze with computed axes.
  mutating func openUnsqueeze(_ value: ValueID, _ axes: ValueID) throws(ImportFailure) -> Shape {
    let shape = type(of: value).shape
    let count = try vectorCount(axes, "axes")
    let rank = shape.rank + count
    let ones = try columns(try axisMask(axes, count: count, rank: rank))
    // Axis `j` of the result is axis `j - (ones up to j)` of the operand.
    let source = try map([places(rank), try prefixSums(ones, rank)], x - y)
    let extents = try picked(shape, source, rank: rank)
    let final = try map([extents, ones], .select(y > 0, 1, x))
    return try bound(final, rank: rank, count: shape.elementCount)
  }

  /// The shape without the axes of a 0-1 vector, for ONNX Squeeze and reductions.
  mutating func openSqueeze(
    _ shape: Shape, dropping ones: ValueID, count: Int
  ) throws(ImportFailure) -> Shape {
    let (rank, kept) = (shape.rank, shape.rank - count)
    guard kept > 0 else { return Shape([Int]()) }
    // Axis `i` goes to the place `(kept axes before i)` where it is kept.
    let keeps = try map([ones], 1 - .min(x, 1))
    let places = try map([try prefixSums(keeps, rank), keeps], .select(y > 0, x - 1, -1))
    let column = try reshape(places, to: Shape([rank, 1]))
    let mask = try map([column, self.places(kept)], .convert(.compare(.equal, x, y), .i64))
    let extents = try overlay(try vector(shape.dimensions), mask)
    return try bound(extents, rank: kept, count: shape.elementCount)
  }

  /// 1 for each axis that computed axes name, else 0.
  mutating func axisFlags(
    _ axes: ValueID, rank: Int
  ) throws(ImportFailure) -> (flags: ValueID, count: Int) {
    let count = try vectorCount(axes, "axes")
    if count == 0 { return (vector(Array(repeating: 0, count: rank)), 0) }
    return (try columns(try axisMask(axes, count: count, rank: rank)), count)
  }

  private mutating func prefixSums(_ value: ValueID, _ rank: Int) throws(ImportFailure) -> ValueID {
    let row = try reshape(places(rank), to: Shape([1, rank]))
    let column = try reshape(places(rank), to: Shape([rank, 1]))
    let triangle = try map([column, row, value], .select(.compare(.lessOrEqual, y, x), z, 0))
    return try total(triangle, axis: 1)
  }

  /// The extents of a shape at given places; 0 outside.
  private mutating func picked(
    _ shape: Shape, _ places: ValueID, rank: Int
  ) throws(ImportFailure) -> ValueID {
    let column = try reshape(places, to: Shape([rank, 1]))
    let numbers = try self.places(shape.rank)
    let extents = try vector(shape.dimensions)
    let chosen = try map([column, numbers, extents], .select(.compare(.equal, x, y), z, 0))
    return try total(chosen, axis: 1)
  }

  // MARK: Expand

  /// The shape that a tensor expands to, from a computed operand.
  mutating func openExpand(_ value: ValueID, _ target: ValueID) throws(ImportFailure) -> Shape {
    let shape = type(of: value).shape
    let count = try vectorCount(target, "the shape")
    let rank = max(count, shape.rank)
    let own = [Dimension](repeating: 1, count: rank - shape.rank) + shape.dimensions
    var wanted = try converted(target, to: .i64)
    if count < rank {
      wanted = try add(
        .concat(Concat(axis: 0)), [vector(Array(repeating: 1, count: rank - count)), wanted])
    }
    // An extent other than 1 stays; what is asked for must be 1 or the same.
    let expected = zip(declaredExtents(rank: rank), own).map { declared, extent in
      extent == 1 ? declared : extent.constant
    }
    let final = try map(
      [wanted, try vector(own)],
      .select(.compare(.equal, y, 1), x, .select(.compare(.equal, x, 1), y, x)))
    return Shape(try sizes(final, "size", expected: expected))
  }
}

extension Pad.Mode {
  /// The index inside an axis that an index around it stands for.
  fileprivate func place(of index: Scalar, in extent: Int) -> Scalar {
    let last = Scalar.literal(.integer(extent - 1), .i64)
    switch self {
    case .constant, .edge: return .min(.max(index, 0), last)
    case .wrap: return .binary(.floorMod, index, last + 1)
    case .reflect:
      let period = Scalar.literal(.integer(max(2 * (extent - 1), 1)), .i64)
      let wrapped = Scalar.binary(.floorMod, index, period)
      return .select(wrapped > last, period - wrapped, wrapped)
    }
  }
}

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)
