internal import ApusIR
internal import ApusQuantize
internal import ApusRuntime

/// What the command line asks about mixtures of formats.
struct ChoiceOptions {
  private let budget: QuantizationBudget?
  private let showsTable: Bool
  private let report: String?
  /// The formats that layers may have, by what the recipe gives them.
  private static let formats: [LayerFormat] = [.fp16, .int8, .int4, .int2]
  /// How many mixtures are measured for a report.
  private static let measured = 6

  init(_ arguments: Arguments) throws(DiagnosticError) {
    budget = try arguments["--budget"].map { text throws(DiagnosticError) in
      try Self.budget(text)
    }
    showsTable = arguments.has("--sensitivity")
    report = arguments["--report"]
    guard !isAsked || arguments.has("--data") else {
      throw .usage("--sensitivity, --budget and --report need --data")
    }
    guard !isAsked || !arguments.has("--from-recipe") else {
      throw .usage("a recipe has chosen already: leave out --budget and the like")
    }
    if let report, !["html", "svg", "json"].contains(where: { report.hasSuffix("." + $0) }) {
      throw .usage("--report takes a file that ends in .html, .svg or .json")
    }
  }

  /// Whether mixtures are asked for at all.
  var isAsked: Bool { budget != nil || writesMixtures }

  /// Whether someone wants to see them.
  private var writesMixtures: Bool { showsTable || report != nil }

  private static func budget(_ text: String) throws(DiagnosticError) -> QuantizationBudget {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 2, parts[0] == "bytes", let count = Int(parts[1]), count > 0 {
      return .bytes(count)
    }
    if parts.count == 2, parts[0] == "accuracy", let level = Double(parts[1]), level.isFinite {
      return .accuracy(level)
    }
    if parts.count == 2, parts[0] == "latency", let limit = latency(parts[1]) {
      return .latency(limit)
    }
    throw .usage(
      "--budget needs bytes=COUNT, accuracy=DECIBELS, latency=2ms (s, ms or us) or latency=60%, "
        + "not \(text)")
  }

  private static func latency(_ text: String) -> LatencyLimit? {
    let units = [("%", 0.01), ("ms", 1e-3), ("us", 1e-6), ("s", 1)]
    guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = Double(text.dropLast(unit.count)), number > 0, (number * factor).isFinite
    else { return nil }
    return unit == "%" ? .share(number * factor) : .seconds(number * factor)
  }

  /// The recipe with the mixture that keeps to the budget; tables and reports on the way.
  func choose(
    _ quantizer: Quantizer, _ recipe: QuantizationRecipe, _ samples: [CalibrationSample],
    model: String, _ gate: GateOptions, _ forms: Compilation.Options, _ console: Console
  ) throws(DiagnosticError) -> QuantizationRecipe {
    let meter = try OutputMeter(quantizer, samples)
    let smallest = recipe.options.format
    let formats = [smallest] + Self.formats(above: smallest) + [.float]
    let sensitivities = try quantizer.sensitivities(recipe, to: formats, meter) { layer in
      if console.isInteractive { console.message("measuring \(layer)") }
    }
    func error(_ formats: [String: LayerFormat]) throws(DiagnosticError) -> OutputError {
      try meter.error(of: try quantizer.mixing(formats, into: recipe, samples))
    }
    var tradeOff = TradeOff(sensitivities, otherBytes: quantizer.otherBytes)
    switch budget {
    case .bytes(let most): try tradeOff.choose(bytes: most, error)
    case .accuracy(let least): try tradeOff.choose(accuracy: least, error)
    case .latency(let limit):
      let mayModel = if case .share = limit { true } else { false }
      let (meter, profile) = try gate.latencies(
        of: model, quantizer, recipe, formats, samples, forms, mayModel: mayModel, console)
      tradeOff = TradeOff(sensitivities, otherBytes: quantizer.otherBytes, profile: profile)
      func time(_ formats: [String: LayerFormat]) throws(DiagnosticError) -> Double {
        try meter.time(of: formats, beside: profile)
      }
      try tradeOff.choose(latency: profile.time(of: limit), told: profile.text, time, error)
      if writesMixtures { try tradeOff.time(Self.measured, time) }
    case nil: break
    }
    if writesMixtures { try tradeOff.measure(Self.measured, error) }
    let result = TradeOffReport(model: model, tradeOff: tradeOff)
    if showsTable { console.output(result.text) }
    if let report {
      let text =
        report.hasSuffix(".html")
        ? result.page : report.hasSuffix(".svg") ? result.drawing + "\n" : result.json.text + "\n"
      try writeWhole(text, to: report)
    }
    guard let choice = tradeOff.choice else { return recipe }
    return try quantizer.mixing(tradeOff.points[choice].formats, into: recipe, samples)
  }

  /// The formats of weights with more bits than one of them has.
  private static func formats(above smallest: LayerFormat) -> [LayerFormat] {
    guard let place = formats.firstIndex(of: smallest) else { return [] }
    return Array(formats[..<place])
  }
}
