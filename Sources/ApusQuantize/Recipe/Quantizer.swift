public import ApusIR

/// Quantizes one model: calibrates once, then makes as many variants as are wanted.
public struct Quantizer: Sendable {
  /// The model in the form that quantization works on.
  public private(set) var graph: Graph
  /// The digest of the model.
  public let digest: UInt64
  private(set) var names: [NodeID: String]

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
  }

  /// Goes on with a graph that computes the same.
  mutating func replaceGraph(_ graph: Graph) {
    self.graph = graph
    names = graph.productNames()
  }

  /// The decisions for a model: which products take which format, and how values are stored.
  ///
  /// - Throws: `calibration-…` for samples that are of no use; `quantize-nothing` when no product
  ///   is left.
  public func recipe(
    _ options: QuantizationOptions, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> QuantizationRecipe {
    var recipe = QuantizationRecipe(model: digest, options: options)
    if recipe.options.scope == nil { recipe.options.scope = graph.usualScope }
    recipe.layers = try layers(options)
    let needsData = options.format == .integers || options.rounding == .gptq
    if needsData || !samples.isEmpty { try samples.check(for: graph) }
    if options.rounding == .gptq || options.smoothing != nil { recipe.data = samples.digest }
    if options.format == .integers {
      recipe.activations = try activations(recipe, samples)
    }
    if options.correctsBias, !samples.isEmpty { try correctBiases(&recipe, samples) }
    return recipe
  }

  /// The model that a recipe describes; the samples are those that it was made with, where rounding
  /// depends on them.
  ///
  /// - Throws: `recipe-model` when the recipe is for another model, `recipe-data` when it was made
  ///   with other samples.
  public func quantized(
    _ recipe: QuantizationRecipe, _ samples: [CalibrationSample] = []
  ) throws(DiagnosticError) -> Graph {
    guard recipe.model == digest else {
      throw DiagnosticError(
        Diagnostic(.invalidInput, id: "recipe-model", "the recipe is for another model"))
    }
    guard recipe.data == nil || recipe.data == samples.digest else {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "recipe-data", "the recipe was made with other calibration data",
          help: "give the same folder with --data"))
    }
    var rewriter = QuantizingRewriter(try weights(recipe, samples))
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
    if recipe.options.correctsBias, !samples.isEmpty { try correctBiases(&result, samples) }
    return result
  }

  /// The weights of all products as a recipe has them.
  func weights(
    _ recipe: QuantizationRecipe, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> ProductWeights {
    let plan = plan(recipe)
    let parameters = try parameters(recipe, plan)
    let layers = Dictionary(
      recipe.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var weights = ProductWeights(
      graph, plan, parameters, names.compactMapValues { layers[$0] }, recipe.options)
    if recipe.options.rounding == .gptq { weights.solvers = try solvers(weights, samples) }
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

  // MARK: Parts

  /// The products and their formats.
  private func layers(
    _ options: QuantizationOptions
  ) throws(DiagnosticError) -> [QuantizationRecipe.Layer] {
    let known = Set(names.values)
    if let unknown = options.excluded.sorted().first(where: { !known.contains($0) }) {
      throw DiagnosticError(
        Diagnostic(
          .usage, id: "layer-name", "the model has no product called \(unknown)",
          notes: graph.nodes.compactMap { names[$0.id] }))
    }
    let layers = graph.nodes.compactMap { node -> QuantizationRecipe.Layer? in
      guard let name = names[node.id] else { return nil }
      let hasWeights = graph.constant(node.operands[1])?.type.element == .f32
      let isStored =
        !options.excluded.contains(name) && (hasWeights || options.format == .integers)
      return .init(name: name, format: isStored ? options.format : .float)
    }
    guard layers.contains(where: { $0.format != .float }) else {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "quantize-nothing",
          "the model has no convolution or matrix product to quantize"))
    }
    return layers
  }

  func plan(_ recipe: QuantizationRecipe) -> QuantizationPlan {
    let integers = Set(recipe.layers.filter { $0.format == .integers }.map(\.name))
    return QuantizationPlan(graph, scope: recipe.options.scope ?? .all) { node in
      names[node.id].map(integers.contains) ?? false
    }
  }

  /// How each stored value is stored, from the numbers that the samples give it.
  private func activations(
    _ recipe: QuantizationRecipe, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> [QuantizationRecipe.Activation] {
    let plan = plan(recipe)
    let sources = plan.sources
    let observer = try Observer(graph, watching: sources, samples)
    let values = graph.valueNames()
    var histograms: [ValueID: Histogram] = [:]
    for sample in samples {
      for (source, data) in zip(sources, try observer.values(sample)) {
        let isFinite = data.withFloats {
          histograms[plan.representative(source), default: Histogram()].add($0)
        }
        guard isFinite else {
          throw .calibration(
            "calibration-number", "\(values[source] ?? "a value") becomes NaN or infinite",
            sample: sample.name)
        }
      }
    }
    let options = recipe.options
    let parameters = histograms.mapValues { histogram in
      let range =
        histogram.isEmpty
        ? RealRange(low: 0, high: 0)
        : options.calibrator.range(
          of: histogram, as: options.activations, percentile: options.percentile)
      return AffineParameters(options.activations, covering: range)
    }
    // Views are listed too, because a model with fewer stored layers may begin with one.
    return (graph.inputs + graph.nodes.flatMap(\.results)).compactMap { value in
      guard plan.stored.contains(value), let found = parameters[plan.representative(value)] else {
        return nil
      }
      return .init(value: values[value] ?? "", parameters: found)
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

  /// Networks of convolutions stay in integers throughout; others, such as transformers, compute
  /// what stands between their products better with real numbers.
  fileprivate var usualScope: QuantizationScope {
    let convolutions = nodes.count { if case .conv = $0.operation { true } else { false } }
    let products = nodes.count { $0.operation.isProduct }
    return 2 * convolutions >= products ? .all : .products
  }
}
