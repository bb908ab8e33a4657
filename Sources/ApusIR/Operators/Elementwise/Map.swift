/// A function of the elements of one or more broadcast operands at the same place.
///
/// Stands for every elementwise ONNX operator: Relu is `map %x {max(a, 0)}`. Chains of maps
/// compose into one.
public struct Map: Operator {
  public static let mnemonic = "map"

  /// What each result element is, given one element of each operand.
  public var function: Pointwise

  public init() { function = .identity(.f32) }

  /// A map with its function.
  public init(_ function: Pointwise) { self.function = function }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(function.operands.count)
    guard operands.map(\.element) == function.operands else {
      throw OperatorError("the function takes other element types", id: "element-type")
    }
    guard function.isDefined else {
      throw OperatorError("the function is not defined on these types", id: "function-type")
    }
    var shape = operands.first?.shape ?? Shape([Int]())
    for operand in operands.dropFirst() {
      guard let common = shape.broadcast(with: operand.shape) else {
        throw OperatorError(
          "shapes \(shape) and \(operand.shape) do not broadcast", id: "broadcast-mismatch")
      }
      shape = common
    }
    return [TensorType(function.result, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .pointwise(function) }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("f", &function)
  }
}
