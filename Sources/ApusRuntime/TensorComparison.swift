public import ApusIR

/// How far two numbers may lie apart: `|got - want| <= absolute + relative * |want|`.
public struct Tolerance: Hashable, Sendable {
  /// The part that holds for all magnitudes.
  public var absolute: Double
  /// The part that grows with the wanted number.
  public var relative: Double

  /// A tolerance; both parts are finite and not negative.
  public init(absolute: Double, relative: Double) {
    precondition(absolute >= 0 && absolute.isFinite, "the absolute part is finite, not negative")
    precondition(relative >= 0 && relative.isFinite, "the relative part is finite, not negative")
    self.absolute = absolute
    self.relative = relative
  }

  /// No difference at all.
  public static let exact = Tolerance(absolute: 0, relative: 0)
}

/// What came of comparing a tensor with the wanted one, element by element.
public struct TensorComparison: Hashable, Sendable {
  /// One element of both tensors.
  public struct Element: Hashable, Sendable {
    /// The place in row-major order.
    public var index: Int
    /// What there is.
    public var got: Double
    /// What there should be.
    public var want: Double
  }

  /// The number of elements.
  public var count: Int
  /// The number of elements beyond the tolerance.
  public var mismatchCount = 0
  /// The largest `|got - want|` of elements where both are finite.
  public var maximumDifference = 0.0
  /// The element farthest beyond or nearest to the tolerance; `nil` when all are equal.
  public var worst: Element?

  /// Whether every element is within the tolerance.
  public var isMatch: Bool { mismatchCount == 0 }
}

extension TensorComparison {
  /// Compares two tensors of the same element type and shape; `nil` when these differ.
  ///
  /// Strings agree byte by byte or differ. NaN meets only NaN and an infinity only itself.
  /// Integers of 64 bits compare exactly. The parts of a complex number compare as two numbers.
  /// Linear in the number of elements.
  public init?(_ got: TensorData, with want: TensorData, tolerance: Tolerance) {
    guard got.type.element == want.type.element, got.type.shape == want.type.shape else {
      return nil
    }
    count = got.count
    if got.type.element == .string {
      mismatchCount = zip(got.strings, want.strings).count { $0 != $1 }
      return
    }
    let exact = ExactIntegers(got, want)
    let parts = got.realsPerElement
    var (worstExcess, lastMismatch) = (-Double.infinity, -1)
    got.withReals { got in
      want.withReals { want in
        for index in 0..<count * parts {
          let (a, b) = (got(index), want(index))
          let difference = exact?.difference(at: index) ?? Self.difference(a, b)
          guard difference != 0 else { continue }
          let allowed = tolerance.absolute + tolerance.relative * b.magnitude
          let excess = difference.isFinite ? difference - allowed : .infinity
          if excess > 0 && lastMismatch != index / parts {
            (mismatchCount, lastMismatch) = (mismatchCount + 1, index / parts)
          }
          if difference.isFinite { maximumDifference = max(maximumDifference, difference) }
          if excess > worstExcess || worst == nil {
            (worst, worstExcess) = (Element(index: index / parts, got: a, want: b), excess)
          }
        }
      }
    }
  }

  /// The distance of two numbers; infinite where NaN or an infinity meets something else.
  private static func difference(_ got: Double, _ want: Double) -> Double {
    if got == want || got.isNaN && want.isNaN { return 0 }
    return got.isFinite && want.isFinite ? (got - want).magnitude : .infinity
  }
}

/// Differences of 64-bit integers, which do not fit a `Double`.
private struct ExactIntegers {
  private let got: TensorData
  private let want: TensorData

  /// `nil` for other types, whose elements are exact as `Double`.
  init?(_ got: TensorData, _ want: TensorData) {
    guard [.i64, .u64].contains(got.type.element) else { return nil }
    (self.got, self.want) = (got, want)
  }

  func difference(at index: Int) -> Double {
    let isSigned = got.type.element == .i64
    // Flipping the sign bit maps signed order onto unsigned order.
    let flip: UInt64 = isSigned ? 1 << 63 : 0
    let (a, b) = (bits(of: got, index) ^ flip, bits(of: want, index) ^ flip)
    return Double(a > b ? a - b : b - a)
  }

  private func bits(of data: TensorData, _ index: Int) -> UInt64 {
    data.withBytes { $0.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
  }
}
