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
  public var pipeline: [Pass] {
    let known: [Pass] = [.expandCustom, .canonicalize]
    let clean: [Pass] = [.eliminateCommonSubexpressions, .eliminateDeadCode]
    switch self {
    case .none: return []
    case .basic: return known + [.foldConstants] + clean
    case .full, .aggressive:
      // Weights are integers before they are folded, and their zero points are off after it.
      let integers: [Pass] = [.formIntegers, .foldConstants, .formIntegers]
      let fuse: [Pass] = [
        .fuseMaps, .foldScales, .foldConstants, .canonicalize, .fuseMaps, .fuseKernels,
        .eliminateDeadCode, .assignLayouts,
      ]
      return known + integers + clean + fuse
    }
  }
}
