/// Ties extents to the elements of an integer vector, for shapes that are known at run time only.
///
/// Element `i` of the operand must be `values[i]` when the graph runs. Where that is a symbol that
/// nothing before has set, it is set to the element; everything else is checked, as is that each of
/// `zeros` is 0, and a run stops with an error when a check fails.
public struct Bind: Operator {
  public static let mnemonic = "bind"

  /// What the elements must be.
  public var values: [Dimension]
  /// What must be 0 beside that.
  public var zeros: [Dimension]

  public init() { self.init([]) }

  /// A binding of values to the elements of a vector.
  public init(_ values: [Dimension], zeros: [Dimension] = []) {
    self.values = values
    self.zeros = zeros
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    let type = operands[0]
    guard type.element == .i64 || type.element == .i32, type.rank <= 1,
      type.shape.elementCount == Dimension(values.count)
    else { throw OperatorError("a vector of \(values.count) integers expected", id: "bind") }
    return []
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("values", &values, default: nil)
    try visitor.visit("zeros", &zeros, default: [])
  }
}
