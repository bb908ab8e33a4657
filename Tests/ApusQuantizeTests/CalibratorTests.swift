import ApusIR
import ApusTestSupport
import Testing

@testable import ApusQuantize

@Suite struct CalibratorTests {
  private func histogram(_ numbers: [Float]) -> Histogram {
    var histogram = Histogram()
    let isFinite = numbers.withUnsafeBufferPointer { histogram.add($0) }
    #expect(isFinite)
    return histogram
  }

  /// Sums of twelve uniform numbers: nearly normal, with a deviation of 1.
  private func normal(_ count: Int) -> [Float] {
    var random = SeededRandom(seed: 7)
    return (0..<count).map { _ in
      (0..<12).reduce(Float(-6)) { sum, _ in sum + Float(random.next() >> 40) * 0x1p-24 }
    }
  }

  @Test func rangesDoubleWithoutLosingCounts() {
    var histogram = Histogram()
    for numbers: [Float] in [[0.5, -0.25, 0], [3, -9, 0], [1e-3]] {
      #expect(numbers.withUnsafeBufferPointer { histogram.add($0) })
    }
    #expect(histogram.range == RealRange(low: -9, high: 3))
    #expect(histogram.zeros == 2)
    #expect(histogram.counts.reduce(0, +) == 5)
    let bin = Histogram.half + Int(3 / histogram.width)
    #expect(histogram.counts[bin] == 1)
  }

  @Test func numbersThatAreNoneAreRefused() {
    var histogram = Histogram()
    #expect(![1, Float.nan].withUnsafeBufferPointer { histogram.add($0) })
    #expect(![1, Float.infinity].withUnsafeBufferPointer { histogram.add($0) })
    #expect(histogram.isEmpty)
  }

  @Test func minMaxTakesEverything() {
    let range = Calibrator.minMax.range(of: histogram([-2, 1, 5]), as: .u8, percentile: 99)
    #expect(range == RealRange(low: -2, high: 5))
  }

  @Test func percentileLeavesOutAShare() {
    let numbers = (1...1000).map { Float($0) }
    let range = Calibrator.percentile.range(of: histogram(numbers), as: .u8, percentile: 90)
    #expect(abs(range.low - 51) < 1 && abs(range.high - 950) < 1)
  }

  /// Few levels do better without the far ends.
  @Test(arguments: [(Calibrator.mse, ElementType.i4), (.entropy, .i8)])
  func outliersAreCutOff(_ calibrator: Calibrator, _ element: ElementType) {
    let range = calibrator.range(of: histogram(normal(20_000) + [8]), as: element, percentile: 0)
    #expect(range.high < 5 && range.high > 1.5)
  }

  @Test func leastErrorIsNeverMoreThanThatOfMinMax() {
    for element in [ElementType.u8, .i8] {
      let numbers = normal(20_000)
      let counts = histogram(numbers)
      let errors = Calibrator.allCases.map { calibrator in
        let range = calibrator.range(of: counts, as: element, percentile: 99.999)
        let parameters = AffineParameters(element, covering: range)
        return numbers.reduce(0) { sum, number in
          let distance = Double(number) - parameters.stored(Double(number))
          return sum + distance * distance
        }
      }
      #expect(errors[3] <= errors.min().map { $0 * 1.001 } ?? 0)
    }
  }

  @Test func parametersCoverARangeAndZero() {
    let positive = AffineParameters(.u8, covering: RealRange(low: 0.5, high: 2.55))
    #expect(positive.zero == 0 && abs(positive.scale - 0.01) < 1e-8)
    let both = AffineParameters(.i8, covering: RealRange(low: -1, high: 1.55))
    #expect(both.zero == -28 && abs(both.scale - 0.01) < 1e-8)
    let nothing = AffineParameters(.u8, covering: RealRange(low: 0, high: 1e-44))
    #expect(nothing.scale == 1 && nothing.zero == 0)
    #expect(both.stored(100) == Double(both.scale) * 155)
  }
}
