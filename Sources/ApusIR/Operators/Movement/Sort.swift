/// The elements along one axis in order, and where they were (the core of ONNX TopK).
///
/// Results: the elements, and their `i64` places along the axis. Equal elements keep their order;
/// NaN counts as larger than every number.
public struct Sort: Operator {
  public static let mnemonic = "sort"

  /// The axis that is sorted.
  public var axis: Int
  /// Whether the largest element comes first.
  public var descending: Bool

  public init() { self.init(axis: 0, descending: false) }

  /// An order along an axis.
  public init(axis: Int, descending: Bool) {
    self.axis = axis
    self.descending = descending
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard (0..<operands[0].rank).contains(axis) else {
      throw OperatorError("axis \(axis) does not exist", id: "axis-range")
    }
    return [
      TensorType(operands[0].element, operands[0].shape), TensorType(.i64, operands[0].shape),
    ]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("axis", &axis, default: nil)
    try visitor.visit("descending", &descending, default: false)
  }
}
