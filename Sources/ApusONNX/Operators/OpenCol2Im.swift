internal import ApusIR

private let x = Scalar.operand(0)

extension NodeImporter {
  /// ONNX Col2Im with a block that is computed, or an image: columns `[N, C · block, windows]`.
  ///
  /// The extents of the image and the channels are those that the file declares for the result.
  mutating func openColumnsJoined(
    _ value: ValueID, _ extents: [Int]
  ) throws(ImportFailure) -> ValueID {
    guard let rank = type(of: try operand(2)).shape.elementCount.constant, (1...8).contains(rank)
    else { throw .unsupported("data-dependent", "a block of unknown rank") }
    let declared = declaredExtents(rank: rank + 2)
    guard let image = try integers(1, promised: Array(declared[2...])), let channels = declared[1]
    else { throw .unsupported("data-dependent", "Col2Im of a computed block needs a known result") }
    guard image.count == rank, extents.count == 3, channels > 0, extents[1] % channels == 0,
      image.allSatisfy({ (1..<1 << 24).contains($0) })
    else { throw .invalid("col2im-shape", "columns of shape \(extents) for image \(image)") }
    _ = try shape(image)
    _ = try shape([extents[0], channels] + image)
    let taps = extents[1] / channels
    let places = try columnPlaces(image, taps: taps, windows: extents[2])
    let pixels = image.reduce(1, *)
    // One more pixel takes what lies outside.
    let zeros = try broadcast(
      constant(0, type(of: value).element), to: try shape([extents[0], channels, pixels + 1]))
    let columns = try reshape(value, to: Shape([extents[0], channels, taps, extents[2]]))
    let sums = try add(
      .scatter(Scatter(.sum, axes: [0, 1, -1])), [zeros, columns, places])
    let inside = try slice(sums, axis: 2, start: 0, count: pixels)
    return try reshape(inside, to: Shape([extents[0], channels] + image))
  }

  /// The pixel `[taps, windows]` that each tap of each window falls on.
  private mutating func columnPlaces(
    _ image: [Int], taps: Int, windows: Int
  ) throws(ImportFailure) -> ValueID {
    let like = try broadcast(constant(0, .f32), to: try shape([1, 1] + image))
    let window = try self.window(extents: image.map { _ in 1 }, image: like)
    try requirePads(window)
    let block = try converted(try operand(2), to: .i64)
    let one = constant(1, .i64)
    var (tapStride, windowStride, pixelStride) = (one, one, 1)
    var place = try map(
      [try places(taps, along: 0, rank: 2), try places(windows, along: 1, rank: 2)],
      (x + .operand(1)) * 0)
    for axis in image.indices.reversed() {
      let width = try map([try part(block, axis: 0, axis)], .max(x, 0))
      let span = image[axis] + window.before[axis] + window.after[axis]
      let room = .integer(span - 1) - (x - 1) * .integer(window.dilations[axis])
      let count = try map(
        [width], .select(room < 0, 0, room / .integer(window.strides[axis]) + 1))
      // Operands: place so far, tap, window, their strides, width and count of this axis.
      let tap = Scalar.binary(.floorMod, .operand(1) / .operand(3), .operand(5))
      let number = Scalar.binary(.floorMod, .operand(2) / .operand(4), .operand(6))
      let index =
        number * .integer(window.strides[axis]) + tap * .integer(window.dilations[axis])
        - .integer(window.before[axis])
      let isBeside = Scalar.binary(
        .or, .compare(.less, index, 0), .compare(.greater, index, .integer(image[axis] - 1)))
      let isOutside = Scalar.binary(.or, .compare(.less, x, 0), isBeside)
      place = try map(
        [
          place, try places(taps, along: 0, rank: 2), try places(windows, along: 1, rank: 2),
          tapStride, windowStride, width, count,
        ], .select(isOutside, -1, x + index * .integer(pixelStride)))
      tapStride = try map([tapStride, width], x * .operand(1))
      windowStride = try map([windowStride, count], x * .operand(1))
      pixelStride *= image[axis]
    }
    for (stride, number) in [(tapStride, taps), (windowStride, windows)] {
      try bind(try reshape(stride, to: Shape([1])), to: [Dimension(number)])
    }
    return try map([place], .select(x < 0, .integer(pixelStride), x))
  }
}
