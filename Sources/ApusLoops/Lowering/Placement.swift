internal import ApusIR

/// Where the elements of a tensor lie: element `i` is at `origin + Σ iₐ · strideₐ` of a buffer.
struct Placement: Hashable {
  var buffer: BufferID
  var element: ElementType
  var origin: Index
  var extents: [Dimension]
  var strides: [Dimension]

  /// Whether extents, strides and origin hold no symbols.
  var isFixed: Bool { hasFixedSteps && origin.constant.constant != nil }

  /// Whether extents and strides hold no symbols.
  var hasFixedSteps: Bool { (extents + strides).allSatisfy { $0.constant != nil } }

  /// Whether only the extent of axis 0 may hold symbols.
  var isFixedButBatch: Bool {
    var rest = self
    rest.extents.removeFirst()
    return !extents.isEmpty && rest.isFixed
  }

  /// The extents of a fixed placement.
  var sizes: [Int] { extents.map(\.fixed) }

  /// The strides of a fixed placement.
  var steps: [Int] { strides.map(\.fixed) }

  /// The element at given coordinates.
  func index(_ coordinates: [Index]) -> Index {
    zip(coordinates, strides).reduce(origin) { $0 + $1.0 * $1.1 }
  }

  /// The access whose lanes run along `axis`, or that has one lane.
  func access(_ coordinates: [Index], lanesAlong axis: Int? = nil) -> Access {
    Access(buffer, index(coordinates), laneStride: axis.map { strides[$0].fixed } ?? 0)
  }

  /// The tensor seen under a larger shape: stride 0 where it repeats.
  func broadcast(to target: [Dimension]) -> Placement {
    var result = self
    let added = target.count - extents.count
    result.strides = target.indices.map { axis in
      axis < added || (extents[axis - added] == 1 && target[axis] != 1)
        ? 0 : strides[axis - added]
    }
    result.extents = target
    return result
  }

  /// The tensor seen through an affine map whose iterators are the axes of `shape`.
  func viewed(through map: IndexMap, extents shape: [Dimension]) -> Placement {
    var result = self
    result.extents = shape
    result.strides = [Dimension](repeating: 0, count: shape.count)
    for (axis, place) in map.axes.enumerated() {
      result.origin = result.origin + Index(place.offset * strides[axis])
      for term in place.terms {
        result.strides[term.iterator] =
          result.strides[term.iterator] + strides[axis] * term.coefficient
      }
    }
    return result
  }

  /// The part of the tensor from `start` on along one axis.
  func slice(axis: Int, start: Dimension, count: Dimension) -> Placement {
    var result = self
    result.origin = origin + Index(start * strides[axis])
    result.extents[axis] = count
    return result
  }

  /// The part of the tensor from `start` on along one axis.
  func slice(axis: Int, start: Int, count: Int) -> Placement {
    slice(axis: axis, start: Dimension(start), count: Dimension(count))
  }

  /// The tensor of lower rank at given indices of some axes.
  func fixing(_ axes: [Int], at indices: [Index]) -> Placement {
    var result = self
    for (axis, index) in zip(axes, indices) {
      result.origin = result.origin + index * strides[axis]
    }
    let kept = extents.indices.filter { !axes.contains($0) }
    result.extents = kept.map { extents[$0] }
    result.strides = kept.map { strides[$0] }
    return result
  }

  /// The part of extent 1 at an index of one axis.
  func row(_ index: Index, along axis: Int) -> Placement {
    var result = self
    result.origin = origin + index * strides[axis]
    result.extents[axis] = 1
    return result
  }

  /// The tensor with axes in another order.
  func permuted(_ order: [Int]) -> Placement {
    var result = self
    result.extents = order.map { extents[$0] }
    result.strides = order.map { strides[$0] }
    return result
  }

  /// Whether row-major order has no gaps.
  var isContiguous: Bool {
    var expected: Dimension = 1
    for axis in extents.indices.reversed() where extents[axis] != 1 {
      if strides[axis] != expected { return false }
      expected = expected * extents[axis]
    }
    return true
  }

  /// The tensor under another shape when strides can express that.
  func reshaped(to shape: [Dimension]) -> Placement? {
    if isContiguous {
      var result = self
      result.extents = shape
      result.strides = Shape(shape).rowMajorStrides
      return result
    }
    guard isFixed, let shape = Shape(shape).extents else { return nil }
    return fixedReshape(to: shape)
  }

  private func fixedReshape(to shape: [Int]) -> Placement? {
    let (extents, strides) = (sizes, steps)
    if shape.contains(0) || extents.contains(0) { return nil }
    let old = extents.indices.filter { extents[$0] != 1 }
    var result = self
    result.extents = shape.map { Dimension($0) }
    result.strides = shape.map { _ in 0 }
    var (i, j) = (0, 0)
    while i < old.count {
      var (first, last) = (i, j)
      var (have, want) = (extents[old[i]], 1)
      while last < shape.count, want < have { want *= shape[last]; last += 1 }
      while have != want {
        if have < want {
          first += 1
          guard first < old.count else { return nil }
          have *= extents[old[first]]
        } else {
          guard last < shape.count else { return nil }
          want *= shape[last]
          last += 1
        }
      }
      for k in i..<first
      where strides[old[k]] != strides[old[k + 1]] * extents[old[k + 1]] { return nil }
      var stride = strides[old[first]]
      for axis in (j..<last).reversed() {
        result.strides[axis] = Dimension(stride)
        stride *= shape[axis]
      }
      (i, j) = (first + 1, last)
    }
    return result
  }
}

extension Dimension {
  /// The number of an extent that holds no symbols.
  var fixed: Int {
    guard let constant else { preconditionFailure("the schedule takes fixed shapes only") }
    return constant
  }
}

extension Shape {
  /// The strides of row-major order without gaps.
  var rowMajorStrides: [Dimension] {
    var strides = dimensions.map { _ in Dimension(1) }
    for axis in strides.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }
}
