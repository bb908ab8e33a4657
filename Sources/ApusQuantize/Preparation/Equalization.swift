internal import ApusIR

/// Two convolutions of which the second alone reads the first, through a function that a factor
/// passes unchanged.
private struct NeighbouringFilters {
  let first: ValueID
  let bias: ValueID?
  let second: ValueID
  /// The groups of the second convolution.
  let groups: Int
}

extension Graph {
  /// The graph with channels between neighbouring convolutions scaled to like ranges.
  ///
  /// The weights that make a channel and those that read it get the same range (cross-layer
  /// equalization, Nagel and others 2019). The graph computes the same but for rounding.
  func equalized() -> Graph {
    let pairs = neighbouringFilters()
    var numbers: [ValueID: [Float]] = [:]
    for value in pairs.flatMap({ [$0.first, $0.second] + [$0.bias].compactMap(\.self) }) {
      numbers[value] = constant(value)?.elements(as: Float.self)
    }
    for _ in 0..<8 {
      for pair in pairs { equalize(pair, &numbers) }
    }
    var data: [ValueID: TensorData] = [:]
    for (value, numbers) in numbers {
      data[value] = TensorData(.f32, type(of: value).shape.extents ?? [], numbers)
    }
    return replacingConstants(data)
  }

  private func equalize(_ pair: NeighbouringFilters, _ numbers: inout [ValueID: [Float]]) {
    guard let makers = type(of: pair.first).shape.extents,
      let readers = type(of: pair.second).shape.extents
    else { return }
    let channels = makers[0]
    let own = ChannelWalk(makers, axis: 0)
    let filters = ChannelWalk(readers, axis: 0)
    let inputs = ChannelWalk(readers, axis: 1)
    /// The channel that a weight of the second convolution multiplies.
    func channel(_ place: Int) -> Int {
      filters.channel(of: place) * pair.groups / readers[0] * readers[1] + inputs.channel(of: place)
    }
    var made = [Float](repeating: 0, count: channels)
    var read = made
    for (place, number) in (numbers[pair.first] ?? []).enumerated() {
      made[own.channel(of: place)] = max(made[own.channel(of: place)], abs(number))
    }
    // A channel that a bias alone makes counts with it, or nothing would bound its factor.
    if let bias = pair.bias.flatMap({ numbers[$0] }) {
      for (place, number) in bias.enumerated() { made[place] = max(made[place], abs(number)) }
    }
    for (place, number) in (numbers[pair.second] ?? []).enumerated() {
      read[channel(place)] = max(read[channel(place)], abs(number))
    }
    let factors = zip(made, read).map { made, read -> Float in
      let factor = (made / read).squareRoot()
      return factor.isNormal ? min(max(factor, 1e-3), 1e3) : 1
    }
    for place in (numbers[pair.first] ?? []).indices {
      numbers[pair.first]?[place] /= factors[own.channel(of: place)]
    }
    if let bias = pair.bias {
      for place in factors.indices { numbers[bias]?[place] /= factors[place] }
    }
    for place in (numbers[pair.second] ?? []).indices {
      numbers[pair.second]?[place] *= factors[channel(place)]
    }
  }

  private func neighbouringFilters() -> [NeighbouringFilters] {
    let readers = readers()
    let uses = useCounts()
    return nodes.compactMap { node in
      guard node.operation.isConvolution, isOwn(node.operands[1], uses) else { return nil }
      var (value, bias) = (node.results[0], ValueID?.none)
      if let found = self.bias(of: node, readers), isOwn(found.value, uses),
        let sum = producer(of: readers[value]?.first?.results.first ?? value),
        case .map(let map) = sum.operation, map.function.isSumOfOperands
      {
        (value, bias) = (sum.results[0], found.value)
      }
      while uses[value] == 1, let reader = readers[value]?.first,
        case .map(let map) = reader.operation,
        map.function.passesFactors, reader.operands.count == 1
      {
        value = reader.results[0]
      }
      guard uses[value] == 1, let next = readers[value]?.first,
        case .conv(let conv) = next.operation,
        next.operands[0] == value, isOwn(next.operands[1], uses)
      else { return nil }
      return NeighbouringFilters(
        first: node.operands[1], bias: bias, second: next.operands[1], groups: conv.groups)
    }
  }

  /// Whether a value is a constant of real numbers that one operation reads.
  private func isOwn(_ value: ValueID, _ uses: [ValueID: Int]) -> Bool {
    constant(value)?.type.element == .f32 && uses[value] == 1
  }
}

extension Pointwise {
  /// Whether the function is `a + b`.
  fileprivate var isSumOfOperands: Bool {
    self == Pointwise(operands, .operand(0) + .operand(1))
      || self == Pointwise(operands, .operand(1) + .operand(0))
  }

  /// Whether `f(s·x) = s·f(x)` for all positive factors, as for Relu.
  fileprivate var passesFactors: Bool {
    self == Pointwise([.f32], .max(.operand(0), 0)) || self == .identity(.f32)
  }
}
