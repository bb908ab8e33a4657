internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

/// Axes that are computed: each axis is reduced or not by an extent of 1 or 0.
private struct OpenAxes {
  /// 1 for each axis that is reduced, else 0, as a vector.
  let flags: ValueID
  let count: Int
  /// The same, as numbers or symbols.
  let reduced: [Dimension]
  let keeps: Bool
  /// The axes, when the declared shape tells them.
  var fixed: [Int]? {
    Shape(reduced).extents.map { flags in flags.indices.filter { flags[$0] != 0 } }
  }
}

extension NodeImporter {
  /// A reduction along axes that are computed.
  mutating func openReduction(
    _ operand: ValueID, _ kind: Reduce.Kind, before: Scalar?, after: OperatorRule.Finish
  ) throws(ImportFailure) -> ValueID {
    var value = operand
    if let before { value = try map([value], before) }
    guard let axes = try openAxes(of: operand) else {
      return before == nil ? try map([operand], x) : value
    }
    if let fixed = axes.fixed {
      value = try reduced(value, kind, axes: fixed, after: after)
    } else {
      let elements = zip(type(of: operand).shape.dimensions, axes.reduced)
        .reduce(Dimension(1)) { $0 * ($1.0 * $1.1 + 1 - $1.1) }
      value = try finished(try openReduce(value, kind, axes), after, count: elements)
    }
    return try squeezed(value, axes)
  }

  /// ONNX ReduceLogSumExp along axes that are computed: max + log(Σ exp(x - max)), where a max
  /// that is infinite is left out.
  mutating func openLogSumExp(_ value: ValueID) throws(ImportFailure) -> ValueID {
    guard let axes = try openAxes(of: value) else { return try map([value], x) }
    let most = try openReduce(value, .max, axes)
    let shift = try map([most], .select(.unary(.isInfinite, x), 0, x))
    let spread = try self.spread(shift, over: type(of: value).shape, axes)
    let sum = try openReduce(try map([value, spread], .exp(x - y)), .sum, axes)
    return try squeezed(try map([sum, shift], .unary(.log, x) + y), axes)
  }

  private mutating func openReduce(
    _ value: ValueID, _ kind: Reduce.Kind, _ axes: OpenAxes
  ) throws(ImportFailure) -> ValueID {
    let reduce = axes.fixed.map { Reduce(kind, axes: $0) } ?? Reduce(kind, flags: axes.reduced)
    return try add(.reduce(reduce), [value])
  }

  /// The result of a reduction at each element that went into it.
  private mutating func spread(
    _ value: ValueID, over shape: Shape, _ axes: OpenAxes
  ) throws(ImportFailure) -> ValueID {
    if axes.fixed != nil { return value }
    var value = value
    for axis in 0..<shape.rank where axes.reduced[axis] != 0 {
      guard let extent = shape[axis].constant else {
        throw .unsupported("symbolic-extent", "computed axes of the symbolic shape \(shape)")
      }
      let flag = try slice(axes.flags, axis: 0, start: axis, count: 1)
      let places = try map([try places(extent), flag], x * (1 - y))
      value = try add(.gather(Gather(axis: axis)), [value, places])
    }
    return value
  }

  /// The axes that operand 1 holds; `nil` when the node asks for nothing then.
  private mutating func openAxes(of value: ValueID) throws(ImportFailure) -> OpenAxes? {
    let shape = type(of: value).shape
    let keeps = try flag("keepdims", default: true)
    let doesNothing = try flag("noop_with_empty_axes", default: false)
    var (flags, count) = try axisFlags(try operand(1), rank: shape.rank)
    if count == 0, doesNothing { return nil }
    if count == 0 { (flags, count) = (vector(Array(repeating: 1, count: shape.rank)), shape.rank) }
    let reduced = try sizes(flags, "reduced", expected: promisedFlags(shape, keeps), in: 0...1)
    return OpenAxes(flags: flags, count: count, reduced: reduced, keeps: keeps)
  }

  /// The result without the axes that were reduced, unless they stay.
  private mutating func squeezed(
    _ value: ValueID, _ axes: OpenAxes
  ) throws(ImportFailure) -> ValueID {
    if axes.keeps { return value }
    let result = try openSqueeze(
      type(of: value).shape, dropping: axes.flags, count: axes.count)
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
