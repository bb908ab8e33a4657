/// Tensors joined along one axis (ONNX Concat).
public struct Concat: Operator {
  public static let mnemonic = "concat"

  /// The axis along which extents add up.
  public var axis: Int

  public init() { axis = 0 }

  /// A join along an axis.
  public init(axis: Int) { self.axis = axis }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    guard var result = operands.first else {
      throw OperatorError("at least one operand expected", id: "operand-count")
    }
    guard (0..<result.rank).contains(axis) else {
      throw OperatorError("axis \(axis) does not exist in rank \(result.rank)", id: "axis-range")
    }
    for operand in operands.dropFirst() {
      var same = operand.shape
      guard operand.element == result.element, operand.rank == result.rank else {
        throw OperatorError("operands differ in element type or rank", id: "concat-mismatch")
      }
      same[axis] = result.shape[axis]
      guard same == result.shape else {
        throw OperatorError(
          "shapes \(result.shape) and \(operand.shape) differ beside axis \(axis)",
          id: "concat-mismatch")
      }
      result.shape[axis] = result.shape[axis] + operand.shape[axis]
    }
    return [TensorType(result.element, result.shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("axis", &axis, default: nil)
  }
}
