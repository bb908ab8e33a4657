internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// MelWeightMatrix: `[dft_length / 2 + 1, num_mel_bins]` weights of overlapping triangles.
  static let melWeights: [OperatorRule] = [
    OperatorRule("MelWeightMatrix") { node throws(ImportFailure) in
      try node.requireOperands(5...5)
      let given = try node.integer("output_datatype") != nil
      let element = given ? try node.elementType("output_datatype") : .f32
      let declared = node.declaredExtents(rank: 2)
      let length = try node.wholeNumber(1)
      let spectrum = try node.map([length], x / 2 + 1)
      guard
        let rows = try node.sizes(spectrum, "bins", expected: [declared[0]])[0].constant,
        let columns = try node.sizes(
          try node.wholeNumber(0), "mel_bins", expected: [declared[1]])[0].constant,
        (1..<1 << 24).contains(rows), (1..<1 << 20).contains(columns)
      else {
        throw .unsupported("mel-size", "MelWeightMatrix of a size that is not known")
      }
      let edges = try node.melEdges(columns + 2, length)
      let corners = try (0..<3).map { start throws(ImportFailure) in
        try node.slice(edges, axis: 1, start: start, count: columns)
      }
      let place = try node.places(rows, along: 0, rank: 2)
      // Operands: place, left corner, centre, right corner.
      let (centre, right) = (Scalar.operand(2), Scalar.operand(3))
      func ratio(_ a: Scalar, _ b: Scalar) -> Scalar { .convert(a, .f64) / .convert(b, .f64) }
      func both(_ a: Scalar, _ b: Scalar) -> Scalar { .binary(.and, a, b) }
      let zero = Scalar.literal(.float(0), .f64)
      let peak = Scalar.select(
        .compare(.equal, x, centre), .literal(.float(1), .f64), zero)
      let rising = Scalar.select(
        .compare(.equal, y, centre), peak,
        .select(
          both(.compare(.greaterOrEqual, x, y), .compare(.lessOrEqual, x, centre)),
          ratio(x - y, centre - y), zero))
      let weight = Scalar.select(
        both(.compare(.greaterOrEqual, x, centre), x < right), ratio(right - x, right - centre),
        rising)
      return [try node.map([place] + corners, .convert(weight, element))]
    }
  ]
}

extension NodeImporter {
  /// A scalar operand as one `i64`.
  fileprivate mutating func wholeNumber(_ place: Int) throws(ImportFailure) -> ValueID {
    try reshape(try converted(try operand(place), to: .i64), to: Shape([1]))
  }

  /// The bins `[1, count]` of a spectrum at which triangles begin, peak and end.
  fileprivate mutating func melEdges(
    _ count: Int, _ length: ValueID
  ) throws(ImportFailure) -> ValueID {
    let limits = try [3, 4].map { place throws(ImportFailure) in
      let hertz = try reshape(try converted(try operand(place), to: .f64), to: Shape([1]))
      return try map([hertz], .unary(.log, x / 700 + 1) * .real(2595 / 2.302585092994046))
    }
    let numbers = try places(count, along: 1, rank: 2)
    let step = (.operand(2) - y) / .real(Double(count))
    let mel = Scalar.convert(x, .f64) * step + y
    let hertz = (.exp(mel * .real(2.302585092994046 / 2595)) - 1) * 700
    let frequencies = try map([numbers] + limits, hertz)
    let bin = Scalar.unary(
      .floor, (.convert(y, .f64) + 1) * x / .convert(.operand(2), .f64))
    return try map([frequencies, length, try wholeNumber(2)], .convert(bin, .i64))
  }
}
