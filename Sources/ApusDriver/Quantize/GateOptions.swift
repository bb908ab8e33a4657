internal import ApusIR
internal import ApusONNX
internal import ApusQuantize
internal import ApusRuntime

/// What the command line asks about the speed of the result.
struct GateOptions {
  private enum When: String, CaseIterable { case auto, yes, no }

  private let when: When
  private let allowsSlower: Bool
  private let compiler: CCompiler

  init(_ arguments: Arguments) throws(DiagnosticError) {
    when = try arguments.choice("--measure", default: .auto)
    allowsSlower = arguments.has("--allow-slower")
    compiler = CCompiler(command: arguments["--cc"])
  }

  /// Whether a model may be written: it is as fast as the real one, slower ones are allowed, or
  /// nothing can be measured here.
  func passes(
    _ real: String, _ quantized: ExportedModel, _ samples: [CalibrationSample],
    _ forms: Compilation.Options, _ console: Console
  ) throws(DiagnosticError) -> Bool {
    guard when != .no else { return true }
    let gate: SpeedGate
    do throws(DiagnosticError) {
      gate = try SpeedGate.measure(
        real: real, quantized: quantized, try fixed(forms, of: real, samples), compiler)
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
