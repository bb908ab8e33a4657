internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusQuantize
internal import ApusRuntime

/// What the command line asks about the speed of the result.
struct GateOptions {
  private enum When: String, CaseIterable { case auto, yes, no }

  private let when: When
  private let allowsSlower: Bool
  private let build: Runner.Build

  init(_ arguments: Arguments) throws(DiagnosticError) {
    when = try arguments.choice("--measure", default: .auto)
    allowsSlower = arguments.has("--allow-slower")
    build = Runner.Build(
      target: try CompileOptions.target(arguments),
      compiler: CCompiler(command: arguments["--cc"]))
    guard when != .yes || isHere else { throw .usage("--measure yes needs --target native") }
  }

  /// Whether the target is this machine.
  private var isHere: Bool { build.target == .native }

  /// Whether a model may be written: it is as fast as the real one, slower ones are allowed, or
  /// nothing can be measured here.
  func passes(
    _ real: String, _ quantized: ExportedModel, _ samples: [CalibrationSample],
    _ forms: Compilation.Options, _ console: Console
  ) throws(DiagnosticError) -> Bool {
    guard when != .no else { return true }
    guard isHere else {
      console.message("not measured: \(build.target.name) is another machine")
      return true
    }
    let gate: SpeedGate
    do throws(DiagnosticError) {
      gate = try SpeedGate.measure(
        real: real, quantized: quantized, try fixed(forms, of: real, samples), build)
    } catch {
      guard when == .auto, error.diagnostics.allSatisfy({ Self.isNoMistake($0) }) else {
        throw error
      }
      console.message("not measured: \(error.diagnostics.first?.message ?? "")")
      return true
    }
    if gate.fails, !allowsSlower {
      console.message(gate.diagnostic.text)
      return false
    }
    console.message(gate.summary)
    return true
  }

  /// What finds times of mixtures, and the times of layers: measured where that is possible and
  /// wanted, modelled elsewhere if `mayModel`.
  func latencies(
    of model: String, _ quantizer: Quantizer, _ recipe: QuantizationRecipe,
    _ formats: [LayerFormat], _ samples: [CalibrationSample], _ forms: Compilation.Options,
    mayModel: Bool, _ console: Console
  ) throws(DiagnosticError) -> (meter: LatencyMeter, profile: LatencyProfile) {
    let options = try fixed(forms, of: model, samples)
    func found(
      _ source: LatencyProfile.Source
    ) throws(DiagnosticError) -> (LatencyMeter, LatencyProfile) {
      let meter = try LatencyMeter(source, model, quantizer, recipe, options, build)
      let profile = try meter.profile(formats) { layer in
        if console.isInteractive { console.message("timing \(layer)") }
      }
      return (meter, profile)
    }
    if when != .no, isHere {
      do throws(DiagnosticError) { return try found(.measured) } catch {
        guard when == .auto, mayModel, error.diagnostics.allSatisfy({ Self.isNoMistake($0) })
        else { throw error }
        console.message("modelled, not measured: \(error.diagnostics.first?.message ?? "")")
      }
    }
    guard mayModel else {
      throw .usage("seconds are not measured here: give a share, such as --budget latency=60%")
    }
    return try found(.modelled)
  }

  /// Whether measuring is not possible here, which says nothing about the model.
  private static func isNoMistake(_ diagnostic: Diagnostic) -> Bool {
    diagnostic.id == "c-compiler-missing" || diagnostic.category == .unsupported
      || diagnostic.category == .usage
  }

  /// Options with the sizes of the first sample; 1 for symbols without one.
  private func fixed(
    _ forms: Compilation.Options, of model: String, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> Compilation.Options {
    let interface = try ModelInterface(of: model)
    var result = forms
    result.bounds = []
    for (_, type) in try interface.inputs(forms.importing) {
      for symbol in type.shape.dimensions.flatMap(\.symbols) { result.dimensions[symbol] = 1 }
    }
    let given = try interface.dimensions(forms.importing) { place, _ in
      guard let inputs = samples.first?.inputs, place < inputs.count else { return nil }
      return inputs[place].type.shape.extents
    }
    result.dimensions.merge(given) { $1 }
    return result
  }
}
