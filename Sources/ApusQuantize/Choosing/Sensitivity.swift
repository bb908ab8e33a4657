public import ApusIR

/// What it costs and spares to store one layer in one format while all others stay real.
public struct LayerSensitivity: Hashable, Sendable {
  /// The name of the product.
  public let layer: String
  /// Its format.
  public let format: LayerFormat
  /// The bytes of its weights in this format.
  public let bytes: Int
  /// What it does to the outputs.
  public let error: OutputError
}

/// Runs variants of a model on samples and compares them with the real one.
public struct OutputMeter: Sendable {
  private let quantizer: Quantizer
  private let samples: [CalibrationSample]
  private let real: [[TensorData]]

  /// A meter that uses the first samples, at most `count`.
  ///
  /// - Throws: `calibration-empty` without samples.
  public init(
    _ quantizer: Quantizer, _ samples: [CalibrationSample], count: Int = 8
  ) throws(DiagnosticError) {
    try samples.check(for: quantizer.graph)
    self.quantizer = quantizer
    self.samples = samples
    real = try Self.run(quantizer.graph, Array(samples.prefix(count)))
  }

  /// The error of the model that a recipe describes.
  public func error(of recipe: QuantizationRecipe) throws(DiagnosticError) -> OutputError {
    let graph = try quantizer.quantized(recipe)
    return OutputError(real, try Self.run(graph, Array(samples.prefix(real.count))))
  }

  private static func run(
    _ graph: Graph, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> [[TensorData]] {
    let observer = try Observer(graph, watching: graph.outputs, samples)
    var result: [[TensorData]] = []
    for sample in samples { result.append(try observer.values(sample)) }
    return result
  }
}

extension Quantizer {
  /// The sensitivity of each layer to each of some formats, in the order of the graph.
  ///
  /// `recipe` says how activations are stored; `progress` is told the name of each layer.
  public func sensitivities(
    _ recipe: QuantizationRecipe, to formats: [LayerFormat], _ meter: OutputMeter,
    progress: (String) -> Void = { _ in }
  ) throws(DiagnosticError) -> [LayerSensitivity] {
    var result: [LayerSensitivity] = []
    for layer in recipe.layers where layer.format != .float {
      progress(layer.name)
      for format in formats {
        var single = recipe
        // One layer of thousands of rows is judged well enough by plain rounding.
        if single.options.rounding == .gptq { single.options.rounding = .mse }
        for place in single.layers.indices {
          let isAsked = single.layers[place].name == layer.name
          if !isAsked || format != layer.format { single.layers[place].correction = [] }
          single.layers[place].format = isAsked ? format : .float
        }
        let error = format == .float ? OutputError() : try meter.error(of: single)
        result.append(
          LayerSensitivity(
            layer: layer.name, format: format, bytes: try weightBytes(single, layer.name),
            error: error))
      }
    }
    return result
  }

  /// The bytes of the weights of a layer as a recipe stores them.
  private func weightBytes(
    _ recipe: QuantizationRecipe, _ name: String
  ) throws(DiagnosticError) -> Int {
    guard let node = graph.nodes.first(where: { names[$0.id] == name }),
      let data = graph.constant(node.operands[1])
    else { return 0 }
    var plain = recipe
    plain.options.rounding = .nearest
    let weights = try weights(plain)
    switch weights.format(of: node) {
    case .float: return data.byteCount
    case .fp16, .bf16: return data.byteCount / 2
    case .integers, .dynamic, .int8, .int4, .int2, .fp8, .mxfp8, .mxfp4:
      guard let groups = weights.grouped(node) else { return data.byteCount }
      return groups.data.byteCount + groups.scales.byteCount + (groups.zeros?.byteCount ?? 0)
    }
  }
}
