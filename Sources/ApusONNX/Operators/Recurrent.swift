internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Recurrent layers.
  static let recurrent: [OperatorRule] = [
    OperatorRule("LSTM") { node throws(ImportFailure) in
      let direction = try node.text("direction", default: "forward")
      let isBatchFirst = try node.flag("layout", default: false)
      let hidden = try node.integer("hidden_size")
      _ = try node.integer("output_sequence")
      for name in ["activation_alpha", "activation_beta", "clip"]
      where node.attribute(name) != nil {
        throw .unsupported("lstm-attribute", "LSTM with \(name)")
      }
      if case .strings(let names)? = node.attribute("activations") {
        let standard = ["sigmoid", "tanh", "tanh"]
        let given = names.map { String(decoding: $0, as: UTF8.self).lowercased() }
        guard given == standard || given == standard + standard else {
          throw .unsupported("lstm-attribute", "LSTM with activations \(given)")
        }
      }
      guard try !node.flag("input_forget", default: false), !isBatchFirst,
        node.optionalOperand(4) == nil, node.optionalOperand(7) == nil
      else {
        throw .unsupported(
          "lstm-form", "LSTM with sequence lengths, peepholes, input_forget or batch first")
      }
      if let hidden, node.type(of: try node.operand(2)).shape.dimensions.last != Dimension(hidden) {
        throw .invalid("lstm-hidden-size", "the weights are not those of \(hidden) units")
      }
      return try node.lstm(reverse: direction == "reverse", both: direction == "bidirectional")
    }
  ]
}

extension NodeImporter {
  /// The directions of an LSTM, joined along the axis of directions.
  fileprivate mutating func lstm(reverse: Bool, both: Bool) throws(ImportFailure) -> [ValueID] {
    var parts: [[ValueID]] = [[], [], []]
    for direction in 0..<(both ? 2 : 1) {
      let results = try lstm(direction: direction, reverse: reverse || direction == 1)
      for (place, result) in results.enumerated() {
        var dimensions = type(of: result).shape.dimensions
        dimensions.insert(1, at: place == 0 ? 1 : 0)
        parts[place].append(try reshape(result, to: Shape(dimensions)))
      }
    }
    if !both { return parts.map { $0[0] } }
    return [
      try add(.concat(Concat(axis: 1)), parts[0]), try add(.concat(Concat(axis: 0)), parts[1]),
      try add(.concat(Concat(axis: 0)), parts[2]),
    ]
  }

  /// One direction: all input products at once, then the recurrence.
  private mutating func lstm(direction: Int, reverse: Bool) throws(ImportFailure) -> [ValueID] {
    let input = try operand(0)
    guard type(of: input).rank == 3 else { throw .invalid("lstm-rank", "LSTM takes rank 3") }
    let weights = try part(try operand(1), direction)
    let recurrence = try part(try operand(2), direction)
    let batch = type(of: input).shape[1]
    let gates = type(of: weights).shape[0]
    let hidden = gates / 4
    var products = try add(.matmul(MatMul()), [input, try transpose(weights, [1, 0])])
    if let bias = optionalOperand(3) {
      let both = try part(bias, direction)
      let shape = Shape([gates])
      guard let count = gates.constant, type(of: both).shape == Shape([2 * count]) else {
        throw .invalid("lstm-bias", "the bias needs 8 numbers per unit")
      }
      let halves = [
        try add(.slice(Slice(starts: [0], steps: [1], shape: shape)), [both]),
        try add(.slice(Slice(starts: [count], steps: [1], shape: shape)), [both]),
      ]
      let sum = try map(halves, x + y)
      products = try map([products, sum], x + y)
    }
    let element = type(of: input).element
    var states: [ValueID] = []
    for place in [5, 6] {
      if let given = optionalOperand(place) {
        states.append(try part(given, direction))
      } else {
        states.append(try broadcast(constant(0, element), to: Shape([batch, hidden])))
      }
    }
    return try append(.lstm(LSTM(reverse: reverse)), [products, recurrence] + states)
  }

  /// Index `direction` of the first axis, which vanishes.
  private mutating func part(_ value: ValueID, _ direction: Int) throws(ImportFailure) -> ValueID {
    var shape = type(of: value).shape
    let rest = Shape(Array(shape.dimensions.dropFirst()))
    guard shape.rank > 1, let count = shape[0].constant, direction < count else {
      throw .invalid("lstm-directions", "an operand has too few directions")
    }
    if count == 1 { return try reshape(value, to: rest) }
    shape[0] = 1
    let starts = [direction] + rest.dimensions.map { _ in 0 }
    let slice = Slice(starts: starts, steps: starts.map { _ in 1 }, shape: shape)
    return try reshape(try add(.slice(slice), [value]), to: rest)
  }
}
