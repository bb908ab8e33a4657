/// Exponentials along one axis divided by their sum (ONNX Softmax from opset 13, LogSoftmax).
public struct Softmax: Operator {
  public static let mnemonic = "softmax"

  /// The axis whose elements sum to 1.
  public var axis: Int
  /// Whether the logarithm of the result is taken.
  public var logarithm: Bool

  public init() { self.init(axis: 0) }

  /// A softmax along an axis.
  public init(axis: Int, logarithm: Bool = false) {
    self.axis = axis
    self.logarithm = logarithm
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard (0..<operands[0].rank).contains(axis), operands[0].element.isFloat else {
      throw OperatorError("axis \(axis) of a float tensor expected", id: "axis-range")
    }
    return [TensorType(operands[0].element, operands[0].shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("axis", &axis, default: nil)
    try visitor.visit("logarithm", &logarithm, default: false)
  }
}
