internal import ApusIR
internal import Synchronization

/// The weights and biases of the products of a graph, as a recipe has them.
struct ProductWeights {
  let graph: Graph
  let plan: QuantizationPlan
  /// By representative.
  let parameters: [ValueID: AffineParameters]
  /// What rounding of products learns from calibration data, by product.
  var solvers: [NodeID: ErrorSolver] = [:]
  private let layers: [NodeID: QuantizationRecipe.Layer]
  private let options: QuantizationOptions
  private let readers: [ValueID: [Node]]
  private let cache: WeightCache

  init(
    _ graph: Graph, _ plan: QuantizationPlan, _ parameters: [ValueID: AffineParameters],
    _ layers: [NodeID: QuantizationRecipe.Layer], _ options: QuantizationOptions,
    _ cache: WeightCache
  ) {
    self.cache = cache
    (self.graph, self.plan, self.parameters) = (graph, plan, parameters)
    (self.layers, self.options) = (layers, options)
    readers = graph.readers()
  }

  /// How a product computes.
  func format(of node: Node) -> LayerFormat { layers[node.id]?.format ?? .float }

  /// The products whose constant weights are stored, in the order of the graph.
  var storedProducts: [Node] {
    graph.nodes.filter { node in
      format(of: node) != .float && node.operation.isProduct
        && graph.constant(node.operands[1])?.type.element == .f32
    }
  }

  /// How what a product reads is stored; `nil` when it reads real numbers.
  func inputParameters(of product: Node) -> AffineParameters? {
    format(of: product) == .integers
      ? parameters[plan.representative(product.operands[0])] : nil
  }

  // MARK: Weights

  /// The constant weights of a product in groups; `nil` when they have no scales.
  func grouped(_ product: Node) -> GroupedWeights? {
    let key = WeightCache.Key(
      product: product.id, format: format(of: product), rounding: options.rounding,
      block: options.block, symmetric: options.symmetric)
    guard let weights = cache.weights(key, { grouped(product) { _ in 0 } }) else { return nil }
    // A bias counts in steps of both scales; too small a scale would leave it no room.
    guard let input = inputParameters(of: product)?.scale else { return weights }
    let bias = biasNumbers(of: product) ?? []
    func least(_ channel: Int) -> Float {
      channel < bias.count ? abs(bias[channel]) / input * 0x1p-30 : 0
    }
    let scales = weights.scales.elements(as: Float.self)
    return scales.indices.allSatisfy { scales[$0] >= least($0) }
      ? weights : grouped(product, least: least)
  }

  private func grouped(_ product: Node, least: (Int) -> Float) -> GroupedWeights? {
    guard let data = graph.constant(product.operands[1]) else { return nil }
    let format = format(of: product)
    let groups = groups(of: product, format)
    switch format {
    case .float, .fp16, .bf16: return nil
    case .fp8: return .floats(data, groups)
    case .mxfp8: return .microscaled(data, groups, .f8e4m3fn)
    case .mxfp4: return .microscaled(data, groups, .f4e2m1)
    case .integers, .dynamic, .int8, .int4, .int2:
      guard let code = format.integers(options.symmetric) else { return nil }
      return GroupedWeights(
        data, groups, code, options.rounding, solver: solvers[product.id], least: least)
    }
  }

  /// Filters have a scale each; so have columns of matrices that are multiplied as integers.
  private func groups(of product: Node, _ format: LayerFormat) -> WeightGroups {
    let extents = graph.type(of: product.operands[1]).shape.extents ?? []
    if product.operation.isConvolution {
      let isMicroscaled = format == .mxfp8 || format == .mxfp4
      return isMicroscaled
        ? WeightGroups(blocks: 32, along: 1, of: extents) : WeightGroups(channels: 0, of: extents)
    }
    let rows = extents.count - 2
    switch format {
    case .mxfp8, .mxfp4: return WeightGroups(blocks: 32, along: rows, of: extents)
    case .int8, .int4, .int2, .fp8:
      return options.block > 0
        ? WeightGroups(blocks: options.block, along: rows, of: extents)
        : WeightGroups(channels: rows + 1, of: extents)
    case .float, .integers, .dynamic, .fp16, .bf16:
      return WeightGroups(channels: rows + 1, of: extents)
    }
  }

  // MARK: Biases

  /// The constant that the function after a product adds to each channel.
  func bias(of product: Node) -> (reader: NodeID, value: ValueID)? {
    graph.bias(of: product, readers).flatMap { plan.roles[$0.reader] == nil ? $0 : nil }
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

/// Weights that were rounded before, because many variants of a model share them.
final class WeightCache: Sendable {
  /// What rounded weights depend on beside the model and the options of all layers.
  struct Key: Hashable {
    var product: NodeID
    var format: LayerFormat
    var rounding: WeightRounding
    var block: Int
    var symmetric: Bool
  }

  private let known = Mutex<[Key: GroupedWeights?]>([:])

  /// The weights of a key, made once.
  func weights(_ key: Key, _ make: () -> GroupedWeights?) -> GroupedWeights? {
    if let found = known.withLock({ $0[key] }) { return found }
    let made = make()
    known.withLock { $0[key] = made }
    return made
  }
}
