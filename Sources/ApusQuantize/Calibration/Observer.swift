internal import ApusBytecode
internal import ApusIR
internal import ApusTransforms

/// A graph whose inner values come out, run on calibration data by the interpreter.
///
/// The interpreter gives the same bits on every machine, so calibration does too.
struct Observer {
  private let session: Session
  private let count: Int

  /// Makes values of a graph its outputs; symbols take the sizes that the samples have.
  ///
  /// - Throws: `unsupported` when the interpreter cannot run the graph.
  init(
    _ graph: Graph, watching values: [ValueID], _ samples: [CalibrationSample]
  ) throws(DiagnosticError) {
    var watched = graph.withSizes(of: samples)
    watched.outputs = values
    watched.outputNames = values.indices.map { "value\($0)" }
    var context = PassContext(evaluate: Session.evaluate)
    do {
      try PassManager(OptimizationLevel.full.pipeline).run(&watched, &context)
    } catch {
      throw DiagnosticError(
        Diagnostic(.unsupported, id: "pass", error.message, place: .pass(error.pass)))
    }
    session = try Session(watched)
    count = values.count
  }

  /// The watched values for a sample.
  func values(_ sample: CalibrationSample) throws(DiagnosticError) -> [TensorData] {
    try session.run(sample.inputs)
  }
}

extension Graph {
  /// The graph with symbols bounded by what samples need.
  func withSizes(of samples: [CalibrationSample]) -> Graph {
    var bounds: [String: (low: Int, high: Int)] = [:]
    for sample in samples {
      for (value, data) in zip(inputs, sample.inputs) {
        for (extent, given) in zip(type(of: value).shape.dimensions, data.type.shape.dimensions) {
          guard let symbol = extent.symbols.first, extent == .symbol(symbol),
            let size = given.constant
          else { continue }
          let known = bounds[symbol] ?? (size, size)
          bounds[symbol] = (min(known.low, size), max(known.high, size))
        }
      }
    }
    var result = self
    for place in symbols.indices {
      guard let (low, high) = bounds[symbols[place].name] else { continue }
      result.symbols[place].lower = min(symbols[place].lower, low)
      result.symbols[place].upper = high
    }
    return result
  }
}

extension TensorData {
  /// The elements of a tensor of `f32`.
  func withFloats<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
    elements(as: Float.self).withUnsafeBufferPointer(body)
  }
}
