internal import ApusBytecode
public import ApusIR
internal import ApusTransforms

extension Graph {
  /// The graph in the form that quantization works on: constants folded, batch normalization in
  /// the weights, chains of functions of one value composed; no kernels, no layouts.
  ///
  /// - Throws: `unsupported` when a pass fails.
  public func preparedForQuantization() throws(DiagnosticError) -> Graph {
    var graph = self
    let fold: [Pass] = [.canonicalize, .foldConstants]
    let passes: [Pass] =
      OptimizationLevel.basic.pipeline + [.composeAffine] + fold + [.foldScales] + fold
      + [.addConstants] + fold + [
        .composeUnary, .canonicalize, .materializeWeights, .eliminateDeadCode,
      ]
    var context = PassContext(evaluate: Session.evaluate)
    do {
      try PassManager(passes).run(&graph, &context)
    } catch {
      throw DiagnosticError(
        Diagnostic(.unsupported, id: "pass", error.message, place: .pass(error.pass)))
    }
    return graph
  }
}

extension Pass {
  /// Joins sums and products of one value with constants: what comes of batch normalization.
  fileprivate static let composeAffine = Pass(
    "compose-affine", "join sums and products with constants",
    rules: [
      .composeMaps("compose-affine") { rewriter, function, operands in
        function.isAffine && operands.count > 1
          && operands.count { rewriter.graph.constant($0) == nil } == 1
      }
    ])

  /// Joins functions of one value, such as the parts of an activation.
  fileprivate static let composeUnary = Pass(
    "compose-unary", "join functions of one value",
    rules: [.composeMaps("compose-unary") { _, _, operands in operands.count == 1 }])

  /// `(x + a) + b` becomes `x + (a + b)` where `a` and `b` are constants.
  fileprivate static let addConstants = Pass(
    "add-constants", "add constants to each other",
    rules: [
      Rule("add-constants") { rewriter, node throws(OperatorError) in
        guard case .map(let map) = node.operation, node.operands.count == 3 else { return nil }
        let (x, a, b) = (Scalar.operand(0), Scalar.operand(1), Scalar.operand(2))
        guard Pointwise(map.function.operands, x + a + b) == map.function,
          rewriter.graph.constant(node.operands[1]) != nil,
          rewriter.graph.constant(node.operands[2]) != nil,
          let sum = Pointwise(Array(map.function.operands.dropFirst()), x + a),
          let outer = Pointwise(Array(map.function.operands.dropLast()), x + a)
        else { return nil }
        let constant = try rewriter.append(.map(Map(sum)), Array(node.operands.dropFirst()))[0]
        guard rewriter.keepsShape(node, mapping: [node.operands[0], constant]) else { return nil }
        return try rewriter.append(.map(Map(outer)), [node.operands[0], constant])
      }
    ])

  /// Makes constants of the weights of products that are constants seen through views.
  fileprivate static let materializeWeights = Pass(
    "materialize-weights", "make constants of weights seen through views"
  ) { graph, context in
    guard let evaluate = context.evaluate else { return }
    context.rewrite(
      &graph,
      [
        Rule("materialize-weights") { rewriter, node throws(OperatorError) in
          guard node.operation.isProduct, rewriter.graph.constant(node.operands[1]) == nil,
            let data = rewriter.graph.viewedConstant(node.operands[1], evaluate)
          else { return nil }
          let weights = rewriter.constant(data, name: rewriter.graph.nameOfConstant(behind: node))
          return try rewriter.append(node.operation, [node.operands[0], weights])
        }
      ])
  }
}

extension Pointwise {
  /// Whether all steps are sums, differences or products.
  fileprivate var isAffine: Bool {
    steps.allSatisfy { step in
      switch step {
      case .operand: true
      case .binary(let kind, _, _): kind == .add || kind == .mul || kind == .sub
      case .literal, .unary, .compare, .select, .convert, .reinterpret: false
      }
    }
  }
}

extension Operation {
  /// Whether the operation is a product of its operands: a convolution or a matrix product.
  var isProduct: Bool {
    if case .matmul = self { true } else { isConvolution }
  }

  /// Whether the operation is a convolution.
  var isConvolution: Bool {
    if case .conv = self { true } else { false }
  }
}

extension Graph {
  /// What a value is when views of a constant make it.
  fileprivate func viewedConstant(
    _ value: ValueID, _ evaluate: (Graph) -> [TensorData]?
  ) -> TensorData? {
    var single = Graph(name: "weights")
    guard let copy = copyViews(of: value, into: &single) else { return nil }
    single.addOutput(copy, name: "weights")
    return evaluate(single)?.first
  }

  private func copyViews(of value: ValueID, into graph: inout Graph) -> ValueID? {
    if let data = constant(value) { return graph.constant(data) }
    guard let node = producer(of: value) else { return nil }
    switch node.operation {
    case .transpose, .reshape, .slice, .broadcast:
      guard let source = copyViews(of: node.operands[0], into: &graph) else { return nil }
      return try? graph.add(node.operation, [source])
    default: return nil
    }
  }

  /// The name of the constant whose views are the weights of a product.
  fileprivate func nameOfConstant(behind product: Node) -> String {
    var value = product.operands[1]
    while let node = producer(of: value) {
      if case .constant(let constant) = node.operation { return constant.name }
      guard let operand = node.operands.first else { return "" }
      value = operand
    }
    return ""
  }
}
