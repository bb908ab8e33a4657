import Apus

extension Rule {
  /// A Relu after a Relu changes nothing: relu(relu(x)) = relu(x).
  static let reluOnce = Rule("relu-once") { rewriter, node throws(OperatorError) in
    guard node.operation.isRelu, let inner = rewriter.producer(of: node.operands[0]),
      inner.operation.isRelu
    else { return nil }
    return inner.results
  }
}

extension Pass {
  /// Drops a Relu after a Relu.
  ///
  /// Before: `%1 = map %0 {max(a, 0)}`, `%2 = map %1 {max(a, 0)}`. After: uses of `%2` read `%1`.
  static let reluOnce = Pass("relu-once", "drop a Relu after a Relu", rules: [.reluOnce])
}

extension Operation {
  fileprivate var isRelu: Bool {
    guard case .map(let map) = self else { return false }
    return map.function == Pointwise([.f32], .max(.operand(0), 0))
  }
}

/// Runs passes of one's own and of Apus; each step is verified.
func optimize(_ graph: inout Graph, _ passes: [Pass]) throws {
  var manager = PassManager(passes)
  manager.instrumentation.verifyEach = true
  var context = PassContext(evaluate: Session.evaluate)
  try manager.run(&graph, &context)
}
