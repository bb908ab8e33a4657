/// The parts of strings between separators (ONNX StringSplit).
///
/// Operand 0 holds the strings, operand 1 of rank 0 the separator; an empty one stands for runs of
/// white space. The result has a new last axis, where missing parts are empty.
public struct Split: Operator {
  public static let mnemonic = "split"

  /// The shape of the result.
  public var shape: Shape
  /// After how many separators the rest stays as it is; `Int.max` for no limit.
  public var limit: Int

  public init() { self.init(shape: Shape([Int]()), limit: .max) }

  /// A split into a result of some shape.
  public init(shape: Shape, limit: Int) {
    self.shape = shape
    self.limit = limit
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(2)
    guard operands[0].element == .string, operands[1] == TensorType(.string, []) else {
      throw OperatorError("strings and one separator expected", id: "element-type")
    }
    guard limit >= 0 else { throw OperatorError("the limit is negative", id: "split-limit") }
    guard shape.dimensions.dropLast() == operands[0].shape.dimensions[...], shape.rank > 0 else {
      throw OperatorError("\(shape) is not \(operands[0].shape) and one axis", id: "split-shape")
    }
    return [TensorType(.string, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("shape", &shape)
    try visitor.visit("limit", &limit, default: .max)
  }
}
