public import ApusIR

extension Quantizer {
  /// The decisions for a model: which products take which format, and how values are stored.
  ///
  /// What the options leave open is decided by the outputs on the samples, which lie closest to
  /// those of the real model. `progress` is told of each try.
  ///
  /// - Throws: `calibration-…` for samples that are of no use; `quantize-nothing` when no product
  ///   is left.
  public func recipe(
    _ options: QuantizationOptions, _ samples: [CalibrationSample],
    progress: (String) -> Void = { _ in }
  ) throws(DiagnosticError) -> QuantizationRecipe {
    var recipe = QuantizationRecipe(model: digest, options: options)
    if recipe.options.scope == nil { recipe.options.scope = graph.usualScope }
    recipe.layers = try layers(options)
    recipe.data = data
    let isStatic = options.format == .integers
    if isStatic || !samples.isEmpty { try samples.check(for: graph) }
    let histograms = isStatic ? try histograms(plan(recipe), samples) : [:]
    let calibrators = isStatic ? options.calibrator.map { [$0] } ?? Calibrator.allCases : [.minMax]
    let corrections =
      samples.isEmpty || options.format == .dynamic
      ? [false] : options.correctsBias.map { [$0] } ?? [true, false]
    var variants: [QuantizationRecipe] = []
    for calibrator in calibrators {
      recipe.options.calibrator = calibrator
      recipe.activations = activations(recipe, histograms)
      for corrects in corrections {
        var variant = recipe
        variant.options.correctsBias = corrects
        if corrects { try correctBiases(&variant, samples) }
        variants.append(variant)
      }
    }
    return try best(of: variants, samples, progress)
  }

  /// The variant whose outputs lie closest to the real ones; the first of equals.
  private func best(
    of variants: [QuantizationRecipe], _ samples: [CalibrationSample], _ progress: (String) -> Void
  ) throws(DiagnosticError) -> QuantizationRecipe {
    guard variants.count > 1 else { return variants[0] }
    let meter = try OutputMeter(self, samples)
    var best: (error: OutputError, recipe: QuantizationRecipe)?
    for variant in variants {
      let error = try meter.error(of: variant)
      let calibrator = variant.options.calibrator?.rawValue ?? ""
      let bias = variant.options.correctsBias ?? false ? "biases corrected" : "biases as they are"
      progress("\(calibrator), \(bias): \(Int(error.decibels.rounded())) dB")
      if best.map({ error.isCloser(than: $0.error) }) ?? true { best = (error, variant) }
    }
    return best?.recipe ?? variants[0]
  }

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
    for node in graph.nodes {
      guard let name = names[node.id], !options.excluded.contains(name),
        let data = graph.constant(node.operands[1]),
        !data.elements(as: Float.self).allSatisfy(\.isFinite)
      else { continue }
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "quantize-weights", "the weights of \(name) are not all finite",
          help: "--exclude \(name) leaves them as they are"))
    }
    let layers = graph.nodes.compactMap { node -> QuantizationRecipe.Layer? in
      guard let name = names[node.id] else { return nil }
      let hasWeights = graph.constant(node.operands[1]) != nil
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

  /// The numbers that stored values take, by representative.
  private func histograms(
    _ plan: QuantizationPlan, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> [ValueID: Histogram] {
    let sources = plan.sources
    let observer = try Observer(graph, watching: sources, samples)
    let values = graph.valueNames()
    var result: [ValueID: Histogram] = [:]
    for sample in samples {
      for (source, data) in zip(sources, try observer.values(sample)) {
        let isFinite = data.withFloats {
          result[plan.representative(source), default: Histogram()].add($0)
        }
        guard isFinite else {
          throw .calibration(
            id: "calibration-number", "\(values[source] ?? "a value") becomes NaN or infinite",
            sample: sample.name)
        }
      }
    }
    return result
  }

  /// How each stored value is stored.
  private func activations(
    _ recipe: QuantizationRecipe, _ histograms: [ValueID: Histogram]
  ) -> [QuantizationRecipe.Activation] {
    let (plan, values, options) = (plan(recipe), graph.valueNames(), recipe.options)
    let parameters = histograms.mapValues { histogram in
      let range =
        histogram.isEmpty
        ? RealRange(low: 0, high: 0)
        : (options.calibrator ?? .mse).range(
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
  /// Networks of convolutions stay in integers throughout; others, such as transformers, compute
  /// what stands between their products better with real numbers.
  fileprivate var usualScope: QuantizationScope {
    let convolutions = nodes.count { if case .conv = $0.operation { true } else { false } }
    let products = nodes.count { $0.operation.isProduct }
    return 2 * convolutions >= products ? .all : .products
  }
}
