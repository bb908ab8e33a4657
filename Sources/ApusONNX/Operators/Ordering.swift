internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators that depend on the order or the place of elements.
  static let ordering: [OperatorRule] = [
    cumulative("CumSum", .sum), cumulative("CumProd", .product),
    OperatorRule("TopK") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let axis = try node.axis(try node.integer("axis", default: -1), rank: shape.rank)
      let largest = try node.flag("largest", default: true)
      _ = try node.flag("sorted", default: true)  // Sorted results are right in any case.
      let attribute = try node.integer("k")
      let promised = [node.declaredExtents(rank: shape.rank)[axis]]
      let operand = try attribute == nil ? node.integers(1, promised: promised)?.first : nil
      guard let count = attribute ?? operand, count >= 0,
        shape[axis].constant.map({ count <= $0 }) ?? false
      else { throw .invalid("topk-count", "k must be at most the extent of the axis") }
      var results: [ValueID] = []
      for part in try node.append(.sort(Sort(axis: axis, descending: largest)), [value]) {
        results.append(try node.slice(part, axis: axis, start: 0, count: count))
      }
      return results
    },
    OperatorRule("Hardmax") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let axis = try node.axis(
        try node.integer("axis", default: node.version < 13 ? 1 : -1), rank: shape.rank)
      // Before opset 13 all axes from `axis` on form one row.
      let (outer, inner) = (shape.dimensions[..<axis], shape.dimensions[axis...])
      let row = node.version < 13 ? [inner.reduce(1, *)] : Array(inner)
      let rows = try node.reshape(value, to: Shape(outer + row))
      let best = try node.add(.argReduce(ArgReduce(.max, axis: axis, last: false)), [rows])
      let places = try node.places(row[0], along: axis, rank: axis + row.count)
      let result = try node.map(
        [best, places], .convert(.compare(.equal, x, y), node.type(of: value).element))
      return [try node.reshape(result, to: shape)]
    },
    OperatorRule("OneHot") { node throws(ImportFailure) in
      let (indices, values) = (try node.operand(0), try node.operand(2))
      var dimensions = node.type(of: indices).shape.dimensions
      let rank = dimensions.count + 1
      let axis = try node.axis(try node.integer("axis", default: -1), rank: rank)
      let promised = [node.declaredExtents(rank: rank)[axis]]
      guard let depth = try node.integers(1, promised: promised)?.first,
        depth > 0, depth < 1 << 24
      else { throw .invalid("onehot-depth", "OneHot needs a positive depth") }
      dimensions.insert(1, at: axis)
      let column = try node.converted(
        try node.reshape(indices, to: Shape(dimensions)), to: .i64)
      let places = try node.places(depth, along: axis, rank: dimensions.count)
      guard node.type(of: values).shape == Shape([2]) else {
        throw .invalid("onehot-values", "OneHot needs two values")
      }
      let (off, on) = (try node.part(values, axis: 0, 0), try node.part(values, axis: 0, 1))
      let wrapped = Scalar.select(.compare(.less, x, 0), x + .integer(depth), x)
      return [
        try node.map(
          [column, places, on, off],
          .select(.compare(.equal, wrapped, y), .operand(2), .operand(3)))
      ]
    },
    OperatorRule("Trilu") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let upper = try node.flag("upper", default: true)
      guard shape.rank >= 2 else { throw .invalid("trilu-rank", "Trilu takes matrices") }
      var operands = [value]
      for (place, count) in shape.dimensions.suffix(2).enumerated() {
        operands.append(try node.places(count, along: place, rank: 2))
      }
      let diagonal = try node.optionalOperand(1).map { operand throws(ImportFailure) in
        try node.reshape(operand, to: Shape([Int]()))
      }
      operands.append(diagonal ?? node.constant(0, .i64))
      let distance = Scalar.operand(2) - y
      return [
        try node.map(
          operands,
          .select(
            .compare(upper ? .greaterOrEqual : .lessOrEqual, distance, .operand(3)), x,
            .literal(.integer(0), nil)))
      ]
    },
    OperatorRule("EyeLike") { node throws(ImportFailure) in
      let like = node.type(of: try node.operand(0))
      let given = try node.integer("dtype") != nil
      let element = given ? try node.elementType("dtype") : like.element
      let diagonal = try node.integer("k", default: 0)
      guard like.rank == 2 else { throw .invalid("eye-rank", "EyeLike takes matrices") }
      let rows = try node.places(like.shape[0], along: 0, rank: 2)
      let columns = try node.places(like.shape[1], along: 1, rank: 2)
      return [
        try node.map(
          [rows, columns],
          .convert(.compare(.equal, y - x, .integer(diagonal)), element))
      ]
    },
  ]

  private static func cumulative(_ name: String, _ kind: Reduce.Kind) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let value = try node.operand(0)
      let rank = node.type(of: value).rank
      let exclusive = try node.flag("exclusive", default: false)
      let reverse = try node.flag("reverse", default: false)
      return [
        try node.choosingAxis(1, rank: rank, candidates: Array(0..<rank)) {
          node, axis throws(ImportFailure) in
          let cumulate = Cumulate(kind, axis: axis, exclusive: exclusive, reverse: reverse)
          return try node.add(.cumulate(cumulate), [value])
        }
      ]
    }
  }
}
