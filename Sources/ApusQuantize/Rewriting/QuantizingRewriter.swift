internal import ApusIR

/// Writes a graph anew with stored values around the operations of a plan.
struct QuantizingRewriter {
  private let source: Graph
  private let plan: QuantizationPlan
  /// By representative.
  private let parameters: [ValueID: AffineParameters]
  private let weights: ProductWeights
  private var result: Graph
  /// Where values of the source are in the result, as real numbers.
  private var moved: [ValueID: ValueID] = [:]
  /// Where they are after they were stored.
  private var stored: [ValueID: ValueID] = [:]
  /// Operands of maps that are biases of products: what takes their place.
  private var biases: [NodeID: [ValueID: ValueID]] = [:]
  /// Where they are as integers over their own range.
  private var dynamic: [ValueID: DynamicOperand] = [:]
  /// Biases of products that had none.
  private var newBiases: [NodeID: ValueID] = [:]

  init(_ weights: ProductWeights) {
    self.weights = weights
    (source, plan, parameters) = (weights.graph, weights.plan, weights.parameters)
    result = Graph(name: source.name)
    result.symbols = source.symbols
  }

  mutating func run() throws(OperatorError) -> Graph {
    for input in source.inputs {
      moved[input] = result.addInput(source[input].name, source.type(of: input))
    }
    for node in source.nodes {
      if let product = try dynamicProduct(node) {
        moved[node.results[0]] = product
        continue
      }
      let operands = try operands(of: node)
      let results = result.append(
        node.operation, operands, typed: node.results.map { source.type(of: $0) },
        origins: node.origins, names: node.results.map { source[$0].name })
      for (old, new) in zip(node.results, results) { moved[old] = new }
      if let bias = newBiases[node.id] {
        moved[node.results[0]] = try result.map(
          [results[0], bias], .operand(0) + .operand(1), origins: node.origins)
      }
    }
    for (output, name) in zip(source.outputs, source.outputNames) {
      result.addOutput(moved[output] ?? output, name: name)
    }
    return result.withoutDeadNodes()
  }

  private mutating func operands(of node: Node) throws(OperatorError) -> [ValueID] {
    let isStored = node.operation.isProduct && weights.format(of: node) != .float
    guard let role = plan.roles[node.id] else {
      var operands: [ValueID] = []
      for (place, operand) in node.operands.enumerated() {
        if isStored, place == 1, let weights = try store(node) {
          operands.append(weights)
        } else if let bias = biases[node.id]?[operand] {
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
      } else if role == .product, place == 1, let weights = try store(node) {
        operands.append(weights)
      } else {
        operands.append(moved[operand] ?? operand)
      }
    }
    return operands
  }

  /// The product of integers that takes the place of a product whose operand is quantized at run
  /// time; operands are quantized once for all products that read them.
  private mutating func dynamicProduct(_ node: Node) throws(OperatorError) -> ValueID? {
    guard weights.format(of: node) == .dynamic, let groups = weights.grouped(node) else {
      return nil
    }
    let value = node.operands[0]
    var operand = dynamic[value]
    if operand == nil {
      operand = try result.dynamicOperand(
        moved[value] ?? value, name: source.label(of: value) + "_quantize")
      dynamic[value] = operand
    }
    guard let operand else { return nil }
    return try result.dynamicProduct(
      node, operand, groups, name: source.constantName(node.operands[1]))
  }

  /// A value of the source after it was stored.
  private mutating func read(_ value: ValueID) throws(OperatorError) -> ValueID {
    if let known = stored[value] { return known }
    guard let parameters = parameters[plan.representative(value)] else {
      return moved[value] ?? value
    }
    var unclamped = value
    if let node = source.producer(of: value), case .map(let map) = node.operation,
      plan.made.contains(value), map.function.isImplied(by: parameters)
    {
      unclamped = node.operands[0]
    }
    let real = moved[unclamped] ?? unclamped
    let new = try result.stored(real, as: parameters, name: source.label(of: value))
    stored[value] = new
    return new
  }

  // MARK: Weights and biases

  /// The weights of a product as they are stored; its bias is corrected, and stored too where the
  /// product is one of integers.
  private mutating func store(_ product: Node) throws(OperatorError) -> ValueID? {
    let name = source.constantName(product.operands[1])
    guard let value = try result.storedWeights(of: product, weights, name: name) else { return nil }
    guard let numbers = weights.correctedBias(of: product) else { return value }
    let bias = weights.bias(of: product)
    let biasName = bias.map { source.constantName($0.value) } ?? ""
    var stored: ValueID?
    // A bias is an integer of 32 bits that counts in steps of both scales.
    if let input = weights.inputParameters(of: product)?.scale {
      let scales = weights.grouped(product)?.scales.elements(as: Float.self) ?? []
      let steps = scales.map { input * $0 }
      if steps.count == numbers.count, steps.allSatisfy(\.isNormal) {
        let counts = zip(numbers, steps).map { number, step in
          let count = (Double(number) / Double(step)).rounded(.toNearestOrEven)
          return count.isNaN ? 0 : Int32(min(max(count, -0x1p31), 0x1p31 - 1))
        }
        stored = try result.dequantized(counts, scales: steps, name: biasName)
      }
    }
    let vector = try result.reshape(
      stored ?? result.constant(TensorData(.f32, [numbers.count], numbers), name: biasName),
      to: source.biasShape(of: product))
    if let bias {
      biases[bias.reader, default: [:]][bias.value] = vector
    } else {
      newBiases[product.id] = vector
    }
    return value
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
