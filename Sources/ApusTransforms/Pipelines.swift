/// How sums of integers become codes.
public enum SumRounding: String, Hashable, Sendable, CaseIterable {
  /// By a factor of `f32`, ties to even: the rule of docs/numerics.md.
  case once = "float"
  /// By a factor of 31 bits, in two steps, as TensorFlow Lite for Microcontrollers does it.
  case twice = "tflite"
}

/// How much a model is transformed.
public enum OptimizationLevel: Int, Hashable, Sendable, CaseIterable {
  /// Nothing but lowering: operators as they are imported.
  case none = 0
  /// Cheaper graphs with the same operators.
  case basic = 1
  /// Fusion and layouts too.
  case full = 2
  /// Everything that pays at run time, whatever it costs now.
  case aggressive = 3

  /// The passes in order.
  public var pipeline: [Pass] { pipeline(.once) }

  /// The passes in order, for one way of rounding sums.
  public func pipeline(_ rounding: SumRounding) -> [Pass] {
    let known: [Pass] = [.expandCustom, .canonicalize]
    let clean: [Pass] = [.eliminateCommonSubexpressions, .eliminateDeadCode]
    switch self {
    case .none: return []
    case .basic: return known + [.foldConstants] + clean
    case .full, .aggressive:
      // Weights are integers before they are folded, and their zero points are off after it.
      let integers: [Pass] = [.formIntegers, .foldConstants, .formIntegers]
      let fuse: [Pass] =
        [
          .fuseMaps, .foldScales, .foldConstants, .canonicalize, .fuseMaps,
        ] + (rounding == .twice ? [.roundTwice] : []) + [
          .fuseKernels, .eliminateDeadCode, .assignLayouts,
        ]
      return known + integers + clean + fuse
    }
  }
}
