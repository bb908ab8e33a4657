/// Every `steps[i]`-th element from `starts[i]` on, along each axis (ONNX Slice, Split).
public struct Slice: Operator {
  public static let mnemonic = "slice"

  /// The first index taken along each axis.
  public var starts: [Dimension]
  /// The distance of indices taken; may be negative, never 0.
  public var steps: [Dimension]
  /// The shape of the result.
  public var shape: Shape

  public init() { self.init(starts: [Int](), steps: [], shape: Shape([Int]())) }

  /// A slice with one start and step per axis.
  public init(starts: [Int], steps: [Int], shape: Shape) {
    self.init(
      starts: starts.map { Dimension($0) }, steps: steps.map { Dimension($0) }, shape: shape)
  }

  /// A slice with one start and step, which may have symbols, per axis.
  public init(starts: [Dimension], steps: [Dimension], shape: Shape) {
    self.starts = starts
    self.steps = steps
    self.shape = shape
  }

  /// The slice that takes everything of a tensor.
  public init(whole shape: Shape) {
    self.init(
      starts: shape.dimensions.map { _ in Dimension(0) },
      steps: shape.dimensions.map { _ in Dimension(1) }, shape: shape)
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(1)
    guard starts.count == operands[0].rank, steps.count == starts.count,
      shape.rank == starts.count
    else { throw OperatorError("starts, steps and shape need one entry per axis", id: "slice") }
    for axis in starts.indices {
      guard steps[axis] != 0 else { throw OperatorError("step 0", id: "slice-step") }
      guard let extent = operands[0].shape[axis].constant, let count = shape[axis].constant,
        count > 0, let start = starts[axis].constant, let step = steps[axis].constant
      else { continue }
      let last = saturatingAdd(start, saturatingMultiply(count - 1, step))
      guard (0..<extent).contains(start), (0..<extent).contains(last) else {
        throw OperatorError("axis \(axis) is cut outside its extent \(extent)", id: "slice-range")
      }
    }
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    .view(
      IndexMap(
        starts.indices.map { axis in
          IndexMap.Axis(
            offset: starts[axis], [IndexMap.Term(iterator: axis, coefficient: steps[axis])])
        }))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("starts", &starts, default: nil)
    try visitor.visit("steps", &steps, default: Array(repeating: 1, count: starts.count))
    try visitor.visit("shape", &shape)
  }
}
