internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)
private let w = Scalar.operand(3)

extension NodeImporter {
  /// The chances of classes `[rows, classes]` from those of the first of each pair `[rows, pairs]`.
  ///
  /// The second method of Wu, Lin and Weng 2004, at most 100 turns as in libsvm: the chances p with
  /// the sum 1 for which the sum of (r(j, i) p(i) - r(i, j) p(j))² over all pairs is least.
  mutating func coupled(_ pairs: ValueID, classes: Int) throws(ImportFailure) -> ValueID {
    let rows = type(of: pairs).shape[0]
    let count = Dimension(classes)
    let matrix = try couplingMatrix(pairs, classes: classes)
    let even = try broadcast(constant(1 / Double(classes), .f32), to: Shape([rows, count]))
    let open = try broadcast(constant(1, .bool), to: Shape([rows, 1]))
    let result = try repeated(100, [even, open], [matrix]) {
      body, _, states, seen throws(ImportFailure) in
      try body.couplingTurn(states[0], isOpen: states[1], seen[0])
    }
    return result[0]
  }

  /// Q(i, i) = Σ r(j, i)² and Q(i, j) = -r(j, i) r(i, j): `[rows, classes, classes]`.
  private mutating func couplingMatrix(
    _ pairs: ValueID, classes: Int
  ) throws(ImportFailure) -> ValueID {
    var (places, signs) = ([Int64](), [Float]())
    for first in 0..<classes {
      for second in 0..<classes {
        let (low, high) = (min(first, second), max(first, second))
        let pair = low * (2 * classes - low - 1) / 2 + high - low - 1
        places.append(Int64(low == high ? 0 : pair))
        signs.append(low == high ? 0 : first < second ? 1 : -1)
      }
    }
    let shape = [classes, classes]
    let picked = try add(
      .gather(Gather(axis: 1)), [pairs, constant(TensorData(.i64, shape, places))])
    let sign = constant(TensorData(.f32, shape, signs))
    // r(i, j), 0 on the diagonal.
    let chances = try map(
      [picked, sign], .select(.compare(.equal, y, 0), 0, .select(y > 0, x, 1 - x)))
    let swapped = try transpose(chances, [0, 2, 1])
    let squares = try map([swapped], x * x)
    let sums = try add(.reduce(Reduce(.sum, axes: [2])), [squares])
    return try map(
      [chances, swapped, sums, sign], .select(.compare(.equal, w, 0), z, -(x * y)))
  }

  /// One turn: the new chances, and which rows go on.
  private mutating func couplingTurn(
    _ chances: ValueID, isOpen: ValueID, _ matrix: ValueID
  ) throws(ImportFailure) -> [ValueID] {
    let shape = type(of: chances).shape
    let row = try reshape(chances, to: Shape([shape[0], 1, shape[1]]))
    let sums = try add(.reduce(Reduce(.sum, axes: [2])), [try map([matrix, row], x * y)])
    let slopes = try reshape(sums, to: shape)
    let mean = try add(.reduce(Reduce(.sum, axes: [1])), [try map([chances, slopes], x * y)])
    let errors = try map([slopes, mean], .unary(.absolute, x - y))
    let error = try add(.reduce(Reduce(.max, axes: [1])), [errors])
    let limit = 0.005 / Double(shape[1].constant ?? 1)
    let goesOn = try map(
      [isOpen, error], .binary(.and, x, .compare(.greaterOrEqual, y, .real(limit))))
    let moved = try repeated(shape[1], [chances, slopes, mean], [matrix]) {
      body, place, states, seen throws(ImportFailure) in
      try body.couplingStep(place, states, seen[0])
    }
    return [try map([goesOn, moved[0], chances], .select(x, y, z)), goesOn]
  }

  /// One class after the other gets its best chance, and all are scaled to the sum 1.
  ///
  /// States: p, Q p and p Q p.
  private mutating func couplingStep(
    _ place: Dimension, _ states: [ValueID], _ matrix: ValueID
  ) throws(ImportFailure) -> [ValueID] {
    let shape = type(of: states[0]).shape
    func own(_ value: ValueID, _ node: inout NodeImporter) throws(ImportFailure) -> ValueID {
      try node.reshape(try node.part(value, axis: 1, place), to: Shape([shape[0], 1]))
    }
    let row = try part(matrix, axis: 1, place)
    let diagonal = try own(row, &self)
    let slope = try own(states[1], &self)
    let step = try map([states[2], slope, diagonal], (x - y) / z)
    let here = try vector([place])
    let all = try places(shape[1].constant ?? 0, along: 1, rank: 2)
    return [
      try map(
        [states[0], step, all, here],
        (x + .select(.compare(.equal, z, w), y, 0)) / (1 + y)),
      try map([states[1], step, row], (x + y * z) / (1 + y)),
      try map(
        [states[2], step, diagonal, slope],
        (x + y * (y * z + 2 * w)) / (1 + y) / (1 + y)),
    ]
  }
}
