internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Matrix products and convolutions.
  static let linear: [OperatorRule] = [
    OperatorRule("MatMul") { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 2, atMost: 2)
      return [try node.matmul(operands[0], operands[1])]
    },
    OperatorRule("Gemm", gemm),
    OperatorRule("Conv", conv),
  ]

  private static let gemm: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    var (a, b) = (try node.operand(0), try node.operand(1))
    guard node.type(of: a).rank == 2, node.type(of: b).rank == 2 else {
      throw .invalid("gemm-rank", "Gemm takes matrices")
    }
    let (alpha, beta) = (try node.real("alpha", default: 1), try node.real("beta", default: 1))
    if try node.flag("transA", default: false) { a = try node.transpose(a, [1, 0]) }
    if try node.flag("transB", default: false) { b = try node.transpose(b, [1, 0]) }
    _ = try node.flag("broadcast", default: false)
    var result = try node.matmul(a, b)
    if alpha != 1 { result = try node.map([result], x * .real(alpha)) }
    guard let c = node.optionalOperand(2), beta != 0 else { return [result] }
    return [try node.map([result, c], beta == 1 ? x + y : x + y * .real(beta))]
  }

  private static let conv: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let result = try node.convolution(try node.operand(0), try node.operand(1))
    guard let bias = node.optionalOperand(2) else { return [result] }
    let column = try node.channels(bias, of: result, "bias")
    return [try node.map([result, column], x + y)]
  }
}

extension NodeImporter {
  /// The convolution that the attributes of Conv and its relatives describe, without a bias.
  mutating func convolution(
    _ image: ValueID, _ filter: ValueID
  ) throws(ImportFailure) -> ValueID {
    guard let extents = type(of: filter).shape.extents, extents.count >= 3 else {
      throw .invalid("conv-rank", "the filter needs rank 3 or more and constant extents")
    }
    if let kernel = try integers("kernel_shape"), kernel != Array(extents.dropFirst(2)) {
      throw .invalid(
        "conv-kernel-shape", "kernel_shape \(kernel) differs from the filter \(extents)")
    }
    let groups = try integer("group", default: 1)
    let window = try window(extents: Array(extents.dropFirst(2)), image: image)
    return try add(.conv(Conv(window: window, groups: groups)), [image, filter])
  }

  /// A vector with a number for each channel (axis 1) of a tensor, so that it broadcasts.
  mutating func channels(
    _ vector: ValueID, of tensor: ValueID, _ name: String
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: tensor).shape
    guard type(of: vector).shape == Shape([shape[1]]) else {
      throw .invalid("conv-bias", "the \(name) needs one number per filter")
    }
    let ones = [Dimension](repeating: 1, count: shape.rank - 2)
    return try reshape(vector, to: Shape([shape[1]] + ones))
  }

  /// The matrix product with the rules of NumPy for vectors.
  mutating func matmul(_ a: ValueID, _ b: ValueID) throws(ImportFailure) -> ValueID {
    var (left, right) = (a, b)
    let (aShape, bShape) = (type(of: a).shape, type(of: b).shape)
    guard aShape.rank > 0, bShape.rank > 0 else {
      throw .invalid("matmul-rank", "MatMul does not take numbers of rank 0")
    }
    if aShape.rank == 1 { left = try reshape(a, to: Shape([1] + aShape.dimensions)) }
    if bShape.rank == 1 { right = try reshape(b, to: Shape(bShape.dimensions + [1])) }
    let product = try add(.matmul(MatMul()), [left, right])
    var dimensions = type(of: product).shape.dimensions
    if bShape.rank == 1 { dimensions.removeLast() }
    if aShape.rank == 1 { dimensions.remove(at: dimensions.count - (bShape.rank == 1 ? 1 : 2)) }
    return try reshape(product, to: Shape(dimensions))
  }

  /// The window that `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode` describe.
  mutating func window(
    extents: [Int], image: ValueID, ceil: Bool = false
  ) throws(ImportFailure) -> Window {
    let rank = extents.count
    let shape = type(of: image).shape
    guard shape.rank == rank + 2 else {
      throw .invalid("window-rank", "\(rank) window axes for an operand of rank \(shape.rank)")
    }
    let ones = [Int](repeating: 1, count: rank)
    let pads = try integers("pads")
    var window = Window(
      extents: extents, strides: try integers("strides") ?? ones,
      dilations: try integers("dilations") ?? ones,
      before: Array((pads ?? []).prefix(rank)), after: Array((pads ?? []).dropFirst(rank)))
    let limit = 1 << 31
    guard window.strides.count == rank, window.dilations.count == rank,
      pads.map({ $0.count == 2 * rank }) ?? true,
      (window.strides + window.dilations + extents).allSatisfy({ (1..<limit).contains($0) })
    else { throw .invalid("window-rank", "strides, dilations or pads do not fit the window") }
    if pads == nil { (window.before, window.after) = (ones.map { _ in 0 }, ones.map { _ in 0 }) }
    let automatic = try text("auto_pad", default: "NOTSET")
    switch automatic {
    case "NOTSET": break
    case "VALID":
      (window.before, window.after) = (ones.map { _ in 0 }, ones.map { _ in 0 })
    case "SAME_UPPER", "SAME_LOWER":
      guard pads == nil || pads?.allSatisfy({ $0 == 0 }) == true else {
        throw .invalid("auto-pad", "auto_pad \(automatic) and pads exclude each other")
      }
      try window.padToSame(shape, lower: automatic == "SAME_LOWER")
    default: throw .invalid("auto-pad", "auto_pad \"\(automatic)\" does not exist")
    }
    if ceil { try window.roundUp(shape) }
    return window
  }
}

extension Window {
  /// Pads so that there are `ceil(extent / stride)` windows.
  fileprivate mutating func padToSame(_ shape: Shape, lower: Bool) throws(ImportFailure) {
    for axis in extents.indices {
      guard let extent = shape[axis + 2].constant else {
        throw .unsupported("symbolic-extent", "auto_pad along the symbolic axis \(axis + 2)")
      }
      let count = (extent + strides[axis] - 1) / strides[axis]
      let reach = (extents[axis] - 1) * dilations[axis] + 1
      let total = max(0, (count - 1) * strides[axis] + reach - extent)
      before[axis] = lower ? total - total / 2 : total / 2
      after[axis] = total - before[axis]
    }
  }

  /// Pads at the end so that a last partial window counts, unless it would start in the padding.
  fileprivate mutating func roundUp(_ shape: Shape) throws(ImportFailure) {
    for axis in extents.indices {
      guard let extent = shape[axis + 2].constant else {
        throw .unsupported("symbolic-extent", "ceil_mode along the symbolic axis \(axis + 2)")
      }
      let reach = (extents[axis] - 1) * dilations[axis] + 1
      let span = extent + before[axis] + after[axis] - reach
      let missing = span % strides[axis] == 0 ? 0 : strides[axis] - span % strides[axis]
      let lastStart = span + missing
      if missing > 0, lastStart < extent + before[axis] { after[axis] += missing }
    }
  }
}
