/// The extents of a shape as numbers (ONNX Shape); they may be symbolic.
public struct Extents: Operator {
  public static let mnemonic = "extents"

  /// The shape whose extents are the elements.
  public var shape: Shape

  public init() { shape = Shape([Int]()) }

  /// The extents of a shape.
  public init(_ shape: Shape) { self.shape = shape }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(0)
    return [TensorType(.i64, [shape.rank])]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .constant }

  /// The elements when no symbol takes part.
  public var data: TensorData? {
    shape.extents.map { TensorData(.i64, [shape.rank], $0.map { Int64($0) }) }
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("of", &shape)
  }
}
