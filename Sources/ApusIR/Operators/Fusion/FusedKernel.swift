/// Operations that run as one kernel: a root and the map of what follows at its store.
///
/// The inputs of the body stand for the operands, its single output for the result. The body
/// holds a root (contraction, normalization, …) and at most one map after it, or attention. Types
/// in the body say nothing about layouts: those are the operands' and the result's.
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

extension FusedKernel {
  /// Attention on `f32` of known shapes: `matmul(softmax(map(matmul(q, k), …)), v)`, the map being
  /// optional.
  public struct Attention {
    /// The product of queries and keys.
    public let scores: Node
    /// What is done with each score.
    public let map: Node?
    /// The product of softmax along the last axis and values.
    public let mix: Node
  }

  /// The body as attention; `nil` when it has another form.
  public var attention: Attention? {
    guard let scores = body.nodes.first, let mix = body.nodes.last, body.nodes.count >= 3,
      case .matmul = scores.operation, case .matmul = mix.operation
    else { return nil }
    var (value, map) = (scores.results[0], Node?.none)
    if case .map = body.nodes[1].operation, body.nodes.count == 4 {
      guard body.nodes[1].operands.filter({ $0 == value }).count == 1,
        body.nodes[1].operands.first == value
      else { return nil }
      (value, map) = (body.nodes[1].results[0], body.nodes[1])
    }
    let weights = body.nodes[body.nodes.count - 2]
    guard body.nodes.count == (map == nil ? 3 : 4), case .softmax(let softmax) = weights.operation,
      softmax.axis == body.type(of: value).rank - 1, !softmax.logarithm,
      weights.operands == [value], mix.operands.first == weights.results.first,
      case .input = body[mix.operands[1]].definition, body.outputs == mix.results
    else { return nil }
    let types = (body.inputs + body.nodes.flatMap(\.results)).map { body.type(of: $0) }
    guard types.allSatisfy({ $0.element == .f32 && $0.shape.extents?.contains(0) == false }),
      body.type(of: value).shape.dimensions.dropLast(2)
        == body.type(of: mix.results[0]).shape.dimensions.dropLast(2)
    else { return nil }
    return Attention(scores: scores, map: map, mix: mix)
  }
}
