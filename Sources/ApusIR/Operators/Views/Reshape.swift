/// The same elements in row-major order under another shape (ONNX Reshape, Flatten, Squeeze, …).
public struct Reshape: Operator {
  public static let mnemonic = "reshape"

  /// The shape of the result.
  public var shape: Shape

  public init() { shape = Shape([Int]()) }

  /// A change of shape.
  public init(_ shape: Shape) { self.shape = shape }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    let (have, want) = (operands[0].shape.elementCount, shape.elementCount)
    guard have == want || have.constant == nil || want.constant == nil else {
      throw OperatorError(
        "\(have) elements of shape \(operands[0].shape) do not fill shape \(shape)",
        id: "reshape-count")
    }
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .reshape }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("shape", &shape)
  }
}
