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
    let simplify: [Pass] = [
      .expandCustom, .canonicalize, .foldConstants, .eliminateCommonSubexpressions,
      .eliminateDeadCode,
    ]
    switch self {
    case .none: return []
    case .basic: return simplify
    case .full, .aggressive:
      let fuse: [Pass] = [
        .fuseMaps, .foldScales, .foldConstants, .canonicalize, .fuseMaps, .fuseKernels,
        .eliminateDeadCode, .assignLayouts,
      ]
      return simplify + fuse
    }
  }
}
