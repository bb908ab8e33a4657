/// Elements combined along axes, which keep extent 1 (ONNX ReduceSum, ReduceMax, …).
public struct Reduce: Operator {
  public static let mnemonic = "reduce"

  /// How elements are combined.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case sum, product, max, min }

  /// How elements are combined.
  public var kind: Kind
  /// The axes that shrink to extent 1, ascending.
  public var axes: [Int]

  public init() { self.init(.sum, axes: []) }

  /// A reduction along axes.
  public init(_ kind: Kind, axes: [Int]) {
    self.kind = kind
    self.axes = axes
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    var shape = operands[0].shape
    guard axes == Set(axes).sorted(), axes.allSatisfy({ (0..<shape.rank).contains($0) }) else {
      throw OperatorError("axes \(axes) in rank \(shape.rank)", id: "axis-range")
    }
    for axis in axes { shape[axis] = 1 }
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    let x = operands[0]
    let map = IndexMap(
      (0..<x.rank).map { axis in
        .iterator(axes.firstIndex(of: axis).map { x.rank + $0 } ?? axis)
      })
    return .contraction(
      Contraction(
        reduction: axes.map { x.shape[$0] }, maps: [map], body: .identity(x.element),
        combine: combine, initial: initial(of: x.element)))
  }

  /// The function that combines two elements.
  public var combine: BinaryFunction {
    switch kind {
    case .sum: .add
    case .product: .mul
    case .max: .max
    case .min: .min
    }
  }

  /// The result for no elements.
  public func initial(of element: ElementType) -> Literal {
    switch kind {
    case .sum: .zero(of: element)
    case .product: .one(of: element)
    case .max: .lowest(of: element)
    case .min: .highest(of: element)
    }
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("kind", choice: &kind)
    try visitor.visit("axes", &axes, default: nil)
  }
}
