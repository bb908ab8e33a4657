internal import ApusIR
internal import Foundation

/// How far outputs of a quantized model lie from those of the real one.
public struct OutputError: Hashable, Sendable {
  /// The power of the difference, in terms of that of the real outputs.
  public private(set) var noise = 0.0
  /// The Kullback-Leibler divergence of the last axis as chances, in nats per row.
  public private(set) var divergence = 0.0
  /// Whether all real outputs are rows of chances.
  private var isOfChances = false

  /// No error.
  public init() {}

  /// An error of a power that was summed up.
  init(noise: Double) { self.noise = noise }

  /// The ratio of the power of the real outputs to that of the difference, in decibels.
  public var decibels: Double { -10 * log10(max(noise, 1e-20)) }

  /// Whether outputs lie closer to the real ones: by their divergence where the real ones are
  /// chances, by their difference elsewhere.
  func isCloser(than other: OutputError) -> Bool {
    isOfChances ? divergence < other.divergence : noise < other.noise
  }

  /// Compares runs of two models, sample by sample and output by output.
  init(_ real: [[TensorData]], _ quantized: [[TensorData]]) {
    var (signal, difference, rows, total) = (0.0, 0.0, 0, 0.0)
    isOfChances = true
    for (want, got) in zip(real.joined(), quantized.joined()) where want.type.element == .f32 {
      let (a, b) = (want.elements(as: Float.self), got.elements(as: Float.self))
      for (x, y) in zip(a, b) {
        signal += Double(x) * Double(x)
        difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
      }
      let width = want.type.shape.extents?.last ?? 1
      guard width > 1 else {
        isOfChances = false
        continue
      }
      for start in stride(from: 0, to: min(a.count, b.count), by: width) {
        if !Self.areChances(a[start..<start + width]) { isOfChances = false }
        total += Self.divergence(a[start..<start + width], b[start..<start + width])
        rows += 1
      }
    }
    noise = signal > 0 ? difference / signal : difference > 0 ? 1 : 0
    divergence = rows > 0 ? total / Double(rows) : 0
  }

  /// Rows that are chances already are taken as they are, others through softmax.
  private static func divergence(_ real: ArraySlice<Float>, _ other: ArraySlice<Float>) -> Double {
    let (p, q) = (chances(real), chances(other))
    return zip(p, q).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / max($1.1, 1e-12)) : 0) }
  }

  private static func areChances(_ row: ArraySlice<Float>) -> Bool {
    row.allSatisfy { $0 >= 0 } && abs(row.reduce(0) { $0 + Double($1) } - 1) < 1e-3
  }

  private static func chances(_ row: ArraySlice<Float>) -> [Double] {
    if areChances(row) { return row.map { Double($0) } }
    let highest = Double(row.max() ?? 0)
    let powers = row.map { exp(Double($0) - highest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }
}
