internal import ApusIR

/// The numbers that a format of weights can hold, before they are scaled.
struct WeightCode: Hashable {
  /// The type of stored weights.
  let element: ElementType
  /// The smallest and the largest integer; the largest magnitude of floats.
  let lowest: Float
  let highest: Float
  /// Whether a zero point is stored beside the scale.
  let hasZero: Bool

  /// Integers of a type; symmetric ones leave out the one that has no opposite when they have 8
  /// bits, where it is worth nothing.
  init(integers element: ElementType) {
    let bounds = element.integerBounds
    self.element = element
    lowest = Float(element == .i8 ? -bounds.highest : bounds.lowest)
    highest = Float(bounds.highest)
    hasZero = element.kind == .unsigned
  }

  /// Floats with a largest number.
  init(floats element: ElementType, highest: Float) {
    self.element = element
    (lowest, self.highest, hasZero) = (-highest, highest, false)
  }

  /// A scale with the integer that stands for 0.
  struct Step: Hashable {
    var scale: Float
    var zero: Float = 0
  }

  /// The nearest integer.
  func integer(_ value: Float, _ step: Step) -> Float {
    min(max((value / step.scale).rounded(.toNearestOrEven) + step.zero, lowest), highest)
  }

  /// The step for numbers; that of 0 alone is tiny.
  func step(for values: [Float], _ rounding: WeightRounding) -> Step {
    let (low, high) = values.reduce((Float(0), Float(0))) { (min($0.0, $1), max($0.1, $1)) }
    let widest = hasZero ? (high - low) / (highest - lowest) : max(high, -low) / highest
    guard widest.isNormal else { return Step(scale: 1e-10) }
    guard rounding != .nearest, element.isInteger else { return shrunk(low, widest, 1) }
    var (best, least) = (shrunk(low, widest, 1), Float.infinity)
    // Fewer bits lose less by clipping.
    let depth: Float = element.bitWidth > 4 ? 0.5 : 0.75
    for turn in 0..<48 {
      let step = shrunk(low, widest, 1 - depth * Float(turn) / 48)
      var error: Float = 0
      for value in values {
        let distance = value - (integer(value, step) - step.zero) * step.scale
        error += distance * distance
      }
      if error < least { (best, least) = (step, error) }
    }
    return best
  }

  private func shrunk(_ low: Float, _ widest: Float, _ share: Float) -> Step {
    let scale = widest * share
    guard hasZero else { return Step(scale: scale) }
    let zero = (lowest - low * share / scale).rounded(.toNearestOrEven)
    return Step(scale: scale, zero: min(max(zero, lowest), highest))
  }
}
