/// The largest element or the sum of each window (ONNX MaxPool, AveragePool before division).
///
/// Positions outside the image take no part. Sums of integers of less than 32 bits are `i32`.
public struct Pool: Operator {
  public static let mnemonic = "pool"

  /// What becomes of a window.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case max, sum }

  /// What becomes of a window.
  public var kind: Kind
  /// How the window slides.
  public var window: Window

  public init() { self.init(.max, window: Window()) }

  /// A pooling.
  public init(_ kind: Kind, window: Window) {
    self.kind = kind
    self.window = window
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    let x = operands[0]
    let spatial = try window.outputDimensions(of: x.shape)
    return [TensorType(element(of: x), Shape([x.shape[0], x.shape[1]] + spatial))]
  }

  private func element(of x: TensorType) -> ElementType {
    kind == .sum && x.element.isNarrowInteger ? .i32 : x.element
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    let x = operands[0]
    guard let body = Pointwise([x.element], .convert(.operand(0), element(of: x))) else {
      return .nest
    }
    let places = window.extents.indices.map {
      window.map(axis: $0, output: 2 + $0, window: x.rank + $0)
    }
    return .contraction(
      Contraction(
        reduction: window.extents.map { Dimension($0) },
        maps: [IndexMap([.iterator(0), .iterator(1)] + places)],
        body: body, combine: kind == .max ? .max : .add,
        initial: kind == .max ? .lowest(of: x.element) : .zero(of: body.result)))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("kind", choice: &kind)
    try window.visitAttributes(&visitor)
  }
}
