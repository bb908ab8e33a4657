/// Elements at places of which index tensors tell some coordinates (ONNX GatherElements, GatherND).
///
/// Operand 0 is the data, the others are `i32` or `i64` tensors that broadcast to the shape of the
/// result. Negative indices count from the end; indices outside an axis are clamped at run time.
public struct Take: Operator {
  public static let mnemonic = "take"

  /// For each axis of the data the axis of the result it follows, or -1 for the next index operand.
  public var axes: [Int]
  /// The shape of the result.
  public var shape: Shape

  public init() { self.init(axes: [], shape: Shape([Int]())) }

  /// Elements of a result of some shape.
  public init(axes: [Int], shape: Shape) {
    self.axes = axes
    self.shape = shape
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    guard let data = operands.first else {
      throw OperatorError("data expected", id: "operand-count")
    }
    try IndexedAxes(axes).check(
      indices: operands.dropFirst(), along: shape, of: data.shape)
    return [TensorType(data.element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("axes", &axes, default: nil)
    try visitor.visit("shape", &shape)
  }
}

/// How the axes of data follow those of an indexed tensor, or index operands.
struct IndexedAxes {
  private let axes: [Int]

  init(_ axes: [Int]) { self.axes = axes }

  /// Checks the operands of `Take` and `Scatter`.
  func check(
    indices: ArraySlice<TensorType>, along shape: Shape, of data: Shape
  ) throws(OperatorError) {
    guard axes.count == data.rank, axes.allSatisfy({ (-1..<shape.rank).contains($0) }) else {
      throw OperatorError("one axis of \(shape) or -1 per axis of the data", id: "axis-range")
    }
    guard indices.count == axes.count(where: { $0 == -1 }) else {
      throw OperatorError("one index operand per axis -1 expected", id: "operand-count")
    }
    guard indices.allSatisfy({ $0.element == .i32 || $0.element == .i64 }) else {
      throw OperatorError("indices must be i32 or i64", id: "element-type")
    }
    guard indices.allSatisfy({ $0.shape.broadcast(with: shape) == shape }) else {
      throw OperatorError("an index operand does not broadcast to \(shape)", id: "index-shape")
    }
    for (axis, place) in axes.enumerated() where place >= 0 {
      let (extent, reach) = (data[axis], shape[place])
      if let size = extent.constant, let most = reach.constant, most <= size { continue }
      guard extent == reach else {
        throw OperatorError("axis \(axis) has \(extent) elements, not \(reach)", id: "index-range")
      }
    }
    // Nothing can be read from an axis without elements.
    guard shape.elementCount == 0 || !zip(axes, data.dimensions).contains(where: { $0 == (-1, 0) })
    else { throw OperatorError("an indexed axis is empty", id: "index-range") }
  }
}
