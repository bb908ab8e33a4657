internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusQuantize
internal import ApusRuntime

/// Finds the times of a model, of its layers in several formats, and of mixtures of them.
///
/// On this machine C is timed: models in turns with the real one, and for each layer its kernels in
/// all formats in turns; medians count. Elsewhere kernels have the time that their schedules take
/// by estimate.
struct LatencyMeter {
  private let source: LatencyProfile.Source
  private let quantizer: Quantizer
  private let recipe: QuantizationRecipe
  private let options: Compilation.Options
  private let build: Runner.Build
  private let folder: TemporaryFolder
  private let real: Compilation
  /// The real model ready to run, where it does.
  private var runner: Runner?
  /// How long the real model and each other one run, and all kernels together.
  private static let seconds = 0.5

  init(
    _ source: LatencyProfile.Source, _ path: String, _ quantizer: Quantizer,
    _ recipe: QuantizationRecipe, _ options: Compilation.Options, _ build: Runner.Build
  ) throws(DiagnosticError) {
    (self.source, self.quantizer, self.recipe) = (source, quantizer, recipe)
    (self.options, self.build) = (options, build)
    folder = try TemporaryFolder()
    real = try Compilation(path, options)
    if source == .measured { runner = try Runner(real, .c, build) }
  }

  /// The times of the real model and of its layers in some formats.
  func profile(
    _ formats: [LayerFormat], progress: (String) -> Void
  ) throws(DiagnosticError) -> LatencyProfile {
    let names = recipe.layers.map(\.name)
    var programs: [Program] = []
    for format in formats {
      let all = Dictionary(names.map { ($0, format) }, uniquingKeysWith: { first, _ in first })
      programs.append(try program(try compilation(all)))
    }
    guard programs.allSatisfy({ $0.symbols.isEmpty && $0.pool == nil }) else {
      throw .usage("a latency needs fixed sizes, and no strings: give each symbol one with --dim")
    }
    let kernels = programs.map { program in
      Dictionary(grouping: program.kernels) { kernel in
        kernel.origins.lazy.compactMap { quantizer.layer(ofOrigin: $0) }.first ?? ""
      }
    }
    var layers: [LayerFormat: [String: Double]] = [:]
    for name in names {
      progress(name)
      let times = try times(kernels.map { $0[name] ?? [] }, programs, names.count)
      for (format, time) in zip(formats, times) { layers[format, default: [:]][name] = time }
    }
    return LatencyProfile(source, real: try time(of: nil), layers: layers)
  }

  /// The time of a mixture; where it is measured, in turns with the real model.
  func time(
    of formats: [String: LayerFormat], beside profile: LatencyProfile
  ) throws(DiagnosticError) -> Double {
    try time(of: try compilation(formats), scaledTo: profile.real)
  }

  /// The time of the real model alone, or of another one whose turns with it are scaled to a time
  /// of the real one that is known.
  private func time(
    of other: Compilation?, scaledTo known: Double = 0
  ) throws(DiagnosticError) -> Double {
    guard let runner else {
      let program = try program(other ?? real)
      return program.kernels.reduce(0) {
        $0 + program.time(of: $1, on: build.target.machine).estimate
      }
    }
    var contestants = [try Contestant(.c, runner)]
    if let other { contestants.append(try Contestant(.c, try Runner(other, .c, build))) }
    BenchCommand.measure(&contestants, Self.seconds)
    let first = contestants[0].medianTime
    return other == nil ? first : contestants[1].medianTime / max(first, 1e-12) * known
  }

  /// The times of one layer's kernels in each of several programs.
  private func times(
    _ kernels: [[Kernel]], _ programs: [Program], _ layers: Int
  ) throws(DiagnosticError) -> [Double] {
    if source == .modelled {
      return zip(kernels, programs).map { kernels, program in
        kernels.reduce(0) { $0 + program.time(of: $1, on: build.target.machine).estimate }
      }
    }
    var contestants: [Contestant] = []
    for (kernels, program) in zip(kernels, programs) {
      for kernel in kernels {
        contestants.append(try Contestant(.c, try Runner(program.isolating(kernel), .c, build)))
      }
    }
    guard !contestants.isEmpty else { return kernels.map { _ in 0 } }
    BenchCommand.measure(&contestants, Self.seconds / Double(layers * programs.count))
    var rest = contestants.map(\.medianTime)[...]
    return kernels.map { kernels in
      defer { rest = rest.dropFirst(kernels.count) }
      return rest.prefix(kernels.count).reduce(0, +)
    }
  }

  private func program(_ compilation: Compilation) throws(DiagnosticError) -> Program {
    try compilation.program(for: build.target, name: "model")
  }

  /// A mixture, compiled from the file that would be written; biases take no time.
  private func compilation(
    _ formats: [String: LayerFormat]
  ) throws(DiagnosticError) -> Compilation {
    let graph = try quantizer.quantized(try quantizer.mixing(formats, into: recipe, []))
    let path = folder.path + "/mixture.onnx"
    try (try graph.exported(ExportOptions(beside: path))).write(to: path)
    return try Compilation(path, options)
  }
}
