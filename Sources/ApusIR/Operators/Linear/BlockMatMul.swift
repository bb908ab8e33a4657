/// The product of a matrix of reals with weights that integers stand for, block by block (ONNX
/// DequantizeLinear before MatMul; MatMulNBits of `com.microsoft`).
///
/// `[…, M, K] · ((codes[K, N] - zeros) · scales) → […, M, N]` in `f32`. Row `k` of the codes takes
/// row `k / block` of `scales` and of `zeros`, both `f32[⌈K / block⌉, N]`; `zeros` may be left out.
/// The codes are integers of at most 8 bits. Each weight is rounded to `f32` before it is
/// multiplied.
public struct BlockMatMul: Operator {
  public static let mnemonic = "block_matmul"

  /// How many neighbouring rows share a scale.
  public var block: Int

  public init() { self.init(block: 1) }

  /// A product with weights in blocks of rows.
  public init(block: Int) { self.block = block }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    guard (3...4).contains(operands.count) else {
      throw OperatorError("3 or 4 operands expected, \(operands.count) given", id: "operand-count")
    }
    let (left, codes, scales) = (operands[0], operands[1], operands[2])
    guard left.rank >= 2, codes.rank == 2, left.element == .f32, codes.element.isInteger,
      codes.element.bitWidth <= 8, left.shape[left.rank - 1] == codes.shape[0]
    else {
      throw OperatorError("a matrix of f32 and one of integers expected", id: "block-operands")
    }
    guard block > 0, let depth = codes.shape[0].constant,
      scales == TensorType(.f32, Shape([Dimension((depth - 1) / block + 1), codes.shape[1]])),
      operands.count == 3 || operands[3] == scales
    else {
      throw OperatorError(
        "\(scales) for blocks of \(block) rows of \(codes)", id: "block-scales")
    }
    var shape = left.shape
    shape[left.rank - 1] = codes.shape[1]
    return [TensorType(.f32, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("block", &block, default: nil)
  }
}
