/// A tensor repeated along axes of extent 1 and new outer axes (ONNX Expand).
public struct Broadcast: Operator {
  public static let mnemonic = "broadcast"

  /// The shape of the result.
  public var shape: Shape

  public init() { shape = Shape([Int]()) }

  /// A repetition up to a shape.
  public init(_ shape: Shape) { self.shape = shape }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard operands[0].shape.broadcast(with: shape) == shape else {
      throw OperatorError(
        "shape \(operands[0].shape) does not broadcast to \(shape)", id: "broadcast-mismatch")
    }
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    let added = shape.rank - operands[0].rank
    return .view(
      IndexMap(
        operands[0].shape.dimensions.enumerated().map { axis, extent in
          extent == 1 && shape[axis + added] != 1 ? IndexMap.Axis() : .iterator(axis + added)
        }))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("shape", &shape)
  }
}
