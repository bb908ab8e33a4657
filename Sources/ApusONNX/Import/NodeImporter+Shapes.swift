internal import ApusIR

extension NodeImporter {
  /// The extents of a value, none of which may be symbolic.
  func extents(of value: ValueID) throws(ImportFailure) -> [Int] {
    guard let extents = type(of: value).shape.extents else {
      throw .unsupported(
        "symbolic-extent", "\(node.operatorType) of the symbolic shape \(type(of: value).shape)")
    }
    return extents
  }

  /// One extent of a value, which may not be symbolic.
  func extent(_ axis: Int, of value: ValueID) throws(ImportFailure) -> Int {
    let shape = type(of: value).shape
    guard let extent = shape[axis].constant else {
      throw .unsupported("symbolic-extent", "\(node.operatorType) of the symbolic shape \(shape)")
    }
    return extent
  }

  /// A shape of known extents, refused when it is too large.
  func shape(_ extents: [Int]) throws(ImportFailure) -> Shape {
    let count = Shape(extents).elementCount.constant ?? .max
    guard extents.allSatisfy({ (0..<1 << 31).contains($0) }), count <= 1 << 40 else {
      throw ImportFailure(
        category: .limitExceeded, id: "tensor-size", message: "a result of shape \(extents)")
    }
    return Shape(extents)
  }

  /// The `i64` numbers from 0 to `count` along one axis of a tensor of some rank.
  mutating func places(
    _ count: Int, along axis: Int = 0, rank: Int = 1
  ) throws(ImportFailure) -> ValueID {
    guard count < 1 << 24 else {
      throw ImportFailure(
        category: .limitExceeded, id: "axis-size", message: "an axis of \(count) elements")
    }
    var extents = [Int](repeating: 1, count: rank)
    extents[axis] = count
    return constant(TensorData(.i64, extents, (0..<count).map { Int64($0) }))
  }

  /// The same for an extent that may be symbolic.
  mutating func places(
    _ count: Dimension, along axis: Int = 0, rank: Int = 1
  ) throws(ImportFailure) -> ValueID {
    if let count = count.constant { return try places(count, along: axis, rank: rank) }
    let ones = try broadcast(vector([1]), to: Shape([count]))
    let numbers = try add(
      .cumulate(Cumulate(.sum, axis: 0, exclusive: true, reverse: false)), [ones])
    var shape = Shape([Int](repeating: 1, count: rank))
    shape[axis] = count
    return try reshape(numbers, to: shape)
  }

  /// An extent in a formula: a number, or one more operand.
  mutating func scalar(
    _ extent: Dimension, _ operands: inout [ValueID]
  ) throws(ImportFailure) -> Scalar {
    if let number = extent.constant { return .literal(.integer(number), .i64) }
    operands.append(try vector([extent]))
    return .operand(operands.count - 1)
  }

  /// The elements from `start` on along one axis.
  mutating func slice(
    _ value: ValueID, axis: Int, start: Int, count: Int
  ) throws(ImportFailure) -> ValueID {
    try slice(value, axis: axis, start: start, count: Dimension(count))
  }

  /// The elements from `start` on along one axis.
  mutating func slice(
    _ value: ValueID, axis: Int, start: Int, count: Dimension
  ) throws(ImportFailure) -> ValueID {
    var shape = type(of: value).shape
    if start == 0, shape[axis] == count { return value }
    shape[axis] = count
    var starts = [Int](repeating: 0, count: shape.rank)
    starts[axis] = start
    return try add(
      .slice(Slice(starts: starts, steps: starts.map { _ in 1 }, shape: shape)), [value])
  }

  /// Index `place` of one axis, which vanishes.
  mutating func part(
    _ value: ValueID, axis: Int, _ place: Int
  ) throws(ImportFailure) -> ValueID {
    try part(value, axis: axis, Dimension(place))
  }

  /// Index `place` of one axis, which vanishes; a symbol is found out when the model runs.
  mutating func part(
    _ value: ValueID, axis: Int, _ place: Dimension
  ) throws(ImportFailure) -> ValueID {
    var shape = type(of: value).shape
    var row = value
    if shape[axis] != 1 || place != 0 {
      var cut = Slice(whole: shape)
      (cut.starts[axis], cut.shape[axis]) = (place, 1)
      row = try add(.slice(cut), [value])
    }
    shape.dimensions.remove(at: axis)
    return try reshape(row, to: shape)
  }

  /// The value in another element type.
  mutating func converted(
    _ value: ValueID, to element: ElementType
  ) throws(ImportFailure) -> ValueID {
    type(of: value).element == element
      ? value : try map([value], .convert(.operand(0), element))
  }
}
