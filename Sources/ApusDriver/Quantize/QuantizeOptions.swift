internal import ApusIR
internal import ApusQuantize

/// What the command line asks of a quantized model.
enum QuantizeOptions {
  private enum Activations: String, CaseIterable { case u8, s8 }
  private enum Method: String, CaseIterable { case `static`, dynamic, weights }

  private enum Answer: String, CaseIterable { case auto, yes, no }

  /// Options that say how decisions are made; a recipe has them already.
  private static let deciding = [
    "--method", "--weights", "--activations", "--calibrate", "--percentile", "--rounding",
    "--block", "--asymmetric", "--scope", "--exclude", "--bias-correction",
    "--equalize", "--smooth",
  ]

  /// Fails when a recipe and options that decide the same stand together.
  static func check(_ arguments: Arguments) throws(DiagnosticError) {
    if arguments.has("--from-recipe"), let word = deciding.first(where: arguments.has) {
      throw .usage("\(word) and --from-recipe exclude each other")
    }
  }

  static func parse(_ arguments: Arguments) throws(DiagnosticError) -> QuantizationOptions {
    var options = QuantizationOptions()
    options.format = try format(arguments)
    options.signedActivations =
      try arguments.choice("--activations", default: Activations.u8) == .s8
    if arguments.has("--calibrate"), arguments["--calibrate"] != "auto" {
      options.calibrator = try arguments.choice("--calibrate", default: Calibrator.mse)
    }
    options.rounding = try arguments.choice("--rounding", default: options.rounding)
    options.percentile = try arguments.number("--percentile", default: options.percentile)
    guard options.percentile > 50, options.percentile <= 100 else {
      throw .usage("--percentile must be above 50 and at most 100")
    }
    options.block = try arguments.integer("--block", in: 0...1 << 20, default: options.block)
    options.symmetric = !arguments.has("--asymmetric")
    switch try arguments.choice("--bias-correction", default: Answer.auto) {
    case .auto: options.correctsBias = nil
    case .yes: options.correctsBias = true
    case .no: options.correctsBias = false
    }
    if arguments.has("--scope") {
      options.scope = try arguments.choice("--scope", default: QuantizationScope.all)
    }
    options.excluded = Set(arguments.all("--exclude"))
    options.equalizes = arguments.has("--equalize")
    if arguments.has("--smooth") {
      options.smoothing = try arguments.number("--smooth", default: 0.5)
    }
    guard options.smoothing ?? 0 <= 1 else { throw .usage("--smooth takes a share from 0 to 1") }
    if options.rounding == .gptq || options.smoothing != nil, !arguments.has("--data") {
      throw .usage("--rounding gptq and --smooth need --data")
    }
    return options
  }

  private static func format(_ arguments: Arguments) throws(DiagnosticError) -> LayerFormat {
    let usual: Method = arguments.has("--weights") ? .weights : .static
    let method = try arguments.choice("--method", default: usual)
    guard method == .weights || !arguments.has("--weights") else {
      throw .usage("--weights needs --method weights")
    }
    switch method {
    case .static:
      guard arguments.has("--data") else {
        throw .usage("--data DIR is missing; without data there are --method dynamic and weights")
      }
      return .integers
    case .dynamic: return .dynamic
    case .weights:
      let word = arguments["--weights"] ?? LayerFormat.int8.rawValue
      guard let format = LayerFormat.stored.first(where: { $0.rawValue == word }) else {
        let all = LayerFormat.stored.map(\.rawValue).joined(separator: ", ")
        throw .usage("--weights must be one of \(all)")
      }
      return format
    }
  }
}
