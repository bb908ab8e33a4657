internal import ApusIR

extension OperatorRule {
  /// Recurrent layers.
  static let recurrent: [OperatorRule] = [
    layer("RNN", gates: 1, ["tanh"]), layer("GRU", gates: 3, ["sigmoid", "tanh"]),
    layer("LSTM", gates: 4, ["sigmoid", "tanh", "tanh"]),
  ]

  private static func layer(_ name: String, gates: Int, _ standard: [String]) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let names = ["forward", "reverse", "bidirectional"]
      let text = try node.text("direction", default: "forward")
      guard let number = names.firstIndex(of: text) else {
        throw .invalid("direction", "direction \"\(text)\" does not exist")
      }
      let directions = number == 2 ? 2 : 1
      let activations = try RecurrentActivations(
        &node, standard: standard, directions: directions)
      let hidden = try node.integer("hidden_size")
      if let hidden, node.type(of: try node.operand(2)).shape.dimensions.last != Dimension(hidden) {
        throw .invalid("hidden-size", "the weights are not those of \(hidden) units")
      }
      _ = try node.integer("output_sequence")
      let form = RecurrentForm(
        gates: gates, activations: activations, isStandard: activations.areStandard(standard),
        isBatchFirst: try node.flag("layout", default: false),
        resetsAfter: gates == 3 ? try node.flag("linear_before_reset", default: false) : false,
        couples: gates == 4 ? try node.flag("input_forget", default: false) : false,
        isMasked: node.optionalOperand(4) != nil)
      var parts: [[ValueID]] = []
      for direction in 0..<directions {
        parts.append(try node.direction(direction, form, reverse: number == 1 || direction == 1))
      }
      return try node.joined(parts, form)
    }
  }
}

/// What the directions of a recurrent layer have in common.
struct RecurrentForm {
  let gates: Int
  let activations: RecurrentActivations
  let isStandard: Bool
  let isBatchFirst: Bool
  /// Whether a GRU resets after the product with the state.
  let resetsAfter: Bool
  /// Whether an LSTM forgets what it does not take in.
  let couples: Bool
  /// Whether sequences end early: a gate before all others is 1 while they go on, else 0.
  let isMasked: Bool
}

extension NodeImporter {
  /// The results of all directions along an axis of their own.
  fileprivate mutating func joined(
    _ parts: [[ValueID]], _ form: RecurrentForm
  ) throws(ImportFailure) -> [ValueID] {
    var results: [ValueID] = []
    for place in parts[0].indices {
      let axis = place == 0 ? 1 : 0
      var columns: [ValueID] = []
      for part in parts {
        var dimensions = type(of: part[place]).shape.dimensions
        dimensions.insert(1, at: axis)
        columns.append(try reshape(part[place], to: Shape(dimensions)))
      }
      let all = columns.count == 1 ? columns[0] : try add(.concat(Concat(axis: axis)), columns)
      // [T, directions, B, H] -> [B, T, directions, H], [directions, B, H] -> [B, directions, H]
      results.append(
        form.isBatchFirst ? try transpose(all, place == 0 ? [2, 0, 1, 3] : [1, 0, 2]) : all)
    }
    return results
  }

  /// One direction: all input products at once, then the recurrence.
  fileprivate mutating func direction(
    _ direction: Int, _ form: RecurrentForm, reverse: Bool
  ) throws(ImportFailure) -> [ValueID] {
    var input = try operand(0)
    guard type(of: input).rank == 3 else {
      throw .invalid("recurrent-rank", "\(node.operatorType) takes rank 3")
    }
    if form.isBatchFirst { input = try transpose(input, [1, 0, 2]) }
    let weights = try layerPart(1, direction)
    var recurrence = try layerPart(2, direction)
    let (rows, hidden) = (type(of: weights).shape[0], type(of: recurrence).shape.dimensions.last)
    guard let hidden, rows == Dimension(form.gates) * hidden else {
      throw .invalid("recurrent-shape", "the weights are no \(form.gates) gates")
    }
    var (products, late) = try inputProducts(input, weights, form, direction)
    var mask: ValueID?
    if form.isMasked {
      let gate = try lengthMask(type(of: input).shape, hidden)
      mask = gate
      products = try add(.concat(Concat(axis: 2)), [gate, products])
      let none = try broadcast(
        constant(0, type(of: recurrence).element), to: Shape([hidden, hidden]))
      recurrence = try add(.concat(Concat(axis: 0)), [none, recurrence])
    }
    var states: [ValueID] = []
    for place in form.gates == 4 ? [5, 6] : [5] {
      let given = optionalOperand(place) != nil
      states.append(
        given
          ? try layerPart(place, direction, isState: form.isBatchFirst)
          : try broadcast(
            constant(0, type(of: input).element),
            to: Shape([type(of: input).shape[1], hidden])))
    }
    let cell = RecurrentCell(form: form, direction: direction)
    let operands = [products, recurrence] + states
    var results: [ValueID]
    switch form.gates {
    case 1: results = try append(.recurrent(try cell.plain(reverse: reverse)), operands)
    case 3: results = try gated(cell, operands, late: late, reverse: reverse)
    default: results = try long(cell, operands, reverse: reverse)
    }
    if let mask {
      results[0] = try map([results[0], mask], .select(.operand(1) > 0, .operand(0), 0))
    }
    return results
  }

  /// 1 where a step `[T, B, H]` is part of its sequence, else 0.
  private mutating func lengthMask(
    _ input: Shape, _ hidden: Dimension
  ) throws(ImportFailure) -> ValueID {
    let lengths = try operand(4)
    guard type(of: lengths).shape == Shape([input[1]]) else {
      throw .invalid("sequence-lengths", "one length for each of \(input[1]) sequences expected")
    }
    let counts = try reshape(try converted(lengths, to: .i64), to: Shape([1, input[1], 1]))
    let isInside = Scalar.convert(.compare(.less, .operand(0), .operand(1)), .f32)
    let mask = try map([try places(input[0], rank: 3), counts], isInside)
    return try broadcast(mask, to: Shape([input[0], input[1], hidden]))
  }

  /// An LSTM, which may see its cell through peepholes.
  private mutating func long(
    _ cell: RecurrentCell, _ operands: [ValueID], reverse: Bool
  ) throws(ImportFailure) -> [ValueID] {
    let (form, direction) = (cell.form, cell.direction)
    let peepholes = optionalOperand(7) != nil ? try layerPart(7, direction) : nil
    if form.isStandard, !form.couples, !form.isMasked, peepholes == nil {
      return try append(.lstm(LSTM(reverse: reverse)), operands)
    }
    var vectors: [ValueID] = []
    if let peepholes {
      let width = (type(of: peepholes).shape[0].constant ?? 0) / 3
      for place in 0..<3 {
        vectors.append(try slice(peepholes, axis: 0, start: place * width, count: width))
      }
    }
    return try append(
      .recurrent(try cell.long(reverse: reverse, peeps: peepholes != nil)), operands + vectors)
  }

  /// The inputs times their weights plus the biases, and the bias that a GRU adds later.
  private mutating func inputProducts(
    _ input: ValueID, _ weights: ValueID, _ form: RecurrentForm, _ direction: Int
  ) throws(ImportFailure) -> (products: ValueID, late: ValueID?) {
    let products = try add(.matmul(MatMul()), [input, try transpose(weights, [1, 0])])
    guard optionalOperand(3) != nil, let count = type(of: weights).shape[0].constant else {
      return (products, nil)
    }
    let bias = try layerPart(3, direction)
    guard type(of: bias).shape == Shape([2 * count]) else {
      throw .invalid("recurrent-bias", "the bias needs \(2 * form.gates) numbers per unit")
    }
    var late: ValueID?
    var own = try slice(bias, axis: 0, start: count, count: count)
    if form.resetsAfter {
      // The bias of the last gate is reset like its product.
      let width = count / form.gates
      late = try slice(bias, axis: 0, start: 2 * count - width, count: width)
      let none = try broadcast(constant(0, type(of: bias).element), to: Shape([width]))
      own = try add(
        .concat(Concat(axis: 0)), [try slice(own, axis: 0, start: 0, count: count - width), none])
    }
    let sum = try map(
      [try slice(bias, axis: 0, start: 0, count: count), own], .operand(0) + .operand(1))
    return (try map([products, sum], .operand(0) + .operand(1)), late)
  }

  /// A GRU that resets the state before its product with the last gate's weights, or after.
  private mutating func gated(
    _ cell: RecurrentCell, _ operands: [ValueID], late: ValueID?, reverse: Bool
  ) throws(ImportFailure) -> [ValueID] {
    let hidden = type(of: operands[2]).shape[1]
    guard let width = hidden.constant else {
      throw .unsupported("symbolic-extent", "GRU of the symbolic width \(hidden)")
    }
    if cell.form.resetsAfter {
      let bias =
        if let late { late } else { try broadcast(constant(0, .f32), to: Shape([hidden])) }
      return try append(.recurrent(try cell.gatedAfter(reverse: reverse)), operands + [bias])
    }
    let early = (cell.form.isMasked ? 3 : 2) * width
    let weights = [
      try slice(operands[1], axis: 0, start: 0, count: early),
      try slice(operands[1], axis: 0, start: early, count: width),
    ]
    return try append(
      .recurrent(try cell.gatedBefore(reverse: reverse)),
      [operands[0]] + weights + operands.dropFirst(2))
  }

  /// Index `direction` of operand `place` along its axis of directions, which vanishes.
  private mutating func layerPart(
    _ place: Int, _ direction: Int, isState: Bool = false
  ) throws(ImportFailure) -> ValueID {
    let value = try operand(place)
    let shape = type(of: value).shape
    let axis = isState ? 1 : 0
    guard shape.rank > axis + 1, let count = shape[axis].constant, direction < count else {
      throw .invalid("recurrent-directions", "operand \(place) has too few directions")
    }
    return try part(value, axis: axis, direction)
  }
}
