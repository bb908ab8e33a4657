/// The same tensor with its elements in another place in memory.
public struct Relayout: Operator {
  public static let mnemonic = "relayout"

  /// The layout of the result.
  public var layout: Layout

  public init() { layout = .rowMajor }

  /// A change of layout.
  public init(_ layout: Layout) { self.layout = layout }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard layout.fits(rank: operands[0].rank) else {
      throw OperatorError("no such layout for rank \(operands[0].rank)", id: "layout")
    }
    return [TensorType(operands[0].element, operands[0].shape, layout: layout)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    .view(IndexMap((0..<operands[0].rank).map { .iterator($0) }))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("layout", &layout)
  }
}
