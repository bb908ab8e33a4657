/// Slices of a tensor picked by index along one axis (ONNX Gather).
///
/// Operand 1 holds `i32` or `i64` indices; negative ones count from the end. Indices outside the
/// axis are clamped to it at run time.
public struct Gather: Operator {
  public static let mnemonic = "gather"

  /// The axis of the data that indices run along.
  public var axis: Int

  public init() { axis = 0 }

  /// A pick along an axis.
  public init(axis: Int) { self.axis = axis }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(2)
    guard (0..<operands[0].rank).contains(axis) else {
      throw OperatorError("axis \(axis) does not exist in the data", id: "axis-range")
    }
    guard operands[1].element == .i32 || operands[1].element == .i64 else {
      throw OperatorError("indices must be i32 or i64", id: "element-type")
    }
    guard operands[0].shape[axis] != 0 || operands[1].shape.elementCount == 0 else {
      throw OperatorError("no index exists on an axis of extent 0", id: "gather-empty")
    }
    var dimensions = operands[0].shape.dimensions
    dimensions.replaceSubrange(axis...axis, with: operands[1].shape.dimensions)
    return [TensorType(operands[0].element, Shape(dimensions))]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("axis", &axis, default: 0)
  }
}
