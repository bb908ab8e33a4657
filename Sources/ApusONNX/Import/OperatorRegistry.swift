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
    + OperatorRule.regions + OperatorRule.regionPooling + OperatorRule.linearAttention
    + OperatorRule.training
    + OperatorRule.einsum + OperatorRule.rotation + OperatorRule.signals + OperatorRule.selection
    + OperatorRule.suppression + OperatorRule.trees + OperatorRule.determinants
    + OperatorRule.melWeights + OperatorRule.random + OperatorRule.linearModels
    + OperatorRule.supportVectors + OperatorRule.features + OperatorRule.strings
    + OperatorRule.dictionaries + OperatorRule.vectorizers

  /// Every operator that can be imported, sorted by domain: those of the rules, and those that
  /// work with sequences or run graphs.
  package static var names: [(domain: String, name: String)] {
    let special = ListOperator.allCases.map(\.rawValue) + ControlOperator.allCases.map(\.rawValue)
    let others = special.map { full in
      let words = full.split(separator: ".").map(String.init)
      return (domain: words.dropLast().joined(separator: "."), name: words[words.count - 1])
    }
    return (rules.map { (domain: $0.domain, name: $0.name) } + others)
      .sorted { ($0.domain, $0.name) < ($1.domain, $1.name) }
  }

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

  /// What to do without operators that are left out on purpose.
  static func advice(for node: ONNXNode) -> String? {
    switch (node.isStandard ? "" : node.domain, node.operatorType) {
    case ("", "ImageDecoder"): "files of images are not read: give the model their pixels"
    case ("ai.onnx.ml", "ZipMap"), ("ai.onnx.ml", "CastMap"), ("ai.onnx.ml", "DictVectorizer"):
      "no tensor stands for a dictionary: export the model without it"
    case ("ai.onnx.preview.training", "Gradient"):
      "models are not differentiated: export one that computes the gradient"
    default: nil
    }
  }

  /// The newest version of `ai.onnx` whose changes are known.
  package static let newestVersion = 28
}
