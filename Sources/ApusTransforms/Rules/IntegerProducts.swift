internal import ApusIR

/// Why an operation on dequantized tensors is computed with real numbers.
public enum RealReason: String, Error, Hashable, Sendable, CaseIterable {
  /// Something that is no product, or a sum of windows that are padded.
  case noForm = "no integer form of this operation"
  /// The other operand was never quantized.
  case realOperand = "one operand is real"
  /// A scale or zero point is no constant.
  case moving = "a scale or zero point is computed"
  /// An operand has more than 8 bits.
  case wide = "integers of more than 8 bits"
  /// The left operand has several scales or zero points.
  case variedLeft = "scales or zero points of the left operand vary"
  /// Factors cannot move out of the sum.
  case variedAlongSum = "scales vary along the sum"
  /// The sum may leave 32 bits.
  case deep = "too many terms for 32 bits"
  /// Filters of convolutions are packed when the model is compiled.
  case movingFilter = "the filter is computed"
  /// Integers, but not as tiles of bytes.
  case plainLoops = "integers in plain loops: operands of more than 8 bits or varying zero points"
}

/// A product of real numbers as one of integers.
struct IntegerProduct {
  /// What stands for the left operand; its zero point is one number.
  var left: CodedTensor
  /// What stands for the right operand.
  var right: CodedTensor
  /// The right operand with its zero points taken off, when it is constant.
  var weights: TensorData?
  /// What the sums are multiplied with.
  var scale: TensorData
}

extension Graph {
  /// The integers that a product of real numbers can be computed with.
  func integerProduct(_ node: Node) throws(RealReason) -> IntegerProduct {
    guard node.operation.zeroOfProduct != nil else { throw .noForm }
    let left = try code(of: node.operands[0])
    let right = try code(of: node.operands[1])
    guard left.scale.count == 1, left.commonZero != nil else { throw .variedLeft }
    guard type(of: left.stored).element.bitWidth == 8 else { throw .wide }
    let shape = type(of: right.stored).shape
    guard let scale = node.scale(left.scale, right.scale, rank: shape.rank) else {
      throw .variedAlongSum
    }
    var product = IntegerProduct(left: left, right: right, scale: scale)
    var mostTerms = Graph.mostCentredTerms
    if let data = constant(right.stored) {
      guard let weights = data.centred(right.zero) else { throw .variedAlongSum }
      if weights.type.element == .i8 {
        mostTerms = Graph.mostTerms
      } else if data.type.element.bitWidth > 8 || !node.operation.takesWideWeights(shape) {
        throw .wide
      }
      product.weights = weights
    } else {
      guard case .matmul = node.operation else { throw .movingFilter }
      guard right.commonZero != nil else { throw .variedAlongSum }
      guard type(of: right.stored).element.bitWidth == 8 else { throw .wide }
    }
    guard let terms = node.terms(shape), terms <= mostTerms else { throw .deep }
    return product
  }

  /// Sums of more products of 8 bits, one of them with a sign, may leave 32 bits.
  private static let mostTerms = 65_793

  /// Sums of more products of 8 bits whose zero points are off may leave 32 bits.
  private static let mostCentredTerms = 33_025

  private func code(of value: ValueID) throws(RealReason) -> CodedTensor {
    if let code = coded(value) { return code }
    throw isCode(value) ? .moving : .realOperand
  }

  /// Whether integers stand for a value, with parameters that may be computed.
  func isCode(_ value: ValueID) -> Bool {
    guard case .map(let map)? = producer(of: value)?.operation,
      let code = map.function.linearCode
    else { return false }
    return map.function.operands[code.stored].bitWidth <= 16
  }
}

extension Operation {
  /// The integer that stands for 0 on the left of a product.
  var zeroOfProduct: Int? {
    switch self {
    case .conv(let conv): conv.zero
    case .matmul(let product): product.zero
    default: nil
    }
  }

  /// Whether what weights have in common can be added to sums afterwards.
  func takesWideWeights(_ weights: Shape) -> Bool {
    switch self {
    case .conv(let conv): conv.groups == 1 || weights[0] == Dimension(conv.groups)
    case .matmul: true
    default: false
    }
  }

  /// A product whose left operand has another integer for 0.
  func taking(zero: Int) -> Operation {
    switch self {
    case .conv(let conv): .conv(Conv(window: conv.window, groups: conv.groups, zero: zero))
    case .matmul: .matmul(MatMul(zero: zero))
    default: self
    }
  }
}

extension Node {
  /// The factors of sums: one, or one for each filter or column.
  fileprivate func scale(_ left: TensorData, _ right: TensorData, rank: Int) -> TensorData? {
    let factor = left.elements(as: Float.self)[0]
    let factors = right.elements(as: Float.self).map { factor * $0 }
    if factors.count == 1 { return TensorData(.f32, [], factors) }
    guard let extents = right.type.shape.extents else { return nil }
    let full = [Int](repeating: 1, count: max(rank - extents.count, 0)) + extents
    if case .conv = operation {
      guard full[0] == factors.count else { return nil }
      return TensorData(.f32, [factors.count] + full.dropFirst(2).map { _ in 1 }, factors)
    }
    guard full[rank - 1] == factors.count else { return nil }
    return TensorData(.f32, [factors.count], factors)
  }

  /// How many products make a sum; `nil` when that is open.
  fileprivate func terms(_ weights: Shape) -> Int? {
    if case .conv = operation {
      return weights.dimensions.dropFirst().reduce(Dimension(1), *).constant
    }
    return weights.rank > 1 ? weights[weights.rank - 2].constant : 1
  }
}
