public import ApusIR

/// What mixed formats must keep to.
public enum QuantizationBudget: Hashable, Sendable {
  /// The most bytes that all constants of the model may take.
  case bytes(Int)
  /// The least ratio of signal to noise of the outputs, in decibels.
  case accuracy(Double)
}

/// Mixtures of formats from the smallest model to the most exact one.
public struct TradeOff: Sendable {
  /// One mixture.
  public struct Point: Sendable {
    /// The bytes of all constants.
    public var bytes: Int
    /// The error that the sensitivities of its layers add up to.
    public var expected: OutputError
    /// The error that was measured, where it was.
    public var measured: OutputError?
    /// The format of each layer.
    public var formats: [String: LayerFormat]
  }

  /// The layers and formats that the mixtures are made of.
  public let sensitivities: [LayerSensitivity]
  /// The mixtures, the smallest first.
  public private(set) var points: [Point] = []
  /// The place of the mixture that was chosen.
  public private(set) var choice: Int?

  /// The mixtures of layers whose errors are taken to add up; `otherBytes` are those of all
  /// constants that are no weights.
  ///
  /// From the smallest formats on, each step takes the change that removes most error per byte.
  public init(_ sensitivities: [LayerSensitivity], otherBytes: Int) {
    self.sensitivities = sensitivities
    var options: [String: [LayerSensitivity]] = [:]
    for entry in sensitivities { options[entry.layer, default: []].append(entry) }
    var chosen = options.mapValues { entries in
      entries.min { ($0.bytes, $0.error.noise) < ($1.bytes, $1.error.noise) }
    }
    let layers = sensitivities.map(\.layer).reduce(into: [String]()) {
      if $0.last != $1 { $0.append($1) }
    }
    func point() -> Point {
      let entries = layers.compactMap { chosen[$0] ?? nil }
      return Point(
        bytes: otherBytes + entries.reduce(0) { $0 + $1.bytes },
        expected: OutputError(noise: entries.reduce(0) { $0 + $1.error.noise }),
        formats: Dictionary(uniqueKeysWithValues: entries.map { ($0.layer, $0.format) }))
    }
    points = [point()]
    while true {
      var best: (entry: LayerSensitivity, rate: Double)?
      for layer in layers {
        guard let current = chosen[layer] ?? nil else { continue }
        for entry in options[layer] ?? [] where entry.error.noise < current.error.noise {
          let rate =
            (current.error.noise - entry.error.noise) / Double(max(entry.bytes - current.bytes, 1))
          if rate > best?.rate ?? 0 { best = (entry, rate) }
        }
      }
      guard let best else { break }
      chosen[best.entry.layer] = best.entry
      points.append(point())
    }
  }

  /// Measures some mixtures along the way, `count` at most.
  public mutating func measure(
    _ count: Int, _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) {
    let last = points.count - 1
    for step in 0..<max(min(count, points.count), 1) {
      let place = last == 0 ? 0 : step * last / max(min(count, points.count) - 1, 1)
      _ = try measured(place, error)
    }
  }

  /// The error of a mixture, measured once.
  private mutating func measured(
    _ place: Int, _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) -> OutputError {
    if let known = points[place].measured { return known }
    let measured = try error(points[place].formats)
    points[place].measured = measured
    return measured
  }

  /// Chooses the most exact mixture within a number of bytes, or the smallest one that is exact
  /// enough when it is measured.
  ///
  /// - Throws: `quantize-budget` when no mixture is.
  public mutating func choose(
    _ budget: QuantizationBudget,
    _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) {
    switch budget {
    case .bytes(let most):
      guard let place = points.lastIndex(where: { $0.bytes <= most }) else {
        throw .unreachable("the smallest mixture takes \(points.first?.bytes ?? 0) bytes")
      }
      choice = place
      _ = try measured(place, error)
    case .accuracy(let least):
      // Errors do not add up exactly: what is measured decides, from where they might suffice.
      let start = points.firstIndex { $0.expected.decibels >= least - 3 } ?? points.count - 1
      var place = start
      while place < points.count {
        if try measured(place, error).decibels >= least {
          choice = place
          return
        }
        place += max(1, (points.count - 1 - place) / 4)
      }
      throw .unreachable("no mixture reaches \(least) dB")
    }
  }
}

extension DiagnosticError {
  fileprivate static func unreachable(_ message: String) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .limitExceeded, id: "quantize-budget", "the budget cannot be kept: \(message)",
        help: "allow more formats with --weights, or a larger budget"))
  }
}
