/// The axes of a tensor in another order (ONNX Transpose).
public struct Transpose: Operator {
  public static let mnemonic = "transpose"

  /// Result axis `i` is operand axis `permutation[i]`.
  public var permutation: [Int]

  public init() { permutation = [] }

  /// A transposition.
  public init(_ permutation: [Int]) { self.permutation = permutation }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard permutation.sorted() == Array(0..<operands[0].rank) else {
      throw OperatorError(
        "\(permutation) is not a permutation of \(operands[0].rank) axes", id: "permutation")
    }
    let shape = Shape(permutation.map { operands[0].shape[$0] })
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    var axes = [IndexMap.Axis](repeating: IndexMap.Axis(), count: permutation.count)
    for (result, operand) in permutation.enumerated() { axes[operand] = .iterator(result) }
    return .view(IndexMap(axes))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("permutation", &permutation, default: nil)
  }
}
