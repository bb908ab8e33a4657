/// How often numbers occur: bins of equal width around 0, over a range that is a power of 2.
///
/// The range doubles where numbers need it, so that one walk over the data is enough and the
/// order of samples alone decides the counts.
struct Histogram: Sendable {
  /// Bins on either side of 0.
  static let half = 4096

  /// The smallest and the largest number.
  private(set) var range = RealRange(low: .infinity, high: -.infinity)
  /// Occurrences of 0, which every format stores exactly; they stand in no bin.
  private(set) var zeros = 0
  private(set) var counts = [Int](repeating: 0, count: 2 * half)
  private var exponent: Int?

  /// Whether no number was added.
  var isEmpty: Bool { range.low > range.high }

  /// The width of a bin.
  var width: Double {
    Double(sign: .plus, exponent: exponent ?? 0, significand: 1) / Double(Self.half)
  }

  /// The real number in the middle of a bin.
  func middle(_ bin: Int) -> Double { (Double(bin - Self.half) + 0.5) * width }

  /// Adds numbers; `false` when one is NaN or infinite, and none is added then.
  mutating func add(_ numbers: UnsafeBufferPointer<Float>) -> Bool {
    var (low, high) = (Float.infinity, -Float.infinity)
    for number in numbers {
      guard number.isFinite else { return false }
      low = min(low, number)
      high = max(high, number)
    }
    guard low <= high else { return true }
    range = RealRange(low: min(range.low, Double(low)), high: max(range.high, Double(high)))
    cover(Double(max(-low, high)))
    let scale = 1 / width
    for number in numbers {
      if number == 0 {
        zeros += 1
      } else {
        let bin = Int((Double(number) * scale).rounded(.down)) + Self.half
        counts[min(max(bin, 0), 2 * Self.half - 1)] += 1
      }
    }
    return true
  }

  /// Makes the range hold numbers of a magnitude.
  private mutating func cover(_ magnitude: Double) {
    let needed = magnitude == 0 ? -126 : Int(magnitude.exponent) + 1
    guard let exponent else {
      self.exponent = needed
      return
    }
    for _ in 0..<max(0, needed - exponent) { halve() }
    self.exponent = max(exponent, needed)
  }

  /// Joins neighbouring bins.
  private mutating func halve() {
    var joined = [Int](repeating: 0, count: 2 * Self.half)
    for (bin, count) in counts.enumerated() where count > 0 {
      joined[(bin - Self.half) >> 1 + Self.half] += count
    }
    counts = joined
  }
}
