/// Every ONNX operator that can be imported: the one list.
package enum OperatorRegistry {
  /// All rules, grouped by subject.
  package static let rules: [OperatorRule] =
    OperatorRule.elementwise + OperatorRule.parameterized + OperatorRule.casts + OperatorRule.views
    + OperatorRule.movement + OperatorRule.linear + OperatorRule.reductions
    + OperatorRule.quantization + OperatorRule.quantizedProducts
    + OperatorRule.quantizedFunctions + OperatorRule.blockProducts
    + OperatorRule.normalizations + OperatorRule.resizing + OperatorRule.recurrent
    + OperatorRule.indexing + OperatorRule.ordering + OperatorRule.losses + OperatorRule.attention
    + OperatorRule.rearranging + OperatorRule.convolutions + OperatorRule.sampling
    + OperatorRule.regions + OperatorRule.linearAttention
    + OperatorRule.training
    + OperatorRule.einsum + OperatorRule.rotation + OperatorRule.signals + OperatorRule.selection
    + OperatorRule.suppression + OperatorRule.trees + OperatorRule.strings
    + OperatorRule.dictionaries + OperatorRule.vectorizers

  /// The rule for a node.
  static func rule(for node: ONNXNode) -> OperatorRule? {
    rule(node.operatorType, domain: node.isStandard ? "" : node.domain)
  }

  /// The rule of an operator.
  package static func rule(_ name: String, domain: String) -> OperatorRule? {
    table["\(domain):\(name)"]
  }

  private static let table = Dictionary(
    rules.map { ("\($0.domain):\($0.name)", $0) }, uniquingKeysWith: { first, _ in first })

  /// The newest version of `ai.onnx` whose changes are known.
  package static let newestVersion = 28
}
