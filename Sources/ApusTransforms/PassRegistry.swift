/// Every pass: the one list.
public enum PassRegistry {
  /// All passes, in the order of the reference.
  public static let all: [Pass] = [
    .expandCustom, .canonicalize, .foldConstants, .eliminateCommonSubexpressions,
    .eliminateDeadCode, .formIntegers, .foldScales, .fuseMaps, .roundTwice, .fuseKernels,
    .assignLayouts,
  ]

  /// A pass by name.
  public static func pass(named name: String) -> Pass? { all.first { $0.name == name } }
}
