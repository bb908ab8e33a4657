/// Elements combined along axes, which keep extent 1 (ONNX ReduceSum, ReduceMax, …).
public struct Reduce: Operator {
  public static let mnemonic = "reduce"

  /// How elements are combined.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case sum, product, max, min }

  /// How elements are combined.
  public var kind: Kind
  /// The axes that shrink to extent 1, ascending.
  public var axes: [Int]
  /// In place of axes: one extent per axis, 1 where it shrinks and 0 where it stays.
  public var flags: [Dimension] = []

  public init() { self.init(.sum, axes: []) }

  /// A reduction along axes.
  public init(_ kind: Kind, axes: [Int]) {
    self.kind = kind
    self.axes = axes
  }

  /// A reduction along axes that are known when it runs.
  public init(_ kind: Kind, flags: [Dimension]) {
    self.init(kind, axes: [])
    self.flags = flags
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    var shape = operands[0].shape
    if !flags.isEmpty {
      guard flags.count == shape.rank, axes.isEmpty else {
        throw OperatorError("flags need one entry per axis", id: "reduce-flags")
      }
      let extents = zip(shape.dimensions, flags).map { $0 - $1 * ($0 - 1) }
      return [TensorType(operands[0].element, Shape(extents))]
    }
    guard axes == Set(axes).sorted(), axes.allSatisfy({ (0..<shape.rank).contains($0) }) else {
      throw OperatorError("axes \(axes) in rank \(shape.rank)", id: "axis-range")
    }
    for axis in axes { shape[axis] = 1 }
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    let x = operands[0]
    if !flags.isEmpty { return openSemantics(of: x) }
    let map = IndexMap(
      (0..<x.rank).map { axis in
        .iterator(axes.firstIndex(of: axis).map { x.rank + $0 } ?? axis)
      })
    return .contraction(
      Contraction(
        reduction: axes.map { x.shape[$0] }, maps: [map], body: .identity(x.element),
        combine: combine, initial: initial(of: x.element)))
  }

  /// Each axis has an iterator for the result and one for the reduction; one of them stays 0.
  private func openSemantics(of x: TensorType) -> Semantics {
    let map = IndexMap(
      (0..<x.rank).map { axis in
        IndexMap.Axis([
          IndexMap.Term(iterator: axis, coefficient: 1),
          IndexMap.Term(iterator: x.rank + axis, coefficient: 1),
        ])
      })
    return .contraction(
      Contraction(
        reduction: zip(x.shape.dimensions, flags).map { $1 * ($0 - 1) + 1 }, maps: [map],
        body: .identity(x.element), combine: combine, initial: initial(of: x.element)))
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
    try visitor.visit("axes", &axes, default: [])
    try visitor.visit("flags", &flags, default: [])
  }
}
