internal import ApusIR
internal import Foundation

/// How the range of a tensor is picked from the numbers that calibration saw.
public enum Calibrator: String, Hashable, Sendable, CaseIterable {
  /// All numbers.
  case minMax = "min-max"
  /// All but a share of the smallest and the largest.
  case percentile
  /// The range whose stored distribution tells most of the real one (TensorRT, 8-bit inference).
  case entropy
  /// The range with the least squared error of what is stored.
  case mse

  /// The range of the numbers of a histogram that is not empty.
  ///
  /// `percentile` is the share in percent that stays inside, used by `.percentile` alone.
  func range(
    of histogram: Histogram, as element: ElementType, percentile: Double
  ) -> RealRange {
    switch self {
    case .minMax: histogram.range
    case .percentile: histogram.range(holding: percentile / 100)
    case .entropy: histogram.leastDivergence(levels: 1 << element.bitWidth)
    case .mse: histogram.leastError(as: element)
    }
  }
}

extension Histogram {
  /// The range that holds a share of all numbers, half of the others on either side.
  fileprivate func range(holding share: Double) -> RealRange {
    let total = counts.reduce(zeros, +)
    let outside = Int((Double(total) * (1 - share) / 2).rounded())
    func edge(_ bins: some Sequence<Int>) -> Int {
      var sum = 0
      for bin in bins {
        sum += counts[bin] + (bin == Self.half ? zeros : 0)
        if sum > outside { return bin }
      }
      return Self.half
    }
    let low = middle(edge(0..<counts.count)) - width / 2
    let high = middle(edge((0..<counts.count).reversed())) + width / 2
    return RealRange(low: max(low, range.low), high: min(high, range.high))
  }

  // MARK: Least squared error

  /// The range with the least squared error: both ends shrink together, then each alone.
  fileprivate func leastError(as element: ElementType) -> RealRange {
    let bins = counts.indices.filter { counts[$0] > 0 }
    let (middles, weights) = (bins.map(middle), bins.map { Double(counts[$0]) })
    var best = range
    var least = Double.infinity
    func consider(_ candidate: RealRange) {
      let parameters = AffineParameters(element, covering: candidate)
      var error = 0.0
      for (place, number) in middles.enumerated() {
        let distance = number - parameters.stored(number)
        error += weights[place] * distance * distance
        if error >= least { return }
      }
      (best, least) = (candidate, error)
    }
    let shares = (0..<48).map { 1 - Double($0) * 0.016 }
    for share in shares { consider(RealRange(low: range.low * share, high: range.high * share)) }
    for _ in 0..<2 {
      let start = best
      for share in shares + [1.016, 1.032] {
        consider(RealRange(low: start.low, high: min(range.high, start.high * share)))
      }
      let next = best
      for share in shares + [1.016, 1.032] {
        consider(RealRange(low: max(range.low, next.low * share), high: next.high))
      }
    }
    return best
  }

  // MARK: Least divergence

  /// The range whose numbers, spread over the levels of a format, diverge least from the real ones.
  fileprivate func leastDivergence(levels: Int) -> RealRange {
    let isOneSided = range.low >= 0 || range.high <= 0
    let levels = isOneSided ? levels : levels / 2
    var magnitudes = [Double](repeating: 0, count: Self.half)
    for (bin, count) in counts.enumerated() {
      magnitudes[bin >= Self.half ? bin - Self.half : Self.half - 1 - bin] += Double(count)
    }
    let last = magnitudes.lastIndex { $0 > 0 } ?? 0
    var (best, least) = (last + 1, Double.infinity)
    for count in stride(from: min(levels, last + 1), through: last + 1, by: 8) {
      let divergence = Self.divergence(magnitudes, keeping: count, levels: levels)
      if divergence < least { (best, least) = (count, divergence) }
    }
    let edge = Double(best) * width
    return RealRange(low: max(range.low, -edge), high: min(range.high, edge))
  }

  /// The Kullback-Leibler divergence of the first `count` magnitudes, with all larger ones in the
  /// last bin, from what so many levels keep of them.
  private static func divergence(
    _ magnitudes: [Double], keeping count: Int, levels: Int
  ) -> Double {
    var real = Array(magnitudes[..<count])
    real[count - 1] += magnitudes[count...].reduce(0, +)
    var kept = [Double](repeating: 0, count: count)
    for level in 0..<min(levels, count) {
      let bins = level * count / levels..<max((level + 1) * count / levels, 1)
      let filled = bins.filter { magnitudes[$0] > 0 }
      guard !filled.isEmpty else { continue }
      let mean = bins.reduce(0) { $0 + magnitudes[$1] } / Double(filled.count)
      for bin in filled { kept[bin] = mean }
    }
    let (realSum, keptSum) = (real.reduce(0, +), kept.reduce(0, +))
    guard realSum > 0, keptSum > 0 else { return .infinity }
    return zip(real, kept).reduce(0) { sum, pair in
      guard pair.0 > 0 else { return sum }
      let (p, q) = (pair.0 / realSum, max(pair.1 / keptSum, 1e-12))
      return sum + p * log(p / q)
    }
  }
}
