internal import ApusIR

/// Writes a graph anew with stored values around the operations of a plan.
struct QuantizingRewriter {
  private let source: Graph
  private let plan: QuantizationPlan
  /// By representative.
  private let parameters: [ValueID: AffineParameters]
  private let rounding: WeightRounding
  private var result: Graph
  /// Where values of the source are in the result, as real numbers.
  private var moved: [ValueID: ValueID] = [:]
  /// Where they are after they were stored.
  private var stored: [ValueID: ValueID] = [:]
  /// Operands of maps that are biases of products: what takes their place.
  private var biases: [NodeID: [ValueID: ValueID]] = [:]
  private var readers: [ValueID: [Node]] = [:]

  init(
    _ source: Graph, _ plan: QuantizationPlan, _ parameters: [ValueID: AffineParameters],
    _ rounding: WeightRounding
  ) {
    (self.source, self.plan, self.parameters) = (source, plan, parameters)
    self.rounding = rounding
    result = Graph(name: source.name)
    result.symbols = source.symbols
    for node in source.nodes {
      for operand in Set(node.operands) { readers[operand, default: []].append(node) }
    }
  }

  mutating func run() throws(OperatorError) -> Graph {
    for input in source.inputs {
      moved[input] = result.addInput(source[input].name, source.type(of: input))
    }
    for node in source.nodes {
      let operands = try operands(of: node)
      let results = result.append(
        node.operation, operands, typed: node.results.map { source.type(of: $0) },
        origins: node.origins, names: node.results.map { source[$0].name })
      for (old, new) in zip(node.results, results) { moved[old] = new }
    }
    for (output, name) in zip(source.outputs, source.outputNames) {
      result.addOutput(moved[output] ?? output, name: name)
    }
    return result.withoutDeadNodes()
  }

  private mutating func operands(of node: Node) throws(OperatorError) -> [ValueID] {
    guard let role = plan.roles[node.id] else {
      var operands: [ValueID] = []
      for operand in node.operands {
        if let bias = biases[node.id]?[operand] {
          operands.append(bias)
        } else if plan.made.contains(operand) {
          operands.append(try read(operand))
        } else {
          operands.append(moved[operand] ?? operand)
        }
      }
      return operands
    }
    let activations = source.activations(of: node, role)
    var operands: [ValueID] = []
    for (place, operand) in node.operands.enumerated() {
      if activations.contains(operand) {
        operands.append(try read(operand))
      } else if role == .product, place == 1, let weights = source.constant(operand) {
        operands.append(try store(weights, of: node))
      } else {
        operands.append(moved[operand] ?? operand)
      }
    }
    return operands
  }

  /// A value of the source after it was stored.
  private mutating func read(_ value: ValueID) throws(OperatorError) -> ValueID {
    if let known = stored[value] { return known }
    let real = moved[value] ?? value
    guard let parameters = parameters[plan.representative(value)] else { return real }
    let new = try result.stored(real, as: parameters, name: source.label(of: value))
    stored[value] = new
    return new
  }

  // MARK: Weights and biases

  /// The weights of a product as integers; its bias, if it has one, is stored with them.
  private mutating func store(
    _ weights: TensorData, of product: Node
  ) throws(OperatorError) -> ValueID {
    let isConvolution = if case .conv = product.operation { true } else { false }
    let axis = isConvolution ? 0 : weights.type.rank - 1
    let input = parameters[plan.representative(product.operands[0])]?.scale ?? 1
    let bias = isConvolution ? bias(of: product) : nil
    let numbers = bias.flatMap { source.constant($0.value)?.elements(as: Float.self) } ?? []
    // A bias is an integer of 32 bits that counts in steps of both scales.
    let integers = ChannelWeights(weights, axis: axis, rounding) { channel in
      channel < numbers.count ? abs(numbers[channel]) / input * 0x1p-30 : 0
    }
    let name = source.constantName(product.operands[1])
    let value = try dequantized(
      integers.data, scales: integers.scales, name: name, trailing: weights.type.rank - axis - 1)
    let steps = integers.scales.map { input * $0 }
    if let bias, steps.allSatisfy(\.isNormal) {
      let stored = zip(numbers, steps).map { number, step in
        Int32(clamping: Int((Double(number) / Double(step)).rounded(.toNearestOrEven)))
      }
      let vector = try dequantized(
        TensorData(.i32, [stored.count], stored), scales: steps,
        name: source.constantName(bias.value), trailing: 0)
      biases[bias.reader, default: [:]][bias.value] = try result.reshape(
        vector, to: source.type(of: bias.value).shape)
    }
    return value
  }

  /// Integers with a scale for each index of the axis before the last `trailing` ones.
  private mutating func dequantized(
    _ integers: TensorData, scales: [Float], name: String, trailing: Int
  ) throws(OperatorError) -> ValueID {
    let value = result.constant(integers, name: name.isEmpty ? "" : name + "_quantized")
    let shape = Shape([scales.count] + [Int](repeating: 1, count: trailing))
    let vector = result.constant(
      TensorData(.f32, [scales.count], scales), name: name.isEmpty ? "" : name + "_scale")
    return try result.dequantized(
      value, scale: try result.reshape(vector, to: shape),
      origins: name.isEmpty ? [] : ["DequantizeLinear \(name)_dequantize"])
  }

  /// The constant that the function after a convolution adds to each channel.
  private func bias(of product: Node) -> (reader: NodeID, value: ValueID)? {
    let sum = product.results[0]
    guard let reader = readers[sum], reader.count == 1, case .map(let map) = reader[0].operation,
      plan.roles[reader[0].id] == nil, let own = reader[0].operands.firstIndex(of: sum),
      let place = map.function.addend(of: own),
      let channels = source.type(of: sum).shape[1].constant
    else { return nil }
    let bias = reader[0].operands[place]
    let ones = [Int](repeating: 1, count: source.type(of: sum).rank - 2)
    guard source.constant(bias)?.type.shape == Shape([channels] + ones) else { return nil }
    return (reader[0].id, bias)
  }
}

extension Pointwise {
  /// The operand that operand `place` is added to, once and nowhere else used.
  func addend(of place: Int) -> Int? {
    let uses = steps.filter { step in step.arguments.contains { steps[$0] == .operand(place) } }
    guard uses.count == 1, case .binary(.add, let a, let b) = uses[0],
      case .operand(let other) = steps[steps[a] == .operand(place) ? b : a], other != place
    else { return nil }
    return other
  }
}

extension Graph {
  /// What a person calls a value: its own name or that of the node that makes it.
  fileprivate func label(of value: ValueID) -> String {
    if let name = self[value].name, !name.isEmpty { return name }
    let origin = producer(of: value)?.origins.last ?? ""
    return origin.firstIndex(of: " ").map { String(origin[origin.index(after: $0)...]) } ?? ""
  }

  /// The name of a constant; empty for other values.
  func constantName(_ value: ValueID) -> String {
    guard case .constant(let constant)? = producer(of: value)?.operation else { return "" }
    return constant.name
  }
}
