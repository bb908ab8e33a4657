internal import ApusIR

private let a = Scalar.operand(0)
private let b = Scalar.operand(1)
private let c = Scalar.operand(2)

extension Rule {
  /// Products of integers as products of bytes, with corrections of the sums.
  static let correctedProducts: [Rule] = [
    movingZero, movingZeroOfImage, computedBytes, wideWeights,
    // product(x, w) with integers w of one byte in place of wider ones
    Rule("narrow-weights") { rewriter, node throws(OperatorError) in
      guard node.operation.zeroOfProduct != nil,
        rewriter.type(of: node.operands[0]).element != .i16,
        let data = rewriter.graph.constant(node.operands[1]), data.type.element != .i8,
        let weights = data.centred(nil), weights.type.element == .i8
      else { return nil }
      return try rewriter.append(
        node.operation, [node.operands[0], rewriter.constant(weights)])
    },
  ]

  // (x - y)·w = x·w - y·(1·w), where y is one number or one for each row
  private static let movingZero = Rule("moving-zero") { rewriter, node throws(OperatorError) in
    guard case .matmul(let product) = node.operation, product.zero == 0,
      let left = rewriter.centredBytes(node.operands[0]), case .value(let zero) = left.zero,
      rewriter.type(of: zero).shape.dimensions.last ?? 1 == 1
    else { return nil }
    let right = node.operands[1]
    let sums: ValueID
    if let weights = rewriter.graph.constant(right) {
      guard let data = weights.columnSums else { return nil }
      sums = rewriter.constant(data)
    } else {
      let shape = rewriter.type(of: right).shape
      guard rewriter.type(of: right).element == .i8, let depth = shape[shape.rank - 2].constant
      else { return nil }
      let ones = TensorData(.u8, [1, depth], [UInt8](repeating: 1, count: depth))
      sums = try rewriter.append(node.operation, [rewriter.constant(ones), right])[0]
    }
    let sum = try rewriter.append(node.operation, [left.stored, right], merging: left.makers)
    return try rewriter.map(sum + [zero, sums], a - .convert(b, .i32) * c)
  }

  // conv(x - y, w) = conv(x, w) - y·Σw over images that y surrounds, where y is one number
  private static let movingZeroOfImage = Rule("moving-zero-of-image") {
    rewriter, node throws(OperatorError) in
    guard case .conv(var conv) = node.operation, conv.zero == 0,
      let left = rewriter.centredBytes(node.operands[0]), case .value(let zero) = left.zero,
      rewriter.type(of: zero) == TensorType(rewriter.type(of: left.stored).element, []),
      let sums = rewriter.graph.constant(node.operands[1])?.filterSums
    else { return nil }
    let edges = (before: [0, 0] + conv.window.before, after: [0, 0] + conv.window.after)
    let image = try rewriter.append(
      .pad(Pad(before: edges.before, after: edges.after, mode: .constant)), [left.stored, zero],
      merging: left.makers)
    conv.window.before = conv.window.before.map { _ in 0 }
    conv.window.after = conv.window.before
    let sum = try rewriter.append(.conv(conv), image + [node.operands[1]])
    return try rewriter.map(
      sum + [zero, rewriter.constant(sums)], a - .convert(b, .i32) * c)
  }

  // x·(w - v) = x·w' - (v - 128)·(x·1) for u8 w = w' + 128 that is computed, and so for i8
  private static let computedBytes = Rule("computed-bytes") {
    rewriter, node throws(OperatorError) in
    guard case .matmul = node.operation, !rewriter.isFoldable(node.operands[1]),
      rewriter.centredBytes(node.operands[0]) != nil,
      let right = rewriter.centredBytes(node.operands[1]),
      case let shape = rewriter.type(of: right.stored).shape,
      let depth = shape[shape.rank - 2].constant
    else { return nil }
    var (stored, shift) = ([right.stored], 0)
    if rewriter.type(of: right.stored).element == .u8 {
      stored = try rewriter.map(stored, .convert(.convert(a, .i32) - .integer(128), .i8))
      shift = 128
    } else if stored[0] == node.operands[1] {
      return nil
    }
    let sum = try rewriter.append(
      node.operation, [node.operands[0]] + stored, merging: right.makers)
    if case .number(shift) = right.zero { return sum }
    let ones = TensorData(.i8, [depth, 1], [Int8](repeating: 1, count: depth))
    let rows = try rewriter.append(node.operation, [node.operands[0], rewriter.constant(ones)])
    switch right.zero {
    case .number(let zero): return try rewriter.map(sum + rows, a - .integer(zero - shift) * b)
    case .value(let zero):
      guard rewriter.type(of: zero).shape.isOne(along: 1) else { return nil }
      return try rewriter.map(
        sum + rows + [zero], a - (.convert(c, .i32) - .integer(shift)) * b)
    }
  }

  // product(x, w) = product(x, w - v) + v·product(x, 1), where w - v fits into 8 bits
  private static let wideWeights = Rule("wide-weights") { rewriter, node throws(OperatorError) in
    guard node.operation.zeroOfProduct != nil,
      rewriter.type(of: node.operands[0]).element.bitWidth == 8,
      let data = rewriter.graph.constant(node.operands[1]), data.type.element != .i8,
      data.centred(nil)?.type.element == .i16,
      node.operation.takesWideWeights(data.type.shape),
      let (weights, ones, shifts) = data.centredByColumn(node.operation)
    else { return nil }
    let sum = try rewriter.append(node.operation, [node.operands[0], rewriter.constant(weights)])
    let rows = try rewriter.append(node.operation, [node.operands[0], rewriter.constant(ones)])
    return try rewriter.map(sum + rows + [rewriter.constant(shifts)], a + b * c)
  }
}

/// Bytes with their zero point taken off.
private struct CentredBytes {
  enum Zero {
    case number(Int)
    case value(ValueID)
  }

  var stored: ValueID
  var zero: Zero
  /// The node that takes the zero point off, or the one that makes the bytes.
  var node: Node?

  var makers: [Node] { node.map { [$0] } ?? [] }
}

extension Rewriter {
  /// What a value is made of when it holds bytes, or bytes with a zero point taken off.
  fileprivate func centredBytes(_ value: ValueID) -> CentredBytes? {
    let producer = producer(of: value)
    if isByte(value) { return CentredBytes(stored: value, zero: .number(0), node: producer) }
    guard let node = producer, case .map(let map) = node.operation else { return nil }
    if let offset = map.function.offset, isByte(node.operands[0]) {
      return CentredBytes(stored: node.operands[0], zero: .number(offset), node: node)
    }
    guard let (stored, zero) = map.function.movingOffset, isByte(node.operands[stored]),
      type(of: node.operands[stored]).shape == type(of: value).shape
    else { return nil }
    return CentredBytes(
      stored: node.operands[stored], zero: .value(node.operands[zero]), node: node)
  }

  private func isByte(_ value: ValueID) -> Bool {
    let element = type(of: value).element
    return element == .u8 || element == .i8
  }

  /// Whether a value becomes a constant when constants are folded.
  fileprivate func isFoldable(_ value: ValueID) -> Bool {
    var value = value
    // Longer chains do not come up between a constant and a product.
    for _ in 0..<8 {
      if graph.constant(value) != nil { return true }
      guard let node = producer(of: value), node.isMap || node.operation.isView,
        node.operands.dropFirst().allSatisfy({ graph.constant($0) != nil })
      else { return false }
      value = node.operands[0]
    }
    return false
  }
}

extension Shape {
  /// Whether the axis that is `place` before the last one is missing or has one element.
  fileprivate func isOne(along place: Int) -> Bool {
    rank <= place || self[rank - 1 - place] == 1
  }
}
