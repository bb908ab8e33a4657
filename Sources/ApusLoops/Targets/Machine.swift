/// How fast one core of a machine computes, and how fast it reads from each level of its memory.
public struct Machine: Hashable, Sendable {
  /// Fused multiply-adds of `f32` in a nanosecond.
  public var multiplyAdds: Double
  /// The bytes of the three caches that a core reads through, nearest first.
  public var caches: [Int]
  /// Bytes read in a nanosecond, from each cache and then from memory.
  public var reads: [Double]

  /// A machine that was measured.
  public init(multiplyAdds: Double, caches: [Int], reads: [Double]) {
    self.multiplyAdds = multiplyAdds
    self.caches = caches
    self.reads = reads
  }

  /// A machine with usual proportions whose second-level cache has `cache` bytes.
  init(multiplyAdds: Double, cache: Int) {
    self.init(
      multiplyAdds: multiplyAdds, caches: [min(cache, 32 << 10), cache, 16 * cache],
      reads: [4, 1, 0.4, 1.0 / 6].map { $0 * 1.25 * multiplyAdds })
  }

  /// Bytes read in a nanosecond where `bytes` are read again and again, other data between them.
  public func readRate(of bytes: Int) -> Double {
    if bytes <= caches[0] / 2 { return reads[0] }
    if bytes <= caches[1] / 2 { return reads[1] }
    return bytes <= caches[2] ? reads[2] : reads[3]
  }

  /// How much longer than from the second-level cache it takes to read one of `bytes`.
  func distance(_ bytes: Int) -> Double { max(reads[1] / readRate(of: bytes), 1) }
}
