/// The index of the largest or smallest element along one axis, which keeps extent 1.
///
/// ONNX ArgMax and ArgMin. The result is `i64`; of equal elements the first or the last counts.
public struct ArgReduce: Operator {
  public static let mnemonic = "arg_reduce"

  /// Which element is looked for.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case max, min }

  /// Which element is looked for.
  public var kind: Kind
  /// The axis it is looked for along.
  public var axis: Int
  /// Whether the last of equal elements counts.
  public var last: Bool

  public init() { self.init(.max, axis: 0, last: false) }

  /// A search along an axis.
  public init(_ kind: Kind, axis: Int, last: Bool) {
    self.kind = kind
    self.axis = axis
    self.last = last
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    var shape = operands[0].shape
    guard (0..<shape.rank).contains(axis), shape[axis] != 0 else {
      throw OperatorError("axis \(axis) is empty or does not exist", id: "axis-range")
    }
    shape[axis] = 1
    return [TensorType(.i64, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("kind", choice: &kind)
    try visitor.visit("axis", &axis, default: nil)
    try visitor.visit("last", &last, default: false)
  }
}
