/// How far an output of the new model is from that of the old one on the same inputs.
public struct OutputDrift: Hashable, Sendable {
  /// The name of the output in the old model.
  public var output: String
  /// How many sets of inputs were run.
  public var runs = 0
  /// The largest distance of two elements; infinite where shapes differ.
  public var maximum = 0.0
  /// The largest norm of the distance of a run, relative to that of the old output.
  public var relative = 0.0
  /// The rows along the last axis that have more than one element.
  public var rows = 0
  /// Those of them whose largest element stands at the same place.
  public var agreeingRows = 0

  /// The drift of an output that has not run yet.
  public init(output: String) { self.output = output }

  /// The share of rows whose largest element stands at the same place, top-1 agreement.
  public var agreement: Double? { rows == 0 ? nil : Double(agreeingRows) / Double(rows) }
}

/// How long runs of both models take, measured in turns.
public struct Timing: Hashable, Sendable {
  /// What the measurement says.
  public enum Verdict: String, Hashable, Sendable, CaseIterable {
    /// The new model takes less time.
    case faster
    /// The new model takes more time.
    case slower
    /// What differs is too little to count.
    case same
    /// The noise is larger than what is to be told apart.
    case inconclusive
  }

  /// The median of the seconds of a run of the old model.
  public var old: Double
  /// The median of the seconds of a run of the new model.
  public var new: Double
  /// The median of the ratios of new to old of all rounds.
  public var ratio: Double
  /// Bounds that hold the true median of ratios with a probability of 99 %.
  public var bounds: ClosedRange<Double>
  /// The number of rounds.
  public var rounds: Int

  /// What is taken as the same: compilers place code differently for no reason.
  static let resolution = 0.02

  /// Sums up rounds; `nil` unless there are eight at least, of positive times.
  ///
  /// The bounds are order statistics of the ratios: they ask nothing of the noise's form but that
  /// rounds are independent.
  public init?(_ times: [(old: Double, new: Double)]) {
    guard times.count >= 8, times.allSatisfy({ $0.old > 0 && $0.new > 0 }) else { return nil }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    let ratios = times.map { $0.new / $0.old }.sorted()
    let reach = 2.576 * Double(ratios.count).squareRoot() / 2
    let middle = Double(ratios.count - 1) / 2
    let low = max(0, Int((middle - reach).rounded(.down)))
    let high = min(ratios.count - 1, Int((middle + reach).rounded(.up)))
    (old, new) = (median(times.map(\.old)), median(times.map(\.new)))
    (ratio, rounds) = (ratios[ratios.count / 2], ratios.count)
    bounds = ratios[low]...ratios[high]
  }

  /// Whether the new model is slower or faster.
  public var verdict: Verdict {
    if bounds.lowerBound > 1 + Timing.resolution { return .slower }
    if bounds.upperBound < 1 - Timing.resolution { return .faster }
    let isNarrow =
      bounds.lowerBound >= 1 - Timing.resolution && bounds.upperBound <= 1 + Timing.resolution
    return isNarrow ? .same : .inconclusive
  }

  /// Whether the new model takes more than so many percent longer; `nil` where noise hides it.
  public func grows(byMoreThan percent: Double) -> Bool? {
    let limit = 1 + percent / 100
    if bounds.lowerBound > limit { return true }
    return bounds.upperBound <= limit ? false : nil
  }
}
