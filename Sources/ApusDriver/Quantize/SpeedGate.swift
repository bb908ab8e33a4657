internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime

/// Whether a quantized model is at least as fast as the one of real numbers.
struct SpeedGate {
  /// The least seconds of a run, and of each layer by the name of its node.
  struct Times: Sendable {
    var total: Double
    var layers: [String: Double] = [:]
  }

  /// How much slower a model may be before it counts: what measuring cannot tell apart.
  static let margin = 1.03

  let real: Times
  let quantized: Times

  /// Whether the quantized model is slower.
  var fails: Bool { quantized.total > real.total * Self.margin }

  /// One sentence.
  var summary: String {
    func ms(_ seconds: Double) -> String { decimal(seconds * 1e3, places: 3) }
    let ratio = decimal(real.total / max(quantized.total, 1e-12), places: 2)
    return "\(ms(quantized.total)) ms quantized, \(ms(real.total)) ms real: \(ratio) times as fast"
  }

  /// The layers that lose most, the worst first.
  var culprits: [String] {
    let losses = quantized.layers.compactMap { name, time -> (name: String, loss: Double)? in
      let loss = time - (real.layers[name] ?? 0)
      return loss > 0 ? (name, loss) : nil
    }
    return losses.sorted { ($1.loss, $0.name) < ($0.loss, $1.name) }.prefix(5).map {
      "\($0.name) takes \(decimal($0.loss * 1e6, places: 1)) us more"
    }
  }

  /// What is told when the gate fails.
  var diagnostic: Diagnostic {
    Diagnostic(
      .usage, id: "quantize-slower", "the quantized model is slower: \(summary)",
      notes: culprits,
      help: "--exclude leaves layers as they are; --allow-slower writes the model anyhow")
  }
}

extension SpeedGate {
  /// Compiles both models to C and lets them take turns, for about a second.
  ///
  /// - Throws: `c-compiler-…` when there is no compiler.
  static func measure(
    real: String, quantized: ExportedModel, _ options: Compilation.Options,
    _ build: Runner.Build
  ) throws(DiagnosticError) -> SpeedGate {
    let folder = try TemporaryFolder()
    let path = folder.path + "/quantized.onnx"
    try quantized.write(to: path)
    let models = [try Compilation(real, options), try Compilation(path, options)]
    var contestants: [Contestant] = []
    for model in models { contestants.append(try Contestant(.c, try Runner(model, .c, build))) }
    BenchCommand.measure(&contestants, 0.5)
    var times = contestants.map { Times(total: $0.leastTime) }
    if SpeedGate(real: times[0], quantized: times[1]).fails {
      for (place, model) in models.enumerated() {
        let kernels = try KernelTimes.measure(model, [.c], build, 0.5)
        times[place].layers = kernels[0].secondsByOrigin
      }
    }
    return SpeedGate(real: times[0], quantized: times[1])
  }
}
