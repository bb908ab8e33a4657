internal import ApusIR

/// Weights as integers with one scale per output channel, 0 in the middle.
struct ChannelWeights {
  /// The axis of output channels.
  let axis: Int
  /// The integers.
  private(set) var data: TensorData
  /// One scale per channel.
  private(set) var scales: [Float]

  /// Rounds real weights to integers of 8 bits.
  ///
  /// `least` gives the smallest scale that a channel may have.
  init(
    _ weights: TensorData, axis: Int, _ rounding: WeightRounding, least: (Int) -> Float = { _ in 0 }
  ) {
    self.axis = axis
    let walk = ChannelWalk(weights.type.shape.extents ?? [], axis: axis)
    let numbers = weights.elements(as: Float.self)
    var integers = [Int8](repeating: 0, count: numbers.count)
    scales = []
    for channel in 0..<walk.channels {
      let places = walk.places(of: channel)
      let values = places.map { numbers[$0] }
      let fitted = SymmetricScale.fitting(values, bits: 8, rounding)
      // A channel of zeros takes any scale; a small one leaves room for the bias.
      let scale = max(fitted ?? 1e-10, least(channel))
      scales.append(scale)
      for (place, value) in zip(places, values) {
        integers[place] = Int8(SymmetricScale.integer(value, scale, bits: 8))
      }
    }
    data = TensorData(.i8, weights.type.shape.extents ?? [], integers)
  }
}

/// How weights become integers.
public enum WeightRounding: String, Hashable, Sendable, CaseIterable {
  /// Each to the nearest, the largest magnitude to the largest integer.
  case nearest
  /// Each to the nearest, with the scale that leaves the least squared error.
  case mse
  /// One after the other, each making up for the errors before it on calibration data (GPTQ,
  /// Frantar and others 2022).
  case gptq
}

/// The elements of a tensor by the index along one axis.
struct ChannelWalk {
  let channels: Int
  private let outer: Int
  private let inner: Int

  init(_ extents: [Int], axis: Int) {
    channels = extents[axis]
    outer = extents[..<axis].reduce(1, *)
    inner = extents[(axis + 1)...].reduce(1, *)
  }

  /// The places of the elements of a channel, in row-major order.
  func places(of channel: Int) -> [Int] {
    (0..<outer).flatMap { block in
      let start = (block * channels + channel) * inner
      return start..<start + inner
    }
  }

  /// Calls `body` with the channel of each run of neighbouring places, in row-major order.
  func forEachRun(_ body: (_ channel: Int, _ places: Range<Int>) -> Void) {
    for run in 0..<outer * channels { body(run % channels, run * inner..<(run + 1) * inner) }
  }

  /// The channel of a place.
  func channel(of place: Int) -> Int { place / inner % channels }
}

/// Scales of integers whose zero point is 0.
enum SymmetricScale {
  /// The largest integer of so many bits, which is also the smallest but for its sign.
  private static func highest(_ bits: Int) -> Float { Float(1 << (bits - 1) - 1) }

  /// The scale for numbers; `nil` when all are 0 or too small for a scale.
  static func fitting(_ values: [Float], bits: Int, _ rounding: WeightRounding) -> Float? {
    let largest = values.reduce(0) { max($0, abs($1)) }
    let widest = largest / highest(bits)
    guard widest.isNormal else { return nil }
    guard rounding != .nearest else { return widest }
    var (best, least) = (widest, Float.infinity)
    // Fewer bits lose less by clipping.
    let steps = bits > 4 ? 40 : 64
    for step in 0..<steps {
      let scale = widest * (1 - Float(step) / Float(steps) * (bits > 4 ? 0.5 : 0.7))
      var error: Float = 0
      for value in values {
        let distance = value - Float(integer(value, scale, bits: bits)) * scale
        error += distance * distance
      }
      if error < least { (best, least) = (scale, error) }
    }
    return best
  }

  /// The nearest integer, ties to even.
  static func integer(_ value: Float, _ scale: Float, bits: Int) -> Int {
    let limit = highest(bits)
    return Int(min(max((value / scale).rounded(.toNearestOrEven), -limit), limit))
  }
}
