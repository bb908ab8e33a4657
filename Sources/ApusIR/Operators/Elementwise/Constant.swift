/// A tensor that is the same on every run, such as a weight.
public struct Constant: Operator {
  public static let mnemonic = "constant"

  /// The elements.
  public var data: TensorData
  /// The name in the model; may be empty.
  public var name: String

  public init() { self.init(TensorData(scalar: 0, .f32)) }

  /// A constant tensor.
  public init(_ data: TensorData, name: String = "") {
    self.data = data
    self.name = name
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(0)
    return [data.type]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .constant }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("value", &self)
  }
}
