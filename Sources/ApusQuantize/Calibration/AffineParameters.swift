public import ApusIR

/// How real numbers are stored as integers: `real = scale * (stored - zero)`.
public struct AffineParameters: Hashable, Sendable {
  /// The type of stored integers.
  public let element: ElementType
  /// The real distance of neighbouring integers; finite, positive and not denormal.
  public let scale: Float
  /// The integer that stands for 0.
  public let zero: Int

  /// Parameters that are known.
  public init(_ element: ElementType, scale: Float, zero: Int) {
    self.element = element
    self.scale = scale
    self.zero = zero
  }

  /// The parameters that cover a range and 0 with all integers of a type of at most 16 bits.
  ///
  /// A range of nothing but 0 gets the scale 1.
  init(_ element: ElementType, covering range: RealRange) {
    let (lowest, highest) = element.integerBounds
    let (low, high) = (min(range.low, 0), max(range.high, 0))
    let step = Float((high - low) / Double(highest - lowest))
    guard step.isNormal else {
      self.init(element, scale: 1, zero: min(max(0, lowest), highest))
      return
    }
    let zero = (Double(lowest) - low / Double(step)).rounded(.toNearestOrEven)
    self.init(
      element, scale: step, zero: Int(min(max(zero, Double(lowest)), Double(highest))))
  }

  /// A real number after it was stored.
  func stored(_ real: Double) -> Double {
    let (lowest, highest) = element.integerBounds
    let steps = (real / Double(scale)).rounded(.toNearestOrEven) + Double(zero)
    return (min(max(steps, Double(lowest)), Double(highest)) - Double(zero)) * Double(scale)
  }
}

/// A range of real numbers.
struct RealRange: Hashable, Sendable {
  var low: Double
  var high: Double
}

extension ElementType {
  /// The smallest and the largest integer of a type of at most 16 bits.
  var integerBounds: (lowest: Int, highest: Int) {
    kind == .signed
      ? (-(1 << (bitWidth - 1)), 1 << (bitWidth - 1) - 1) : (0, 1 << bitWidth - 1)
  }
}
