/// Elements scaled to unit variance along the axes from `axis` on, without scale and bias.
///
/// The core of ONNX LayerNormalization (`centered`) and RMSNormalization (not centered):
/// `(x - mean) / sqrt(mean((x - mean)²) + epsilon)`.
public struct Normalize: Operator {
  public static let mnemonic = "normalize"

  /// The first axis that statistics run over.
  public var axis: Int
  /// Whether the mean is taken away first.
  public var centered: Bool
  /// What is added to the variance.
  public var epsilon: Double

  public init() { self.init(axis: 0, centered: true, epsilon: 1e-5) }

  /// A normalization.
  public init(axis: Int, centered: Bool, epsilon: Double) {
    self.axis = axis
    self.centered = centered
    self.epsilon = epsilon
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
    try visitor.visit("centered", &centered, default: true)
    try visitor.visit("epsilon", &epsilon, default: nil)
  }
}
