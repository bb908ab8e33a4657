/// A tensor with elements added before and after each axis (ONNX Pad).
///
/// Operand 1 is the number that a constant mode fills with, of rank 0.
public struct Pad: Operator {
  public static let mnemonic = "pad"

  /// Where added elements come from.
  public enum Mode: String, Hashable, Sendable, CaseIterable { case constant, edge, reflect, wrap }

  /// Elements added before each axis; negative takes away.
  public var before: [Dimension]
  /// Elements added after each axis; negative takes away.
  public var after: [Dimension]
  /// Where added elements come from.
  public var mode: Mode

  public init() { self.init(before: [Int](), after: [], mode: .constant) }

  /// A padding by numbers.
  public init(before: [Int], after: [Int], mode: Mode) {
    self.init(
      before: before.map { Dimension($0) }, after: after.map { Dimension($0) }, mode: mode)
  }

  /// A padding; symbols need the constant mode.
  public init(before: [Dimension], after: [Dimension], mode: Mode) {
    self.before = before
    self.after = after
    self.mode = mode
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(2)
    let rank = operands[0].rank
    guard before.count == rank, after.count == rank else {
      throw OperatorError("one pad before and after per axis expected", id: "pad-count")
    }
    guard operands[1] == TensorType(operands[0].element, []) else {
      throw OperatorError("the fill value must be one \(operands[0].element)", id: "pad-value")
    }
    var shape = operands[0].shape
    for axis in 0..<rank {
      let extent = shape[axis]
      shape[axis] = extent + before[axis] + after[axis]
      if let size = shape[axis].constant, size < 0 {
        throw OperatorError("axis \(axis) is cut below extent 0", id: "pad-negative")
      }
      if mode == .constant { continue }
      guard let start = before[axis].constant, let end = after[axis].constant else {
        throw OperatorError("mode \(mode.rawValue) needs known pads", id: "pad-symbols")
      }
      if mode == .reflect, let size = extent.constant, max(start, end) >= size {
        throw OperatorError("axis \(axis) is too short to reflect", id: "pad-reflect")
      }
      if mode == .edge || mode == .wrap, extent == 0, saturatingAdd(start, end) > 0 {
        throw OperatorError("axis \(axis) is empty", id: "pad-empty")
      }
    }
    return [TensorType(operands[0].element, shape)]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("before", &before, default: nil)
    try visitor.visit("after", &after, default: nil)
    try visitor.visit("mode", choice: &mode)
  }
}
