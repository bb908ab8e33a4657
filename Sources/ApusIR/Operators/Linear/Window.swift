/// A sliding window over the spatial axes (those after batch and channels).
public struct Window: Hashable, Sendable {
  /// The extent of the window along each spatial axis.
  public var extents: [Int]
  /// The distance of neighbouring windows.
  public var strides: [Int]
  /// The distance of neighbouring elements of a window.
  public var dilations: [Int]
  /// Positions before the first element; zero or nothing is read there.
  public var before: [Int]
  /// Positions after the last element.
  public var after: [Int]

  /// A window; all arrays have one entry per spatial axis.
  public init(extents: [Int], strides: [Int], dilations: [Int], before: [Int], after: [Int]) {
    self.extents = extents
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.after = after
  }

  /// A window of rank 0, to be filled by a visitor.
  init() { self.init(extents: [], strides: [], dilations: [], before: [], after: []) }

  /// The number of windows along each spatial axis of `shape` (batch and channels first).
  func outputDimensions(of shape: Shape) throws(OperatorError) -> [Dimension] {
    let rank = shape.rank - 2
    let parts = [extents, strides, dilations, before, after]
    guard rank >= 1, parts.allSatisfy({ $0.count == rank }) else {
      throw OperatorError("the window needs one entry per spatial axis", id: "window-rank")
    }
    let limit = 1 << 31
    guard (extents + strides + dilations).allSatisfy({ (1..<limit).contains($0) }),
      (before + after).allSatisfy({ (0..<limit).contains($0) })
    else {
      throw OperatorError("extents, strides and dilations must be positive", id: "window-range")
    }
    var result: [Dimension] = []
    for axis in 0..<rank {
      let reach = dilations[axis] * (extents[axis] - 1) + 1
      let padded = shape[axis + 2] + Dimension(before[axis]) + Dimension(after[axis])
      if let size = padded.constant, size < reach {
        throw OperatorError("a window of \(reach) does not fit into \(size)", id: "window-size")
      }
      result.append((padded - Dimension(reach)) / Dimension(strides[axis]) + 1)
    }
    return result
  }

  /// Operand axis `axis`, given the iterators of the output and of the window.
  func map(axis: Int, output: Int, window: Int) -> IndexMap.Axis {
    IndexMap.Axis(
      offset: Dimension(-before[axis]),
      [
        IndexMap.Term(iterator: output, coefficient: Dimension(strides[axis])),
        IndexMap.Term(iterator: window, coefficient: Dimension(dilations[axis])),
      ])
  }

  mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("extents", &extents, default: nil)
    let rank = extents.count
    try visitor.visit("strides", &strides, default: Array(repeating: 1, count: rank))
    try visitor.visit("dilations", &dilations, default: Array(repeating: 1, count: rank))
    try visitor.visit("before", &before, default: Array(repeating: 0, count: rank))
    try visitor.visit("after", &after, default: Array(repeating: 0, count: rank))
  }
}
