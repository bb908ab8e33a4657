internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Rotations of pairs by an angle that depends on the place in a sequence.
  static let rotation: [OperatorRule] = [
    OperatorRule("RotaryEmbedding") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let given = node.type(of: value).shape
      let heads = try node.integer("num_heads", default: 0)
      let interleaves = try node.flag("interleaved", default: false)
      let isFlat = given.rank == 3
      guard isFlat || given.rank == 4 else {
        throw .invalid("rotary-shape", "RotaryEmbedding of a tensor of shape \(given)")
      }
      // [batch, sequence, heads, width]
      let rows =
        isFlat
        ? try node.splitWidth(of: value, heads: heads) : try node.transpose(value, [0, 2, 1, 3])
      let width = try node.extent(3, of: rows)
      var turning = try node.integer("rotary_embedding_dim", default: 0)
      if turning == 0 { turning = width }
      guard turning > 0, turning <= width, turning % 2 == 0 else {
        throw .invalid("rotary-width", "\(turning) of \(width) elements turn")
      }
      let halves = try node.rotated(rows, half: turning / 2, interleaves: interleaves)
      let rest = try node.slice(rows, axis: 3, start: turning, count: width - turning)
      let joined = try node.add(
        .concat(Concat(axis: 3)), turning < width ? [halves, rest] : [halves])
      return [
        isFlat
          ? try node.reshape(joined, to: given) : try node.transpose(joined, [0, 2, 1, 3])
      ]
    }
  ]
}

extension NodeImporter {
  /// The first `2 · half` elements of each row, turned in pairs.
  fileprivate mutating func rotated(
    _ rows: ValueID, half: Int, interleaves: Bool
  ) throws(ImportFailure) -> ValueID {
    let outer = Array(type(of: rows).shape.dimensions[..<3])
    let part = try slice(rows, axis: 3, start: 0, count: 2 * half)
    // The pair is the last axis or the one before.
    let axis = interleaves ? 4 : 3
    let pairs = outer + (interleaves ? [half, 2] : [2, half]).map { Dimension($0) }
    let split = try reshape(part, to: Shape(pairs))
    var operands = [try self.part(split, axis: axis, 0), try self.part(split, axis: axis, 1)]
    for place in [1, 2] { operands.append(try angles(place, outer, half: half)) }
    let (cosine, sine) = (Scalar.operand(2), Scalar.operand(3))
    var single = pairs
    single[axis] = 1
    var turned: [ValueID] = []
    for formula in [cosine * x - sine * y, sine * x + cosine * y] {
      turned.append(try reshape(try map(operands, formula), to: Shape(single)))
    }
    let joined = try add(.concat(Concat(axis: axis)), turned)
    return try reshape(joined, to: Shape(outer + [Dimension(2 * half)]))
  }

  /// Operand `place`, a table of cosines or sines, as `[batch, sequence, 1, half]`.
  private mutating func angles(
    _ place: Int, _ outer: [Dimension], half: Int
  ) throws(ImportFailure) -> ValueID {
    var table = try operand(place)
    if let positions = optionalOperand(3) {
      guard type(of: table).rank == 2 else {
        throw .invalid("rotary-table", "a table of rank 2 expected")
      }
      table = try add(.gather(Gather(axis: 0)), [table, positions])
    }
    guard type(of: table).shape == Shape([outer[0], outer[1], Dimension(half)]) else {
      throw .invalid(
        "rotary-table", "a table of shape \(type(of: table).shape) for \(half) pairs")
    }
    return try reshape(table, to: Shape([outer[0], outer[1], 1, Dimension(half)]))
  }
}
