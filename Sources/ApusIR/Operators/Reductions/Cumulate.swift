/// What a reduction would give up to each element of an axis (ONNX CumSum, CumProd).
public struct Cumulate: Operator {
  public static let mnemonic = "cumulate"

  /// How elements are combined.
  public var kind: Reduce.Kind
  /// The axis.
  public var axis: Int
  /// Whether an element is left out of its own result.
  public var exclusive: Bool
  /// Whether the combination starts from the last element.
  public var reverse: Bool

  public init() { self.init(.sum, axis: 0, exclusive: false, reverse: false) }

  /// A running combination along an axis.
  public init(_ kind: Reduce.Kind, axis: Int, exclusive: Bool, reverse: Bool) {
    self.kind = kind
    self.axis = axis
    self.exclusive = exclusive
    self.reverse = reverse
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard (0..<operands[0].rank).contains(axis) else {
      throw OperatorError("axis \(axis) does not exist", id: "axis-range")
    }
    return [TensorType(operands[0].element, operands[0].shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("kind", choice: &kind)
    try visitor.visit("axis", &axis, default: nil)
    try visitor.visit("exclusive", &exclusive, default: false)
    try visitor.visit("reverse", &reverse, default: false)
  }
}
