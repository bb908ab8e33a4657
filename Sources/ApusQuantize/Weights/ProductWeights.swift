internal import ApusIR

/// The weights and biases of the products of a graph, as integers.
struct ProductWeights {
  let graph: Graph
  let plan: QuantizationPlan
  /// By representative.
  let parameters: [ValueID: AffineParameters]
  private let layers: [NodeID: QuantizationRecipe.Layer]
  private let options: QuantizationOptions
  private var readers: [ValueID: [Node]] = [:]

  init(
    _ graph: Graph, _ plan: QuantizationPlan, _ parameters: [ValueID: AffineParameters],
    _ layers: [NodeID: QuantizationRecipe.Layer], _ options: QuantizationOptions
  ) {
    (self.graph, self.plan, self.parameters) = (graph, plan, parameters)
    (self.layers, self.options) = (layers, options)
    for node in graph.nodes {
      for operand in Set(node.operands) { readers[operand, default: []].append(node) }
    }
  }

  /// The scale of what a product reads.
  func inputScale(of product: Node) -> Float {
    parameters[plan.representative(product.operands[0])]?.scale ?? 1
  }

  /// The constant weights of a product of integers of 8 bits, a scale per output channel.
  func integers(of product: Node) -> ChannelWeights? {
    guard let data = graph.constant(product.operands[1]) else { return nil }
    let isConvolution = if case .conv = product.operation { true } else { false }
    let bias = isConvolution ? biasNumbers(of: product) ?? [] : []
    let input = inputScale(of: product)
    return ChannelWeights(
      data, axis: isConvolution ? 0 : data.type.rank - 1, options.rounding
    ) { channel in
      channel < bias.count ? abs(bias[channel]) / input * 0x1p-30 : 0
    }
  }

  // MARK: Biases

  /// The constant that the function after a product adds to each channel.
  func bias(of product: Node) -> (reader: NodeID, value: ValueID)? {
    let sum = product.results[0]
    guard let reader = readers[sum], reader.count == 1, case .map(let map) = reader[0].operation,
      plan.roles[reader[0].id] == nil, let own = reader[0].operands.firstIndex(of: sum),
      let place = map.function.addend(of: own)
    else { return nil }
    let bias = reader[0].operands[place]
    return graph.constant(bias)?.type.shape == biasShape(of: product) ? (reader[0].id, bias) : nil
  }

  /// The shape of a vector that is added to each channel of a product.
  func biasShape(of product: Node) -> Shape {
    let type = graph.type(of: product.results[0])
    guard case .conv = product.operation else { return Shape([type.shape[type.rank - 1]]) }
    return Shape([type.shape[1]] + [Dimension](repeating: 1, count: type.rank - 2))
  }

  private func biasNumbers(of product: Node) -> [Float]? {
    bias(of: product).flatMap { graph.constant($0.value)?.elements(as: Float.self) }
  }

  /// The bias with what makes up for mean errors; `nil` when there is neither.
  func correctedBias(of product: Node) -> [Float]? {
    let correction = layers[product.id]?.correction ?? []
    guard let numbers = biasNumbers(of: product) else {
      return correction.contains { $0 != 0 } ? correction : nil
    }
    guard numbers.count == correction.count else { return numbers }
    return zip(numbers, correction).map { $0 + $1 }
  }
}

extension Pointwise {
  /// The operand that operand `place` is added to, once and nowhere else used.
  fileprivate func addend(of place: Int) -> Int? {
    let uses = steps.filter { step in step.arguments.contains { steps[$0] == .operand(place) } }
    guard uses.count == 1, case .binary(.add, let a, let b) = uses[0],
      case .operand(let other) = steps[steps[a] == .operand(place) ? b : a], other != place
    else { return nil }
    return other
  }
}
