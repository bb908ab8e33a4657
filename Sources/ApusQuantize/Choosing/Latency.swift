public import ApusIR

/// The most time that a run may take.
public enum LatencyLimit: Hashable, Sendable {
  case seconds(Double)
  /// In terms of the time of the real model.
  case share(Double)
}

/// The times of a model and of its layers in several formats.
public struct LatencyProfile: Sendable {
  /// Where times come from, which is their unit too.
  public enum Source: String, Sendable {
    /// Seconds of this machine.
    case measured
    /// Nanoseconds by estimate.
    case modelled
  }

  /// Where times come from.
  public let source: Source
  /// The time that a run of the real model takes.
  public let real: Double
  /// The times of layers by format.
  private let layers: [LayerFormat: [String: Double]]

  /// A profile; layers without a time take none.
  public init(_ source: Source, real: Double, layers: [LayerFormat: [String: Double]]) {
    (self.source, self.real, self.layers) = (source, real, layers)
  }

  /// The time that a layer takes in a format.
  public func time(of layer: String, in format: LayerFormat) -> Double {
    layers[format]?[layer] ?? 0
  }

  /// The time that a limit allows.
  public func time(of limit: LatencyLimit) -> Double {
    switch limit {
    case .seconds(let seconds): seconds
    case .share(let share): share * real
    }
  }
}

extension TradeOff {
  /// How many mixtures are timed at most between the fastest one and the real model.
  private static let rounds = 6

  /// Times some mixtures along the way, `count` at most.
  public mutating func time(
    _ count: Int, _ time: ([String: LayerFormat]) throws(DiagnosticError) -> Double
  ) throws(DiagnosticError) {
    for place in places(count) { _ = try timed(place, time) }
  }

  /// Chooses the most exact mixture that is fast enough as a whole; `limit` has the unit of the
  /// profile.
  ///
  /// The fastest mixture by estimate is timed first, and the one without real layers. Then
  /// estimates, stretched to what was timed on both sides of the limit, say where to try next.
  ///
  /// - Throws: `quantize-budget` when both miss the limit, with the best time that was reached;
  ///   `told` says a time for people.
  public mutating func choose(
    latency limit: Double, told: (Double) -> String,
    _ time: ([String: LayerFormat]) throws(DiagnosticError) -> Double,
    _ error: ([String: LayerFormat]) throws(DiagnosticError) -> OutputError
  ) throws(DiagnosticError) {
    var missed = points.count - 1
    guard try timed(missed, time) > limit else {
      choice = missed
      return
    }
    func expected(_ place: Int) -> Double { points[place].expectedTime ?? 0 }
    let fastest = points.indices.min { expected($0) < expected($1) } ?? 0
    var met = fastest
    if try timed(fastest, time) > limit { met = 0 }
    guard try timed(met, time) <= limit else {
      let best = points.compactMap(\.time).min() ?? 0
      throw .unreachable("the best time reached is \(told(best)), not \(told(limit))")
    }
    if met != fastest { missed = fastest }
    for _ in 0..<Self.rounds where missed - met > 1 {
      let (fast, slow) = (try timed(met, time), try timed(missed, time))
      let share = (limit - fast) / max(slow - fast, .leastNormalMagnitude)
      let aim = expected(met) + share * (expected(missed) - expected(met))
      let place = (met + 1..<missed).last { expected($0) <= aim } ?? met + 1
      if try timed(place, time) <= limit { met = place } else { missed = place }
    }
    choice = met
    _ = try measured(met, error)
  }

  /// The time of a mixture, found once.
  private mutating func timed(
    _ place: Int, _ time: ([String: LayerFormat]) throws(DiagnosticError) -> Double
  ) throws(DiagnosticError) -> Double {
    if let known = points[place].time { return known }
    let found = try time(points[place].formats)
    points[place].time = found
    return found
  }
}
