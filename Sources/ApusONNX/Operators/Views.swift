internal import ApusIR

extension OperatorRule {
  /// Operators that move or rename axes without touching elements.
  static let views: [OperatorRule] = [
    OperatorRule("Transpose") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let rank = node.type(of: value).rank
      let permutation = try node.integers("perm") ?? Array((0..<rank).reversed())
      return [try node.add(.transpose(Transpose(permutation)), [value])]
    },
    OperatorRule("Reshape") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let keepsZero = try node.flag("allowzero", default: false)
      if node.isOpen(1) {
        let shape = try node.openReshape(value, try node.operand(1), keepsZero: keepsZero)
        return [try node.add(.reshape(Reshape(shape)), [value])]
      }
      guard let target = try node.dimensions("shape", orOperand: 1) else {
        throw .invalid("missing-operand", "Reshape needs a shape")
      }
      let shape = try node.type(of: value).shape.reshaped(to: target, keepsZero: keepsZero)
      return [try node.add(.reshape(Reshape(shape)), [value])]
    },
    OperatorRule("Flatten") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      var axis = try node.integer("axis", default: 1)
      if axis < 0 { axis += shape.rank }
      guard (0...shape.rank).contains(axis) else {
        throw .invalid("axis-range", "axis \(axis) does not exist in rank \(shape.rank)")
      }
      let parts = [shape.dimensions[..<axis], shape.dimensions[axis...]]
      let flat = Shape(parts.map { $0.reduce(Dimension(1), *) })
      return [try node.add(.reshape(Reshape(flat)), [value])]
    },
    OperatorRule("Squeeze") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      if node.isOpen(1) {
        let (ones, count) = try node.axisFlags(try node.operand(1), rank: shape.rank)
        let result = try node.openSqueeze(shape, dropping: ones, count: count)
        return [try node.add(.reshape(Reshape(result)), [value])]
      }
      var axes: [Int]?
      if let given = try node.integers("axes", orOperand: 1) {
        axes = try node.axes(given, rank: shape.rank)
      }
      for axis in axes ?? [] where shape[axis].constant.map({ $0 != 1 }) ?? false {
        throw .invalid("squeeze-extent", "axis \(axis) has extent \(shape[axis]), not 1")
      }
      let kept = (0..<shape.rank).filter { axis in
        axes.map { !$0.contains(axis) } ?? (shape[axis] != 1)
      }
      return [try node.add(.reshape(Reshape(Shape(kept.map { shape[$0] }))), [value])]
    },
    OperatorRule("Unsqueeze") { node throws(ImportFailure) in
      let value = try node.operand(0)
      if node.isOpen(1) {
        let shape = try node.openUnsqueeze(value, try node.operand(1))
        return [try node.add(.reshape(Reshape(shape)), [value])]
      }
      var dimensions = node.type(of: value).shape.dimensions
      guard let given = try node.integers("axes", orOperand: 1) else {
        throw .invalid("missing-operand", "Unsqueeze needs axes")
      }
      for axis in try node.axes(given, rank: dimensions.count + given.count) {
        guard axis <= dimensions.count else {
          throw .invalid("axis-range", "axis \(axis) does not exist")
        }
        dimensions.insert(1, at: axis)
      }
      return [try node.add(.reshape(Reshape(Shape(dimensions))), [value])]
    },
    OperatorRule("Expand") { node throws(ImportFailure) in
      let value = try node.operand(0)
      if node.isOpen(1) {
        let shape = try node.openExpand(value, try node.operand(1))
        return [try node.broadcast(value, to: shape)]
      }
      guard let target = try node.dimensions(1) else {
        throw .invalid("missing-operand", "Expand needs a shape")
      }
      guard let shape = node.type(of: value).shape.broadcast(with: Shape(target)) else {
        throw .invalid(
          "broadcast-mismatch",
          "shape \(node.type(of: value).shape) does not expand to \(Shape(target))")
      }
      return [try node.add(.broadcast(Broadcast(shape)), [value])]
    },
    OperatorRule("Slice", slice), OperatorRule("Split", split),
  ]

  private static let slice: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let value = try node.operand(0)
    let shape = node.type(of: value).shape
    if (1..<5).contains(where: { node.isOpen($0) }) { return [try node.openSlice(value)] }
    guard let starts = try node.dimensions("starts", orOperand: 1),
      let ends = try node.dimensions("ends", orOperand: 2), starts.count == ends.count
    else { throw .invalid("slice", "Slice needs as many starts as ends") }
    let axes = try node.integers("axes", orOperand: 3) ?? Array(starts.indices)
    let steps = try node.integers(4) ?? starts.map { _ in 1 }
    guard axes.count == starts.count, steps.count == starts.count else {
      throw .invalid("slice", "Slice needs one axis and one step per start")
    }
    _ = try node.axes(axes, rank: shape.rank)
    var cut = Slice(whole: shape)
    for (place, axis) in axes.enumerated() {
      let axis = try node.axis(axis, rank: shape.rank)
      let range = try node.sliceRange(
        start: starts[place], end: ends[place], step: steps[place], extent: shape[axis])
      cut.starts[axis] = range.start
      cut.steps[axis] = Dimension(steps[place])
      cut.shape[axis] = range.count
    }
    return [try node.add(.slice(cut), [value])]
  }

  private static let split: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let value = try node.operand(0)
    let shape = node.type(of: value).shape
    let axis = try node.axis(try node.integer("axis", default: 0), rank: shape.rank)
    let parts = try node.integer("num_outputs", default: node.node.outputs.count)
    guard let extent = shape[axis].constant else {
      return try node.openSplit(value, axis: axis, parts: parts)
    }
    let equal = (0..<max(parts, 1)).map { part -> Int in
      let most = (extent + max(parts, 1) - 1) / max(parts, 1)
      return min(most, max(extent - part * most, 0))
    }
    if node.isOpen(1) { return try node.openSplit(value, axis: axis, parts: parts) }
    let sizes = try node.integers("split", orOperand: 1) ?? equal
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, +) == extent,
      sizes.count >= node.node.outputs.count
    else { throw .invalid("split-sizes", "sizes \(sizes) do not add up to \(extent)") }
    var start = 0
    var results: [ValueID] = []
    for size in sizes {
      var cut = Slice(whole: shape)
      cut.starts[axis] = size == 0 ? 0 : Dimension(start)
      cut.shape[axis] = Dimension(size)
      results.append(try node.add(.slice(cut), [value]))
      start += size
    }
    return results
  }
}

extension NodeImporter {
  /// ONNX Split with computed sizes, or of an open extent; a run checks what they add up to.
  fileprivate mutating func openSplit(
    _ value: ValueID, axis: Int, parts: Int
  ) throws(ImportFailure) -> [ValueID] {
    let shape = type(of: value).shape
    let extent = shape[axis]
    let sizes: [Dimension]
    if isOpen(1) {
      let expected = node.outputs.indices.map { declaredExtents($0, rank: shape.rank)[axis] }
      let most = upperBound(extent).map { 0...max($0, 0) }
      sizes = try self.sizes(try operand(1), "size", expected: expected, in: most)
    } else {
      sizes = try dimensions("split", orOperand: 1) ?? extent.parts(max(parts, 1))
    }
    guard sizes.count >= node.outputs.count, !sizes.contains(where: { ($0.constant ?? 0) < 0 })
    else { throw .invalid("split-sizes", "sizes \(sizes) for \(node.outputs.count) results") }
    let rest = sizes.reduce(0, +) - extent
    if rest != 0 { try bind(vector([Int]()), to: [], zeros: [rest]) }
    var start: Dimension = 0
    var results: [ValueID] = []
    for size in sizes {
      var cut = Slice(whole: shape)
      (cut.starts[axis], cut.shape[axis]) = (size == 0 ? 0 : start, size)
      results.append(try add(.slice(cut), [value]))
      start = start + size
    }
    return results
  }
}

extension Dimension {
  /// Equal parts of an extent; the last ones are shorter where it does not divide.
  fileprivate func parts(_ count: Int) -> [Dimension] {
    let exact = self / Dimension(count)
    if exact * Dimension(count) == self { return Array(repeating: exact, count: count) }
    let most = (self + Dimension(count - 1)) / Dimension(count)
    return (0..<count).map { part in
      .minimum(most, .maximum(self - Dimension(part) * most, 0))
    }
  }
}

extension Shape {
  /// The shape that a Reshape target stands for: 0 copies an extent, -1 takes what remains.
  func reshaped(to target: [Dimension], keepsZero: Bool) throws(ImportFailure) -> Shape {
    var result: [Dimension] = []
    var open: Int?
    for (axis, wanted) in target.enumerated() {
      if wanted == 0, !keepsZero {
        guard axis < rank else {
          throw .invalid("reshape-zero", "extent 0 at axis \(axis) has nothing to copy")
        }
        result.append(self[axis])
      } else if wanted == -1 {
        guard open == nil else { throw .invalid("reshape-open", "two extents are -1") }
        open = axis
        result.append(1)
      } else if let number = wanted.constant, number < 0 {
        throw .invalid("reshape-negative", "extent \(number)")
      } else {
        result.append(wanted)
      }
    }
    if let open {
      let known = result.reduce(Dimension(1), *)
      let rest = elementCount / known
      guard known != 0, rest * known == elementCount || rest.constant == nil else {
        throw .invalid("reshape-count", "\(self) does not fill \(Shape(target))")
      }
      result[open] = rest
    }
    return Shape(result)
  }
}
