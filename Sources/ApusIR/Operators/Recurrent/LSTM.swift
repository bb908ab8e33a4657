/// One direction of a long short-term memory layer with given input products (ONNX LSTM).
///
/// Operands: `x` `[T, B, 4·H]`, the inputs times their weights plus both biases, gates in the
/// order input, output, forget, cell; `r` `[4·H, H]`, recurrent weights; `h` and `c` `[B, H]`, the
/// states before the first step. Results: all hidden states `[T, B, H]`, the last hidden and cell
/// state `[B, H]`.
public struct LSTM: Operator {
  public static let mnemonic = "lstm"

  /// Whether time runs from the last step to the first.
  public var reverse: Bool

  public init() { self.init(reverse: false) }

  /// A layer in one direction.
  public init(reverse: Bool) { self.reverse = reverse }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(4)
    let (x, r, h) = (operands[0].shape, operands[1].shape, operands[2].shape)
    guard x.rank == 3, r.rank == 2, h.rank == 2, operands[3].shape == h,
      operands.allSatisfy({ $0.element == operands[0].element }),
      r[0] == 4 * r[1], x[2] == r[0], h[0] == x[1], h[1] == r[1]
    else { throw OperatorError("operand shapes do not fit together", id: "lstm-shape") }
    let element = operands[0].element
    return [
      TensorType(element, Shape([x[0], x[1], r[1]])), TensorType(element, h),
      TensorType(element, h),
    ]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("reverse", &reverse, default: false)
  }
}
