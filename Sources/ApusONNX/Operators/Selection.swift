internal import ApusIR

extension OperatorRule {
  /// Operators whose results are as long as the data says: how many there are is counted first.
  static let selection: [OperatorRule] = [
    OperatorRule("NonZero") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      guard shape.rank > 0 else { throw .unsupported("nonzero-rank", "NonZero of a scalar") }
      let flat = try node.reshape(value, to: Shape([shape.elementCount]))
      let places = try node.truePlaces(
        try node.map([flat], .convert(x, .bool)), expected: node.declaredExtents(rank: 2)[1])
      return [try node.coordinates(of: places, in: shape, axis: 0)]
    },
    OperatorRule("Compress") { node throws(ImportFailure) in
      var value = try node.operand(0)
      let mask = try node.operand(1)
      var shape = node.type(of: value).shape
      var axis = 0
      if let given = try node.integer("axis") {
        axis = try node.axis(given, rank: shape.rank)
      } else {
        value = try node.reshape(value, to: Shape([shape.elementCount]))
        shape = Shape([shape.elementCount])
      }
      let expected = node.declaredExtents(rank: shape.rank)[axis]
      let places = try node.truePlaces(mask, expected: expected)
      return [try node.add(.gather(Gather(axis: axis)), [value, places])]
    },
    OperatorRule("Unique", unique),
  ]

  private static let unique: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let value = try node.operand(0)
    let sorts = try node.flag("sorted", default: true)
    let shape = node.type(of: value).shape
    var rows: ValueID
    var axis: Int?
    if let given = try node.integer("axis") {
      let number = try node.axis(given, rank: shape.rank)
      axis = number
      let others = (0..<shape.rank).filter { $0 != number }
      let turned = try node.transpose(value, [number] + others)
      let width = others.reduce(1) { $0 * shape[$1] }
      rows = try node.reshape(turned, to: Shape([shape[number], width]))
    } else {
      rows = try node.reshape(value, to: Shape([shape.elementCount, 1]))
    }
    let groups = try node.groups(of: rows, sorted: sorts)
    let expected = node.declaredExtents(1, rank: 1)[0]
    let places = try node.selected(groups, expected: expected)
    let count = node.type(of: rows).shape[0]
    let flat = axis == nil ? try node.reshape(value, to: Shape([count])) : value
    return [
      try node.add(.gather(Gather(axis: axis ?? 0)), [flat, places]), places, groups.number,
      try node.counts(groups, as: places),
    ]
  }
}

/// Which rows are equal.
private struct RowGroups {
  /// For each row whether it is the first one of its group.
  var isFirst: ValueID
  /// For each row the number of its group in the order of the result.
  var number: ValueID
}

extension NodeImporter {
  /// The places where a vector of truth values is true, in order: `i64[count]`.
  mutating func truePlaces(_ mask: ValueID, expected: Int? = nil) throws(ImportFailure) -> ValueID {
    let ones = try map([mask], .convert(x, .i64))
    let sums = try add(
      .cumulate(Cumulate(.sum, axis: 0, exclusive: false, reverse: false)), [ones])
    var operands = [mask, sums]
    let outside = try scalar(type(of: mask).shape.elementCount, &operands)
    let targets = try map(operands, .select(x, y - 1, outside))
    return try scattered(targets, try total(ones, axis: 0), expected: expected)
  }

  /// A vector that holds at `targets[i]` the number `i`, cut to a length that is computed.
  private mutating func scattered(
    _ targets: ValueID, _ length: ValueID, expected: Int?
  ) throws(ImportFailure) -> ValueID {
    let count = type(of: targets).shape[0]
    let empty = try broadcast(vector([0]), to: Shape([count + 1]))
    let numbers = try places(count)
    let most = upperBound(count).map { 0...max($0, 0) }
    let all = try add(.scatter(Scatter(.set, axes: [-1])), [empty, numbers, targets])
    let size = try sizes(
      try reshape(length, to: Shape([1])), "count", expected: [expected], in: most)[0]
    return try add(.slice(Slice(starts: [0], steps: [1], shape: Shape([size]))), [all])
  }

  /// The coordinates of row-major places along a new axis.
  mutating func coordinates(
    of places: ValueID, in shape: Shape, axis: Int
  ) throws(ImportFailure) -> ValueID {
    let count = type(of: places).shape[0]
    var parts: [ValueID] = []
    for number in 0..<shape.rank {
      var operands = [places]
      let stride = try scalar(
        shape.dimensions[(number + 1)...].reduce(1, *), &operands)
      let extent = try scalar(shape[number], &operands)
      let index = Scalar.binary(.floorMod, x / .max(stride, 1), .max(extent, 1))
      let part = try map(operands, index)
      parts.append(try reshape(part, to: Shape(axis == 0 ? [1, count] : [count, 1])))
    }
    return try add(.concat(Concat(axis: axis)), parts)
  }

  // MARK: Unique

  /// Compares all pairs of rows `[rows, width]`.
  fileprivate mutating func groups(
    of rows: ValueID, sorted: Bool
  ) throws(ImportFailure) -> RowGroups {
    let (count, width) = (type(of: rows).shape[0], type(of: rows).shape[1])
    let left = try reshape(rows, to: Shape([count, 1, width]))
    let right = try reshape(rows, to: Shape([1, count, width]))
    // The first place where two rows differ tells their order; equal rows agree everywhere.
    let differs = try map([left, right], .convert(.compare(.notEqual, x, y), .i64))
    let numbers = try places(count)
    let column = try reshape(numbers, to: Shape([count, 1]))
    let place = try add(.argReduce(ArgReduce(.max, axis: 2, last: false)), [differs])
    let flat = try reshape(place, to: Shape([count, count]))
    let take = Take(axes: [0, -1], shape: Shape([count, count]))
    let own = try add(.take(take), [rows, flat])
    let other = try add(.take(Take(axes: [1, -1], shape: Shape([count, count]))), [rows, flat])
    let equal = try map([own, other], .convert(.compare(.equal, x, y), .i64))
    // Row `i` belongs to the first row `j` that equals it.
    let first = try reshape(
      try add(.argReduce(ArgReduce(.max, axis: 1, last: false)), [equal]), to: Shape([count]))
    let isFirst = try map([first, numbers], .compare(.equal, x, y))
    let leaders = try map([isFirst], .convert(x, .i64))
    let rank: ValueID
    if sorted {
      let less = try map([other, own], .convert(x < y, .i64))
      rank = try total(try map([less, leaders], x * y), axis: 1)
    } else {
      let row = try reshape(numbers, to: Shape([1, count]))
      let before = try map([row, column, leaders], .select(x < y, z, 0))
      rank = try total(before, axis: 1)
    }
    let number = try add(.take(Take(axes: [-1], shape: Shape([count]))), [rank, first])
    return RowGroups(isFirst: isFirst, number: number)
  }

  /// The first row of each group, in the order of the groups.
  fileprivate mutating func selected(
    _ groups: RowGroups, expected: Int?
  ) throws(ImportFailure) -> ValueID {
    var operands = [groups.isFirst, groups.number]
    let outside = try scalar(type(of: groups.number).shape[0], &operands)
    let targets = try map(operands, .select(x, y, outside))
    let ones = try map([groups.isFirst], .convert(x, .i64))
    return try scattered(targets, try total(ones, axis: 0), expected: expected)
  }

  /// How many rows each group has.
  fileprivate mutating func counts(
    _ groups: RowGroups, as places: ValueID
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: groups.number).shape
    let empty = try broadcast(vector([0]), to: shape)
    let ones = try broadcast(vector([1]), to: shape)
    let all = try add(.scatter(Scatter(.sum, axes: [-1])), [empty, ones, groups.number])
    let cut = Slice(starts: [0], steps: [1], shape: type(of: places).shape)
    return try add(.slice(cut), [all])
  }
}

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)
