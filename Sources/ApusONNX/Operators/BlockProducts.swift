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
    let element: ElementType = bits == 2 ? .u2 : bits == 4 ? .u4 : .u8
    let packed = try operand(1)
    let stored: ValueID
    if type(of: packed).element == .u8, let data = graph.constant(packed),
      let codes = data.reinterpreted(as: TensorType(element, [rows, blocks * size]))
    {
      stored = constant(codes)
    } else {
      stored = try unpack(packed, bits, rows: rows, count: blocks * size)
    }
    func parameter(
      _ values: ValueID, _ node: inout NodeImporter
    ) throws(ImportFailure) -> ValueID {
      guard node.type(of: values).shape.elementCount == Dimension(rows * blocks) else {
        throw .invalid(
          "scale-shape", "\(node.type(of: values)) for \(rows) rows of \(blocks) blocks")
      }
      return try node.spread(
        try node.reshape(values, to: Shape([rows, blocks])), over: stored, axis: 1, block: size)
    }
    var scheme = QuantizationScheme(scale: try parameter(try operand(2), &self))
    let zeros = optionalOperand(3)
    let isPacked = zeros.map { type(of: $0).element == .u8 } ?? true
    if let zeros {
      scheme.zero = try parameter(
        isPacked ? try unpack(zeros, bits, rows: rows, count: blocks) : zeros, &self)
    } else {
      scheme.zero = constant(Double(1 << (bits - 1)), .u8)
    }
    let real = Scalar.convert(x, .f32) - .convert(.operand(2), .f32)
    let weights =
      isPacked
      ? try dequantize(stored, scheme, as: .f32)
      : try map([stored, scheme.scale, scheme.zero ?? stored], real * .convert(y, .f32))
    let whole = Shape([rows, depth])
    return type(of: weights).shape == whole
      ? weights : try add(.slice(Slice(whole: whole)), [weights])
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
    if let data = graph.constant(bytes) {
      return constant(data.unpacked(bits, rows: rows, count: count))
    }
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

extension TensorData {
  /// The first `count` numbers of each row of bytes, each of some bits, low bits first.
  fileprivate func unpacked(_ bits: Int, rows: Int, count: Int) -> TensorData {
    let each = 8 / bits
    let width = (count + each - 1) / each
    let numbers = withBytes { bytes in
      (0..<rows * count).map { place in
        let (row, column) = place.quotientAndRemainder(dividingBy: count)
        return bytes[row * width + column / each] >> UInt8(column % each * bits) & (1 << bits - 1)
      }
    }
    return TensorData(.u8, [rows, count], numbers)
  }
}
