internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)

extension OperatorRule {
  /// ONNX MaxRoiPool (1 and 22): the largest element of each bin of each region, 0 for empty bins.
  static let regionPooling: [OperatorRule] = [
    OperatorRule("MaxRoiPool") { node throws(ImportFailure) in
      try node.requireOperands(2...2)
      let (image, regions) = (try node.operand(0), try node.operand(1))
      let (extents, table) = (try node.extents(of: image), try node.extents(of: regions))
      guard let bins = try node.integers("pooled_shape"), bins.count == 2,
        bins.allSatisfy({ (1..<1 << 12).contains($0) }), extents.count == 4,
        !extents.contains(0), table.count == 2, table[1] == 5
      else { throw .invalid("roi-shape", "regions \(table) of an image of shape \(extents)") }
      let scale = try node.real("spatial_scale", default: 1)
      let (count, channels) = (table[0], extents[1])
      let batch = try node.converted(try node.part(regions, axis: 1, 0), to: .i64)
      let images = try node.add(.gather(Gather(axis: 0)), [image, batch])
      // Bins are rectangles, so that columns come first and rows of what they give after them.
      let columns = try node.binEdges(
        [1, 3], bins[1], extents[3], scale, shape: [count, 1, 1, bins[1], 1])
      let wide = try node.reshape(
        images, to: Shape([count, channels, extents[2], 1, extents[3]]))
      let tall = try node.largest(wide, inside: columns, axis: 4)
      let rows = try node.binEdges(
        [2, 4], bins[0], extents[2], scale, shape: [count, 1, bins[0], 1, 1])
      let strips = try node.reshape(
        tall, to: Shape([count, channels, 1, extents[2], bins[1]]))
      let most = try node.largest(strips, inside: rows, axis: 3)
      let isEmpty = Scalar.binary(
        .or, .compare(.greaterOrEqual, y, z),
        .compare(.greaterOrEqual, .operand(3), .operand(4)))
      var edges: [ValueID] = []
      for edge in [columns.low, columns.high] {
        edges.append(try node.reshape(edge, to: Shape([count, 1, 1, 1, bins[1]])))
      }
      let result = try node.map(
        [most] + edges + [rows.low, rows.high], .select(isEmpty, 0, x))
      return [try node.reshape(result, to: Shape([count, channels] + bins))]
    }
  ]
}

extension NodeImporter {
  /// Where the bins of each region begin and end along one axis, inside the image: twice `shape`.
  ///
  /// `columns` of the regions hold their first and last places.
  fileprivate mutating func binEdges(
    _ columns: [Int], _ bins: Int, _ extent: Int, _ scale: Double, shape: [Int]
  ) throws(ImportFailure) -> (low: ValueID, high: ValueID) {
    let regions = try operand(1)
    let element: ElementType = type(of: regions).element == .f64 ? .f64 : .f32
    var operands: [ValueID] = []
    for column in columns {
      let edge = try converted(try part(regions, axis: 1, column), to: element)
      let place = try map([edge], (x * .real(scale)).roundedAwayFromZero)
      operands.append(try reshape(place, to: Shape([shape[0], 1, 1, 1, 1])))
    }
    let axis = shape.lastIndex(of: bins) ?? 0
    operands.append(try places(bins, along: axis, rank: 5))
    let size = Scalar.max(y - x + 1, 1) / .real(Double(bins))
    func inside(_ place: Scalar) -> Scalar { .min(.max(place + x, 0), .real(Double(extent))) }
    let bin = Scalar.convert(z, element)
    return (
      try map(operands, inside(.unary(.floor, bin * size))),
      try map(operands, inside(.unary(.ceil, (bin + 1) * size)))
    )
  }

  /// The largest element between two edges along an axis, which keeps extent 1.
  fileprivate mutating func largest(
    _ value: ValueID, inside edges: (low: ValueID, high: ValueID), axis: Int
  ) throws(ImportFailure) -> ValueID {
    let places = try places(try extents(of: value)[axis], along: axis, rank: 5)
    let place = Scalar.convert(.operand(3), type(of: edges.low).element)
    let isInside = Scalar.binary(.and, .compare(.greaterOrEqual, place, y), place < z)
    let masked = try map(
      [value, edges.low, edges.high, places], .select(isInside, x, .real(-.infinity)))
    return try add(.reduce(Reduce(.max, axes: [axis])), [masked])
  }
}

extension Scalar {
  /// The nearest whole number, the one farther from 0 in the middle.
  fileprivate var roundedAwayFromZero: Scalar {
    let size = Scalar.unary(.absolute, self)
    let whole = Scalar.unary(.floor, size)
    return .unary(.sign, self) * (whole + .select(size - whole < 0.5, 0, 1))
  }
}
