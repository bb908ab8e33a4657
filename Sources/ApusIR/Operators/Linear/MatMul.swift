/// The matrix product of the last two axes, batched over the broadcast others (ONNX MatMul).
///
/// `[…, M, K] · […, K, N] → […, M, N]`; both operands have rank 2 or more. Products of integers of
/// 8 and 16 bits are summed up as `i32` (ONNX MatMulInteger).
public struct MatMul: Operator {
  public static let mnemonic = "matmul"

  /// The integer of the left operand that stands for 0: it is taken off before multiplying.
  public var zero: Int

  public init() { self.init(zero: 0) }

  /// A matrix product.
  public init(zero: Int) { self.zero = zero }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(2)
    let (a, b) = (operands[0], operands[1])
    guard a.rank >= 2, b.rank >= 2, let element = a.sumElement(with: b) else {
      throw OperatorError("two matrices of one element type expected", id: "matmul-operands")
    }
    try a.expectZero(zero, with: b)
    guard a.shape[a.rank - 1] == b.shape[b.rank - 2] else {
      throw OperatorError(
        "\(a.shape[a.rank - 1]) columns on the left, \(b.shape[b.rank - 2]) rows on the right",
        id: "matmul-inner")
    }
    let batch = Shape(Array(a.shape.dimensions.dropLast(2)))
    guard let common = batch.broadcast(with: Shape(Array(b.shape.dimensions.dropLast(2)))) else {
      throw OperatorError("batch axes do not broadcast", id: "broadcast-mismatch")
    }
    let matrix = [a.shape[a.rank - 2], b.shape[b.rank - 1]]
    return [TensorType(element, Shape(common.dimensions + matrix))]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    let (a, b) = (operands[0], operands[1])
    let rank = max(a.rank, b.rank)
    func batch(_ operand: TensorType) -> [IndexMap.Axis] {
      (0..<operand.rank - 2).map { axis in
        operand.shape[axis] == 1 ? IndexMap.Axis() : .iterator(axis + rank - operand.rank)
      }
    }
    guard let product = a.product(with: b, zero: zero) else { return .nest }
    return .contraction(
      Contraction(
        reduction: [a.shape[a.rank - 1]],
        maps: [
          IndexMap(batch(a) + [.iterator(rank - 2), .iterator(rank)]),
          IndexMap(batch(b) + [.iterator(rank), .iterator(rank - 1)]),
        ],
        body: product, combine: .add, initial: .zero(of: product.result)))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("zero", &zero, default: 0)
  }
}
