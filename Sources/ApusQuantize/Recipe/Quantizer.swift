public import ApusIR

/// Quantizes one model: calibrates once, then makes as many variants as are wanted.
public struct Quantizer: Sendable {
  /// The model in the form that quantization works on.
  public private(set) var graph: Graph
  /// The digest of the model.
  public let digest: UInt64
  private(set) var names: [NodeID: String] { didSet { layers = graph.productOrigins(names) } }
  /// The names of products by the names of all nodes that they come from.
  private var layers: [String: String] = [:]
  /// What rounding of matrices has learned.
  private var solvers: [NodeID: ErrorSolver] = [:]
  /// The digest of the data that was learned from, or that the graph was changed for.
  private(set) var data: UInt64?
  private var cache = WeightCache()

  /// Prepares a model; `equalizing` scales channels between convolutions to like ranges.
  ///
  /// - Throws: `unsupported` when a pass fails; `quantized-already` when the model is.
  public init(_ imported: Graph, equalizing: Bool = false) throws(DiagnosticError) {
    guard !imported.isQuantized else {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "quantized-already", "the model is quantized already",
          help: "quantize the model of real numbers that it was made of"))
    }
    let prepared = try imported.preparedForQuantization()
    graph = equalizing ? prepared.equalized() : prepared
    digest = imported.quantizationDigest
    names = graph.productNames()
    layers = graph.productOrigins(names)
  }

  /// Goes on with a graph that computes the same and depends on data with a digest.
  mutating func replaceGraph(_ graph: Graph, _ data: UInt64) {
    (self.graph, self.data, cache) = (graph, data, WeightCache())
    names = graph.productNames()
  }

  /// Looks at how the inputs of matrices go together, for rounding by `gptq`.
  ///
  /// - Throws: `calibration-…` for samples that are of no use.
  public mutating func learn(from samples: [CalibrationSample]) throws(DiagnosticError) {
    try samples.check(for: graph)
    solvers = try learnedSolvers(samples)
    (data, cache) = (samples.digest, WeightCache())
  }

  /// The model that a recipe describes.
  ///
  /// - Throws: `recipe-model` when the recipe is for another model, `recipe-data` when it was made
  ///   with other samples than those that were learned from.
  public func quantized(_ recipe: QuantizationRecipe) throws(DiagnosticError) -> Graph {
    guard recipe.model == digest else {
      throw DiagnosticError(
        Diagnostic(.invalidInput, id: "recipe-model", "the recipe is for another model"))
    }
    guard recipe.data == nil || recipe.data == data else {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "recipe-data", "the recipe was made with other calibration data",
          help: "give the same folder with --data"))
    }
    var rewriter = QuantizingRewriter(try weights(recipe))
    do {
      return try rewriter.run()
    } catch {
      throw DiagnosticError(Diagnostic(.unsupported, id: error.id, error.message))
    }
  }

  /// A recipe with other formats for some layers, and biases corrected for them.
  public func mixing(
    _ formats: [String: LayerFormat], into recipe: QuantizationRecipe,
    _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> QuantizationRecipe {
    var result = recipe
    for place in result.layers.indices {
      result.layers[place].correction = []
      if let format = formats[result.layers[place].name] { result.layers[place].format = format }
    }
    if recipe.options.correctsBias ?? true, !samples.isEmpty {
      try correctBiases(&result, samples)
    }
    return result
  }

  /// The weights of all products as a recipe has them.
  func weights(_ recipe: QuantizationRecipe) throws(DiagnosticError) -> ProductWeights {
    let plan = plan(recipe)
    let parameters = try parameters(recipe, plan)
    let layers = Dictionary(
      recipe.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var weights = ProductWeights(
      graph, plan, parameters, names.compactMapValues { layers[$0] }, recipe.options, cache)
    if recipe.options.rounding == .gptq { weights.solvers = solvers }
    return weights
  }

  /// How stored values are stored, by representative.
  private func parameters(
    _ recipe: QuantizationRecipe, _ plan: QuantizationPlan
  ) throws(DiagnosticError) -> [ValueID: AffineParameters] {
    let values = graph.valueNames()
    let known = Dictionary(
      recipe.activations.map { ($0.value, $0.parameters) }, uniquingKeysWith: { first, _ in first })
    var result: [ValueID: AffineParameters] = [:]
    for value in graph.inputs + graph.nodes.flatMap(\.results) where plan.stored.contains(value) {
      let representative = plan.representative(value)
      guard result[representative] == nil else { continue }
      guard let found = known[values[representative] ?? ""] else {
        throw DiagnosticError(
          Diagnostic(
            .invalidInput, id: "recipe-model",
            "the recipe does not say how \(values[representative] ?? "") is stored"))
      }
      result[representative] = found
    }
    return result
  }

  /// The bytes of all constants but the weights of products.
  public var otherBytes: Int {
    let weights = Set(graph.nodes.filter { names[$0.id] != nil }.map { $0.operands[1] })
    return graph.nodes.reduce(0) { sum, node in
      guard case .constant(let constant) = node.operation, !weights.contains(node.results[0]) else {
        return sum
      }
      return sum + constant.data.byteCount
    }
  }

  /// The layer whose product comes from a node of the model, such as `Conv layer1/conv`; the first
  /// one where several do.
  public func layer(ofOrigin origin: String) -> String? { layers[origin.nodeName] }

  // MARK: Parts

  func plan(_ recipe: QuantizationRecipe) -> QuantizationPlan {
    let integers = Set(recipe.layers.filter { $0.format == .integers }.map(\.name))
    return QuantizationPlan(graph, scope: recipe.options.scope ?? .all) { node in
      names[node.id].map(integers.contains) ?? false
    }
  }
}

extension Graph {
  /// Whether a map rounds real numbers to integers of few bits.
  fileprivate var isQuantized: Bool {
    nodes.contains { node in
      guard case .map(let map) = node.operation, map.function.result.isInteger,
        map.function.result.bitWidth <= 16
      else { return false }
      return map.function.steps.contains { step in
        if case .unary(.round, _) = step { true } else { false }
      }
    }
  }
}
