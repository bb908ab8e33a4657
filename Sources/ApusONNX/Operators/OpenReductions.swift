internal import ApusIR

extension NodeImporter {
  /// A reduction along axes that are computed: each axis is reduced or not by a symbol of 1 or 0.
  mutating func openReduction(
    _ operand: ValueID, _ kind: Reduce.Kind, before: Scalar?, after: OperatorRule.Finish
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: operand).shape
    let axes = try self.operand(1)
    let keeps = try flag("keepdims", default: true)
    let doesNothing = try flag("noop_with_empty_axes", default: false)
    var value = operand
    if let before { value = try map([value], before) }
    var (flags, count) = try axisFlags(axes, rank: shape.rank)
    if count == 0, doesNothing { return before == nil ? try map([operand], .operand(0)) : value }
    if count == 0 { (flags, count) = (vector(Array(repeating: 1, count: shape.rank)), shape.rank) }
    let reduced = try sizes(flags, "reduced", expected: promisedFlags(shape, keeps), in: 0...1)
    if let fixed = Shape(reduced).extents {
      let axes = fixed.indices.filter { fixed[$0] != 0 }
      value = try self.reduced(value, kind, axes: axes, after: after)
    } else {
      value = try add(.reduce(Reduce(kind, flags: reduced)), [value])
      let elements = zip(shape.dimensions, reduced).reduce(Dimension(1)) { product, axis in
        product * (axis.0 * axis.1 + 1 - axis.1)
      }
      value = try finished(value, after, count: elements)
    }
    if keeps { return value }
    let result = try openSqueeze(type(of: value).shape, dropping: flags, count: count)
    return try add(.reshape(Reshape(result)), [value])
  }

  /// Which axes the declared shape says are reduced, when they stay with extent 1.
  private func promisedFlags(_ shape: Shape, _ keeps: Bool) -> [Int?] {
    guard keeps else { return [] }
    return zip(declaredExtents(rank: shape.rank), shape.dimensions).map { declared, extent in
      guard let declared, let extent = extent.constant, extent != 1 else { return nil }
      return declared == extent ? 0 : 1
    }
  }
}
