/// Operations that run as one kernel: a root and the map of what follows at its store.
///
/// The inputs of the body stand for the operands, its single output for the result. The body
/// holds a root (contraction, normalization, …) and at most one map after it. Types in the body say
/// nothing about layouts: those are the operands' and the result's.
public struct FusedKernel: Operator {
  public static let mnemonic = "kernel"

  /// The operations.
  public var body: Graph

  public init() { body = Graph(name: "") }

  /// A kernel with its body.
  public init(_ body: Graph) { self.body = body }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try body.expectInputs(operands)
    return body.outputTypes
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("body", &body)
  }
}
