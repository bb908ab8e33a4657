public import ApusIR

/// What mixed formats must keep to.
public enum QuantizationBudget: Hashable, Sendable {
  /// The most bytes that all constants of the model may take.
  case bytes(Int)
  /// The least ratio of signal to noise of the outputs, in decibels.
  case accuracy(Double)
  /// The most time that a run may take.
  case latency(LatencyLimit)
}

/// Mixtures of formats from the smallest model, or the fastest one, to the most exact one.
public struct TradeOff: Sendable {
  /// One mixture.
  public struct Point: Sendable {
    /// The bytes of all constants.
    public var bytes: Int
    /// The error that the sensitivities of its layers add up to.
    public var expected: OutputError
    /// The error that was measured, where it was.
    public var measured: OutputError?
    /// The time that a run takes if layers add up, in the unit of the profile.
    public var expectedTime: Double?
    /// The time of the whole mixture, where it was found.
    public internal(set) var time: Double?
    /// The format of each layer.
    public var formats: [String: LayerFormat]
  }

  /// The layers and formats that the mixtures are made of.
  public let sensitivities: [LayerSensitivity]
  /// The times of layers, where mixtures are ordered by them.
  public let profile: LatencyProfile?
  /// The mixtures, the smallest or fastest first.
  public internal(set) var points: [Point] = []
  /// The place of the mixture that was chosen.
  public internal(set) var choice: Int?

  /// The mixtures of layers whose errors are taken to add up; `otherBytes` are those of all
  /// constants that are no weights.
  ///
  /// From the smallest formats on, each step takes the change that removes most error per byte.
  public init(_ sensitivities: [LayerSensitivity], otherBytes: Int) {
    (self.sensitivities, profile) = (sensitivities, nil)
    walk(otherBytes: otherBytes, from: { ($0.bytes, $0.error.noise) < ($1.bytes, $1.error.noise) })
    {
      let removed = $0.error.noise - $1.error.noise
      return removed > 0 ? removed / Double(max($1.bytes - $0.bytes, 1)) : 0
    }
  }

  /// The mixtures of layers whose errors and times are taken to add up.
  ///
  /// From real layers on, each step takes the change that adds least error per time that it saves;
  /// layers that save nothing come last, because they may when their neighbours are integers too.
  public init(
    _ sensitivities: [LayerSensitivity], otherBytes: Int, profile: LatencyProfile
  ) {
    (self.sensitivities, self.profile) = (sensitivities, profile)
    func time(_ entry: LayerSensitivity) -> Double {
      profile.time(of: entry.layer, in: entry.format)
    }
    let least = profile.real * 1e-9
    walk(otherBytes: otherBytes, from: { a, b in a.format == .float && b.format != .float }) {
      let saved = time($0) - time($1)
      guard $1.format != .float, saved > 0 || $0.format == .float else { return 0 }
      return max(saved, least) / max($1.error.noise - $0.error.noise, 1e-20)
    }
    for place in points.indices {
      points[place].expectedTime = points[place].formats.reduce(profile.real) { sum, layer in
        sum + profile.time(of: layer.key, in: layer.value) - profile.time(of: layer.key, in: .float)
      }
    }
    points.reverse()
    points[points.count - 1].time = profile.real
  }

  /// Adds mixtures: the first of each layer's formats in an order, then whatever gains most, until
  /// no change gains anything.
  private mutating func walk(
    otherBytes: Int, from isBefore: (LayerSensitivity, LayerSensitivity) -> Bool,
    gain: (_ from: LayerSensitivity, _ to: LayerSensitivity) -> Double
  ) {
    var options: [String: [LayerSensitivity]] = [:]
    for entry in sensitivities { options[entry.layer, default: []].append(entry) }
    var chosen = options.compactMapValues { $0.min(by: isBefore) }
    let layers = sensitivities.map(\.layer).reduce(into: [String]()) {
      if $0.last != $1 { $0.append($1) }
    }
    while true {
      let entries = layers.compactMap { chosen[$0] }
      points.append(
        Point(
          bytes: otherBytes + entries.reduce(0) { $0 + $1.bytes },
          expected: OutputError(noise: entries.reduce(0) { $0 + $1.error.noise }),
          formats: Dictionary(uniqueKeysWithValues: entries.map { ($0.layer, $0.format) })))
      var best: (entry: LayerSensitivity, rate: Double)?
      for current in entries {
        for entry in options[current.layer] ?? [] {
          let rate = gain(current, entry)
          if rate > best?.rate ?? 0 { best = (entry, rate) }
        }
      }
      guard let best else { break }
      chosen[best.entry.layer] = best.entry
    }
  }

  /// Measures some mixtures along the way, `count` at most.
  public mutating func measure(
    _ count: Int, _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) {
    for place in places(count) { _ = try measured(place, error) }
  }

  /// Places of at most `count` mixtures, from the first to the last one.
  func places(_ count: Int) -> [Int] {
    let steps = max(min(count, points.count), 1)
    return (0..<steps).map { $0 * (points.count - 1) / max(steps - 1, 1) }
  }

  /// The error of a mixture, measured once.
  mutating func measured(
    _ place: Int, _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) -> OutputError {
    if let known = points[place].measured { return known }
    let measured = try error(points[place].formats)
    points[place].measured = measured
    return measured
  }

  /// Chooses the most exact mixture within a number of bytes.
  ///
  /// - Throws: `quantize-budget` when no mixture is.
  public mutating func choose(
    bytes most: Int, _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) {
    guard let place = points.lastIndex(where: { $0.bytes <= most }) else {
      throw .unreachable("the smallest mixture takes \(points.first?.bytes ?? 0) bytes")
    }
    choice = place
    _ = try measured(place, error)
  }

  /// Chooses the smallest mixture whose outputs, as measured, keep a ratio of signal to noise.
  ///
  /// - Throws: `quantize-budget` when no mixture does.
  public mutating func choose(
    accuracy least: Double,
    _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) {
    // Errors do not add up exactly: what is measured decides, from where they might suffice.
    var place = points.firstIndex { $0.expected.decibels >= least - 3 } ?? points.count - 1
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

extension DiagnosticError {
  static func unreachable(_ message: String) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .limitExceeded, id: "quantize-budget", "the budget cannot be kept: \(message)",
        help: "allow more formats with --weights, or another budget"))
  }
}
