package import ApusIR

/// How one ONNX operator becomes core operations.
package struct OperatorRule: Sendable {
  /// The operator's name.
  package let name: String
  /// Its domain; empty for `ai.onnx`.
  package let domain: String
  /// Adds the core operations and returns the values of the outputs, as many as are known.
  package let body: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID]
  /// The whole meaning of an operator of one operand without attributes, if it is a formula.
  private(set) var formula: Scalar?

  package init(
    _ name: String, domain: String = "",
    _ body: @escaping @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID]
  ) {
    self.name = name
    self.domain = domain
    self.body = body
  }

  /// An operator without attributes that is a function of one element.
  static func unary(_ name: String, _ formula: Scalar) -> OperatorRule {
    var rule = OperatorRule(name) { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      return [try node.map([try node.operand(0)], formula)]
    }
    rule.formula = formula
    return rule
  }

  /// An operator that is a function of one element of each of two broadcast operands.
  static func binary(_ name: String, _ formula: Scalar) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      try node.requireOperands(2...2)
      let operands = try node.broadcastOperands()
      return [try node.map(operands, formula)]
    }
  }

  /// An operator that folds any number of broadcast operands.
  static func variadic(_ name: String, _ function: BinaryFunction) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let operands = try node.allOperands()
      var result = operands[0]
      for operand in operands.dropFirst() {
        result = try node.map([result, operand], .binary(function, .operand(0), .operand(1)))
      }
      return [operands.count == 1 ? try node.map(operands, .operand(0)) : result]
    }
  }
}

extension NodeImporter {
  /// Two operands; before opset 7 the second one may line up with an axis of the first.
  mutating func broadcastOperands() throws(ImportFailure) -> [ValueID] {
    let (a, b) = (try operand(0), try operand(1))
    guard version < 7 else { return [a, b] }
    let broadcasts = try flag("broadcast", default: false)
    _ = try integers("consumed_inputs")
    guard let axis = try integer("axis"), broadcasts else { return [a, b] }
    let (rank, inner) = (type(of: a).rank, type(of: b).rank)
    let first = try self.axis(axis, rank: rank)
    let ones = [Dimension](repeating: 1, count: max(0, rank - first - inner))
    return [a, try reshape(b, to: Shape(type(of: b).shape.dimensions + ones))]
  }
}
