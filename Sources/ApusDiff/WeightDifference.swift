public import ApusIR

/// How far the numbers of two tensors of one type are apart.
public struct WeightDifference: Hashable, Sendable {
  /// The elements that differ.
  public var count: Int
  /// The largest distance.
  public var maximum: Double
  /// The norm of the distance relative to that of the old numbers.
  public var relative: Double
  /// The cosine of the angle between both.
  public var cosine: Double
  /// The largest distance in units in the last place, for `f32`.
  public var ulps: Int?
  /// The channel along axis 0 that is farthest off, with its relative distance.
  public var worstChannel: Int
  public var worstRelative: Double

  /// Compares two tensors; `nil` unless they have one type of real or whole numbers.
  ///
  /// - Complexity: linear in the size.
  public init?(from old: TensorData, to new: TensorData) {
    guard old.type == new.type, let a = old.reals, let b = new.reals else { return nil }
    var (total, norm, other, dot) = (0.0, 0.0, 0.0, 0.0)
    (count, maximum, worstChannel, worstRelative) = (0, 0, 0, 0)
    let rows = old.type.shape.extents?.first ?? 1
    let width = max(1, a.count / max(1, rows))
    for start in stride(from: 0, to: a.count, by: width) {
      var (rowDistance, rowNorm) = (0.0, 0.0)
      for place in start..<min(start + width, a.count) {
        let (x, y) = (a[place], b[place])
        if x.bitPattern != y.bitPattern { count += 1 }
        let distance = x == y || (x.isNaN && y.isNaN) ? 0 : abs(x - y)
        maximum = distance.isNaN ? .infinity : max(maximum, distance)
        rowDistance += distance * distance
        rowNorm += x * x
        other += y * y
        dot += x * y
      }
      let share = WeightDifference.ratio(rowDistance, rowNorm)
      if share > worstRelative { (worstRelative, worstChannel) = (share, start / width) }
      total += rowDistance
      norm += rowNorm
    }
    relative = WeightDifference.ratio(total, norm)
    cosine = norm == 0 || other == 0 ? (norm == other ? 1 : 0) : dot / (norm * other).squareRoot()
    ulps = old.type.element == .f32 ? WeightDifference.ulps(a, b) : nil
  }

  private static func ratio(_ distance: Double, _ norm: Double) -> Double {
    if distance == 0 { return 0 }
    return norm == 0 || distance.isNaN ? .infinity : (distance / norm).squareRoot()
  }

  private static func ulps(_ a: [Double], _ b: [Double]) -> Int {
    func order(_ value: Double) -> Int {
      let bits = Int(Int32(bitPattern: Float(value).bitPattern))
      return bits >= 0 ? bits : Int(Int32.min) - bits
    }
    return zip(a, b).reduce(0) { Swift.max($0, abs(order($1.0) - order($1.1))) }
  }
}

extension TensorData {
  /// The elements as real numbers, for types that a `Double` holds.
  fileprivate var reals: [Double]? {
    switch type.element {
    case .f32: elements(as: Float.self).map(Double.init)
    case .f64: elements(as: Double.self)
    case .f16: elements(as: Float16.self).map(Double.init)
    case .bf16:
      elements(as: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .i8: elements(as: Int8.self).map(Double.init)
    case .u8, .bool: elements(as: UInt8.self).map(Double.init)
    case .i16: elements(as: Int16.self).map(Double.init)
    case .u16: elements(as: UInt16.self).map(Double.init)
    case .i32: elements(as: Int32.self).map(Double.init)
    case .u32: elements(as: UInt32.self).map(Double.init)
    case .i64: elements(as: Int64.self).map(Double.init)
    case .u64: elements(as: UInt64.self).map(Double.init)
    case .string, .c64, .c128, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3,
      .f6e3m2, .f4e2m1, .i4, .u4, .i2, .u2:
      nil
    }
  }
}
