internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Products with weights, and tables, that are quantized in blocks (`com.microsoft`).
  static let blockProducts: [OperatorRule] = [
    OperatorRule("MatMulNBits", domain: "com.microsoft") { node throws(ImportFailure) in
      try node.requireOperands(3...6)
      _ = try node.integer("accuracy_level")  // The least accuracy asked for; this one is the best.
      guard try node.integer("weight_prepacked", default: 0) == 0 else {
        throw .unsupported("weight-prepacked", "MatMulNBits with weights packed for one machine")
      }
      guard node.optionalOperand(4) == nil else {
        throw .unsupported("group-index", "MatMulNBits with g_idx")
      }
      let left = try node.operand(0)
      let element = node.type(of: left).element
      let weights = try node.blockWeights()
      let real = try node.map([left], .convert(x, .f32))
      let product = try node.matmul(real, try node.transpose(weights, [1, 0]))
      guard let bias = node.optionalOperand(5) else {
        return [try node.map([product], .convert(x, element))]
      }
      return [try node.map([product, bias], .convert(x + .convert(y, .f32), element))]
    },
    OperatorRule("GatherBlockQuantized", domain: "com.microsoft") { node throws(ImportFailure) in
      try node.requireOperands(3...4)
      return [try node.gatheredBlocks()]
    },
  ]
}

extension NodeImporter {
  /// The `[N, K]` weights of MatMulNBits as `f32`.
  fileprivate mutating func blockWeights() throws(ImportFailure) -> ValueID {
    guard let rows = try integer("N"), let depth = try integer("K"),
      let size = try integer("block_size")
    else { throw .invalid("missing-attribute", "MatMulNBits needs N, K and block_size") }
    let bits = try integer("bits", default: 4)
    let limit = 1 << 31
    guard [2, 4, 8].contains(bits), (1..<limit).contains(rows), (1..<limit).contains(depth),
      (16..<limit).contains(size), size & (size - 1) == 0
    else {
      throw .invalid("weight-blocks", "\(rows) x \(depth) of \(bits) bits, blocks of \(size)")
    }
    let blocks = (depth + size - 1) / size
    let packed = try operand(1)
    let shape = Shape([rows, blocks, size])
    let stored = try unpack(packed, bits, rows: rows, count: blocks * size)
    let scales = try column(try operand(2), rows, blocks)
    let centre = Scalar.convert(x, .f32)
    let blocked = try reshape(stored, to: shape)
    var weights: ValueID
    if let zeros = optionalOperand(3) {
      let isPacked = type(of: zeros).element == .u8
      let real = try map(
        [isPacked ? try unpack(zeros, bits, rows: rows, count: blocks) : zeros],
        .convert(x, .f32))
      weights = try map(
        [blocked, scales, try column(real, rows, blocks)], (centre - .operand(2)) * y)
    } else {
      weights = try map([blocked, scales], (centre - .real(Double(1 << (bits - 1)))) * y)
    }
    weights = try reshape(weights, to: Shape([rows, blocks * size]))
    let whole = Shape([rows, depth])
    return type(of: weights).shape == whole
      ? weights : try add(.slice(Slice(whole: whole)), [weights])
  }

  /// One number for each block, as `f32` of shape `[rows, blocks, 1]`.
  private mutating func column(
    _ values: ValueID, _ rows: Int, _ blocks: Int
  ) throws(ImportFailure) -> ValueID {
    guard type(of: values).shape.elementCount == Dimension(rows * blocks) else {
      throw .invalid("scale-shape", "\(type(of: values)) for \(rows) rows of \(blocks) blocks")
    }
    return try map(
      [try reshape(values, to: Shape([rows, blocks, 1]))], .convert(x, .f32))
  }

  /// The first `count` numbers of each row of bytes, each of some bits, low bits first.
  private mutating func unpack(
    _ bytes: ValueID, _ bits: Int, rows: Int, count: Int
  ) throws(ImportFailure) -> ValueID {
    let each = 8 / bits
    let width = (count + each - 1) / each
    guard type(of: bytes).element == .u8,
      type(of: bytes).shape.elementCount == Dimension(rows * width)
    else { throw .invalid("packed-weights", "\(type(of: bytes)) for \(rows) x \(count) numbers") }
    return try unpack(
      try reshape(bytes, to: Shape([rows, width])), bits, count: Dimension(count))
  }

  /// The first `count` numbers along the last axis of bytes, each of some bits, low bits first.
  fileprivate mutating func unpack(
    _ bytes: ValueID, _ bits: Int, count: Dimension
  ) throws(ImportFailure) -> ValueID {
    let each = 8 / bits
    var shape = type(of: bytes).shape.dimensions
    let column = try reshape(bytes, to: Shape(shape + [1]))
    let shifts = constant(TensorData(.u8, [each], (0..<each).map { UInt8($0 * bits) }))
    let parts = try map(
      [column, shifts],
      .binary(.and, .binary(.shiftRight, x, y), .literal(.integer(1 << bits - 1), .u8)))
    shape[shape.count - 1] = shape[shape.count - 1] * Dimension(each)
    let flat = try reshape(parts, to: Shape(shape))
    shape[shape.count - 1] = count
    return type(of: flat).shape == Shape(shape)
      ? flat : try add(.slice(Slice(whole: Shape(shape))), [flat])
  }
}

extension NodeImporter {
  /// Rows of a table that is quantized in blocks; indices outside the table give zeros.
  fileprivate mutating func gatheredBlocks() throws(ImportFailure) -> ValueID {
    let (table, indices, scales) = (try operand(0), try operand(1), try operand(2))
    let shape = type(of: table).shape
    let bits = try integer("bits", default: 4)
    let block = try integer("block_size", default: 128)
    let axis = try self.axis(try integer("gather_axis", default: 0), rank: shape.rank)
    let blocked = try self.axis(try integer("quantize_axis", default: 1), rank: shape.rank)
    let isPacked = type(of: table).element == .u8 && bits < 8
    guard axis != blocked, !isPacked || axis != shape.rank - 1, type(of: scales).rank == shape.rank
    else { throw .unsupported("gather-axis", "GatherBlockQuantized along the axis of its blocks") }
    guard [2, 4, 8].contains(bits), let extent = shape[axis].constant else {
      throw .invalid("weight-blocks", "numbers of \(bits) bits in a table of shape \(shape)")
    }
    func rows(
      _ tensor: ValueID, _ node: inout NodeImporter, count: Dimension
    ) throws(ImportFailure) -> ValueID {
      let rows = try node.add(.gather(Gather(axis: axis)), [tensor, indices])
      return isPacked && node.type(of: tensor).element == .u8
        ? try node.unpack(rows, bits, count: count) : rows
    }
    let last = shape.rank - 1
    let values = try rows(table, &self, count: shape[last] * Dimension(8 / bits))
    let moved = blocked < axis ? blocked : blocked + type(of: indices).rank - 1
    var scheme = QuantizationScheme(
      scale: try spread(
        try rows(scales, &self, count: 0), over: values, axis: moved, block: block))
    if let zeros = optionalOperand(3) {
      let found = try rows(zeros, &self, count: type(of: scales).shape[last])
      scheme.zero = try spread(found, over: values, axis: moved, block: block)
    } else if type(of: table).element == .u8 {
      scheme.zero = constant(Double(1 << (bits - 1)), .u8)
    }
    let real = try dequantize(values, scheme, as: type(of: scales).element)
    let ones = [Dimension](repeating: 1, count: shape.rank - axis - 1)
    let places = try reshape(indices, to: Shape(type(of: indices).shape.dimensions + ones))
    let limit = Scalar.literal(.integer(extent), type(of: indices).element)
    return try map(
      [real, places],
      .select(.binary(.and, y < limit, .compare(.greaterOrEqual, y, 0 - limit)), x, 0))
  }
}
