/// A copy of a tensor with elements combined at places that index tensors tell.
///
/// ONNX ScatterElements, ScatterND, TensorScatter. Operand 0 is the data, operand 1 the updates;
/// the others are `i32` or `i64` tensors that broadcast to the shape of the updates. Updates are
/// taken in row-major order. Indices count as those of `Take`.
public struct Scatter: Operator {
  public static let mnemonic = "scatter"

  /// What becomes of an element that meets an update.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case set, sum, product, max, min }

  /// What becomes of an element that meets an update.
  public var kind: Kind
  /// For each axis of the data the axis of the updates it follows, or -1 for the next index.
  public var axes: [Int]

  public init() { self.init(.set, axes: []) }

  /// A combination of a kind.
  public init(_ kind: Kind, axes: [Int]) {
    self.kind = kind
    self.axes = axes
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    guard operands.count >= 2, operands[0].element == operands[1].element else {
      throw OperatorError("data and updates of one element type expected", id: "operand-count")
    }
    try IndexedAxes(axes).check(
      indices: operands.dropFirst(2), along: operands[1].shape, of: operands[0].shape)
    return [TensorType(operands[0].element, operands[0].shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  /// The new element, given the old one and the update.
  public func function(of element: ElementType) -> Pointwise? {
    let formula: Scalar =
      switch kind {
      case .set: .operand(1)
      case .sum: .operand(0) + .operand(1)
      case .product: .operand(0) * .operand(1)
      case .max: .max(.operand(0), .operand(1))
      case .min: .min(.operand(0), .operand(1))
      }
    return Pointwise([element, element], formula)
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("kind", choice: &kind)
    try visitor.visit("axes", &axes, default: nil)
  }
}
