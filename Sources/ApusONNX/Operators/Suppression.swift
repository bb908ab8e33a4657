internal import ApusIR

extension OperatorRule {
  /// ONNX NonMaxSuppression: boxes in the order of their scores, each kept unless one that was kept
  /// before covers it.
  static let suppression: [OperatorRule] = [
    OperatorRule("NonMaxSuppression") { node throws(ImportFailure) in
      let (boxes, scores) = (try node.operand(0), try node.operand(1))
      let (corners, shape) = (node.type(of: boxes).shape, node.type(of: scores).shape)
      guard corners.rank == 3, corners[2] == 4, shape.rank == 3, corners[0] == shape[0],
        corners[1] == shape[2]
      else { throw .invalid("nms-shape", "boxes \(corners) and scores \(shape) do not fit") }
      let isCentered = try node.flag("center_point_box", default: false)
      guard node.optionalOperand(2) != nil, !shape.dimensions.contains(0) else {
        return [node.constant(TensorData(.i64, [0, 3], [Int64]()))]
      }
      let sorted = try node.append(.sort(Sort(axis: 2, descending: true)), [scores])
      let edges = try node.edges(boxes, order: sorted[1], isCentered: isCentered)
      let keep = try node.suppressed(sorted[0], edges)
      return [try node.kept(keep, order: sorted[1])]
    }
  ]
}

extension NodeImporter {
  /// Lower and upper edges of both axes, in the order of the scores: four times `[B, C, N]`.
  fileprivate mutating func edges(
    _ boxes: ValueID, order: ValueID, isCentered: Bool
  ) throws(ImportFailure) -> [ValueID] {
    let take = Operation.take(Take(axes: [0, -1, -1], shape: type(of: order).shape))
    var numbers: [ValueID] = []
    for place in 0..<4 {
      let column = constant(TensorData(.i64, [1, 1, 1], [Int64(place)]))
      numbers.append(try add(take, [boxes, order, column]))
    }
    func pair(_ low: Scalar, _ high: Scalar, _ places: [Int]) -> [(Scalar, [Int])] {
      [(low, places), (high, places)]
    }
    // Corners come in any order; centres are x, y, width, height.
    let formulas =
      isCentered
      ? pair(x - y * 0.5, x + y * 0.5, [1, 3]) + pair(x - y * 0.5, x + y * 0.5, [0, 2])
      : pair(.min(x, y), .max(x, y), [0, 2]) + pair(.min(x, y), .max(x, y), [1, 3])
    var result: [ValueID] = []
    for (formula, places) in formulas {
      result.append(try map(places.map { numbers[$0] }, formula))
    }
    return result
  }

  /// Which boxes stay, in the order of the scores: `bool[B, C, N]`.
  fileprivate mutating func suppressed(
    _ scores: ValueID, _ edges: [ValueID]
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: scores).shape
    let scalar = Shape([1, 1, 1])
    var alive = try map([scores], .compare(.equal, x, x))
    if let threshold = optionalOperand(4) {
      alive = try map([scores, try reshape(threshold, to: scalar)], x > y)
    }
    let most = try reshape(try converted(try operand(2), to: .i64), to: scalar)
    let overlap = try reshape(optionalOperand(3) ?? constant(0, .f32), to: scalar)
    let area = try map([edges[0], edges[1]], y - x)
    let surface = try map([area, edges[2], edges[3]], x * (z - y))
    let none = try broadcast(constant(TensorData(.bool, [], [false])), to: shape)
    let zero = try broadcast(
      constant(0, .i64), to: Shape([shape[0], shape[1], 1]))
    let states = [alive, none, zero]
    let seen =
      edges + [surface, most, overlap, try places(shape[2], along: 2, rank: 3)]
    let turns = try turnsNeeded(alive)
    let results = try repeated(turns, states, seen) {
      body, turn, states, seen throws(ImportFailure) in
      try body.suppressionTurn(turn, states, seen)
    }
    return results[1]
  }

  /// The largest number of boxes of one class that are worth a look.
  private mutating func turnsNeeded(_ alive: ValueID) throws(ImportFailure) -> Dimension {
    let counts = try total(try map([alive], .convert(x, .i64)), axis: 2)
    let most = try add(.reduce(Reduce(.max, axes: [0, 1])), [counts])
    let limit = upperBound(type(of: alive).shape[2]).map { 0...max($0, 0) }
    return try sizes(try reshape(most, to: Shape([1])), "candidates", in: limit)[0]
  }

  /// One box meets all others.
  ///
  /// States: still alive, kept so far, number kept per class.
  private mutating func suppressionTurn(
    _ turn: Dimension, _ states: [ValueID], _ seen: [ValueID]
  ) throws(ImportFailure) -> [ValueID] {
    func own(_ value: ValueID, _ node: inout NodeImporter) throws(ImportFailure) -> ValueID {
      var cut = Slice(whole: node.type(of: value).shape)
      (cut.starts[2], cut.shape[2]) = (turn, 1)
      return try node.add(.slice(cut), [value])
    }
    let (alive, kept, count) = (states[0], states[1], states[2])
    let mine = try own(alive, &self)
    let taken = try map([mine, count, seen[5]], .binary(.and, x, y < z))
    var sides: [ValueID] = []
    for axis in [0, 2] {
      let (low, high) = (seen[axis], seen[axis + 1])
      let start = try map([low, try own(low, &self)], .max(x, y))
      let end = try map([high, try own(high, &self)], .min(x, y))
      sides.append(try map([start, end], .max(y - x, 0)))
    }
    let common = try map(sides, x * y)
    let union = try map([seen[4], try own(seen[4], &self), common], x + y - z)
    let covers = try map([common, union, seen[6]], .binary(.and, y > 0, x / y > z))
    let survives = try map(
      [alive, taken, covers], .binary(.and, x, .unary(.not, .binary(.and, y, z))))
    let place = try reshape(try vector([turn]), to: Shape([1, 1, 1]))
    let here = try map([seen[7], place], .compare(.equal, x, y))
    return [
      survives, try map([kept, taken, here], .binary(.or, x, .binary(.and, y, z))),
      try map([count, taken], x + .convert(y, .i64)),
    ]
  }

  /// Batch, class and box of everything that stays: `i64[count, 3]`.
  fileprivate mutating func kept(
    _ keep: ValueID, order: ValueID
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: keep).shape
    let flat = try reshape(keep, to: Shape([shape.elementCount]))
    let places = try truePlaces(flat, expected: declaredExtents(rank: 2)[0])
    let found = try coordinates(of: places, in: shape, axis: 1)
    let count = type(of: places).shape[0]
    let all = try reshape(order, to: Shape([shape.elementCount]))
    let boxes = try add(.gather(Gather(axis: 0)), [all, places])
    var head = Slice(whole: type(of: found).shape)
    head.shape[1] = 2
    let column = try reshape(boxes, to: Shape([count, 1]))
    return try add(.concat(Concat(axis: 1)), [try add(.slice(head), [found]), column])
  }

  /// A loop that an operator is made of.
  ///
  /// - Parameter turn: Gets the counter, the states and what every turn sees; gives new states.
  mutating func repeated(
    _ limit: Dimension, _ states: [ValueID], _ seen: [ValueID],
    _ turn: (inout NodeImporter, Dimension, [ValueID], [ValueID]) throws(ImportFailure) -> [ValueID]
  ) throws(ImportFailure) -> [ValueID] {
    let counter = symbol("turn", upperBound(limit).map { 0...max($0 - 1, 0) })
    var body = NodeImporter(graph: Graph(name: "turn"), bounds: bounds)
    body.begin(node, version: version, operands: [])
    body.adopt(symbolsOf: self)
    let inner = (states + seen).map { body.graph.addInput(nil, type(of: $0)) }
    let results = try turn(
      &body, counter, Array(inner.prefix(states.count)), Array(inner.dropFirst(states.count)))
    for (place, result) in results.enumerated() {
      body.graph.addOutput(result, name: "out\(place)")
    }
    adopt(symbolsOf: body)
    let loop = Repeat(
      counter: counter, limit: limit, turns: limit, tests: false, carried: states.count,
      body: body.graph)
    return try append(.repeat(loop), states + seen)
  }
}

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)
