internal import ApusIR

extension NodeImporter {
  /// The first index and the number of indices that a slice takes of an axis, after clamping.
  func sliceRange(
    start: Dimension, end: Dimension, step: Int, extent: Dimension
  ) throws(ImportFailure) -> (start: Dimension, count: Dimension) {
    guard step != 0 else { throw .invalid("slice-step", "step 0") }
    let first = try wrapped(start, extent)
    let last = try wrapped(end, extent)
    let length: Dimension
    let low: Dimension
    if step > 0 {
      low = clamped(first, 0, extent)
      length = larger(clamped(last, 0, extent) - low, 0)
    } else {
      low = clamped(first, -1, extent - 1)
      length = larger(low - clamped(last, -1, extent - 1), 0)
    }
    let stride = Dimension(step == .min ? .max : abs(step))
    return (length == 0 ? 0 : low, (length + stride - 1) / stride)
  }

  /// An index that may count from the end as one that does not.
  private func wrapped(
    _ index: Dimension, _ extent: Dimension
  ) throws(ImportFailure) -> Dimension {
    if let index = index.constant {
      return index >= 0 ? Dimension(index) : extent + Dimension(max(index, -(1 << 48)))
    }
    guard let range = range(of: index), range.lowerBound >= 0 || range.upperBound < 0 else {
      throw .unsupported("symbolic-slice", "an index that may be negative: \(index)")
    }
    return range.lowerBound >= 0 ? index : index + extent
  }

  /// The values that an extent may have, as far as the bounds of symbols tell.
  func range(of extent: Dimension) -> ClosedRange<Int>? {
    extent.range { name in
      guard let known = (symbols + bounds).first(where: { $0.name == name }) else {
        return 0...1 << 31
      }
      let upper = known.upper ?? 1 << 31
      return min(known.lower, upper)...upper
    }
  }

  private func clamped(_ index: Dimension, _ low: Dimension, _ high: Dimension) -> Dimension {
    larger(smaller(index, high), low)
  }

  /// The larger of two extents; only one of them where bounds decide.
  private func larger(_ a: Dimension, _ b: Dimension) -> Dimension {
    if let range = range(of: a - b) {
      if range.lowerBound >= 0 { return a }
      if range.upperBound <= 0 { return b }
    }
    return .maximum(a, b)
  }

  private func smaller(_ a: Dimension, _ b: Dimension) -> Dimension {
    if let range = range(of: b - a) {
      if range.lowerBound >= 0 { return a }
      if range.upperBound <= 0 { return b }
    }
    return .minimum(a, b)
  }
}
