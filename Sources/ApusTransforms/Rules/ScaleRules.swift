internal import ApusIR

extension Rule {
  /// Factors per channel or column that can move into weights.
  static let scaleFolding: [Rule] = [
    // f(conv(x, w), s) with f(a, b, …) = a·b + … = f'(conv(x, w·s), …)
    scaleIntoWeights("scale-into-conv") { rewriter, root, scale in
      guard case .conv = root.operation else { return nil }
      return rewriter.channelScale(scale, rank: rewriter.type(of: root.results[0]).rank)
    },
    // f(x·w, s) with f(a, b, …) = a·b + … = f'(x·(w·s), …)
    scaleIntoWeights("scale-into-matmul") { rewriter, root, scale in
      guard case .matmul = root.operation, rewriter.type(of: root.operands[1]).rank > 1,
        rewriter.hasOneUse(root.operands[1])
      else { return nil }
      return rewriter.columnScale(scale, rank: rewriter.type(of: root.results[0]).rank)
    },
  ]

  /// Moves a factor into constant weights; `shape` gives the factor the form that multiplies them,
  /// or `nil` when there is none.
  ///
  /// A factor of a sum is a factor of its terms: `(a + c)·b = a·b + c·b`, where `c·b` is constant.
  private static func scaleIntoWeights(
    _ name: String, _ shape: @escaping @Sendable (inout Rewriter, Node, ValueID) -> ValueID?
  ) -> Rule {
    Rule(name) { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation else { return nil }
      for (place, operand) in node.operands.enumerated() {
        guard let root = rewriter.producer(of: operand), rewriter.hasOneUse(operand),
          root.operands.count > 1, rewriter.graph.constant(root.operands[1]) != nil,
          let (addend, factor, rest) = map.function.scaledOperand(place),
          addend.map({ rewriter.graph.constant(node.operands[$0]) != nil }) ?? true,
          let scale = shape(&rewriter, root, node.operands[factor])
        else { continue }
        let weights = try rewriter.product(root.operands[1], scale)
        let sums = try rewriter.append(
          root.operation, [root.operands[0], weights], merging: [root])
        var operands = node.operands
        operands[place] = sums[0]
        if let addend {
          operands[addend] = try rewriter.product(operands[addend], operands[factor])
        }
        operands.remove(at: factor)
        return try rewriter.append(.map(Map(rest)), operands)
      }
      return nil
    }
  }
}

extension Rewriter {
  fileprivate mutating func product(
    _ a: ValueID, _ b: ValueID
  ) throws(OperatorError) -> ValueID {
    guard
      let product = Pointwise(
        [type(of: a).element, type(of: b).element], .operand(0) * .operand(1))
    else { throw OperatorError("factors of two types", id: "element-type") }
    return try append(.map(Map(product)), [a, b])[0]
  }

  /// A constant of shape `[C, 1, …]` as a factor of filters `[C, 1, 1, …]`.
  fileprivate mutating func channelScale(_ value: ValueID, rank: Int) -> ValueID? {
    guard let data = graph.constant(value), let extents = data.type.shape.extents,
      extents.count == rank - 1 || (extents.count == rank && extents[0] == 1),
      extents.suffix(rank - 2).allSatisfy({ $0 == 1 })
    else { return nil }
    let channels = extents[extents.count - rank + 1]
    let ones = [Int](repeating: 1, count: rank - 1)
    return data.reshaped(to: Shape([channels] + ones)).map { constant($0) }
  }

  /// A constant of shape `[1, …, N]` as a factor of the columns of weights `[…, K, N]`.
  fileprivate mutating func columnScale(_ value: ValueID, rank: Int) -> ValueID? {
    guard let data = graph.constant(value), let extents = data.type.shape.extents,
      extents.count <= rank, extents.dropLast().allSatisfy({ $0 == 1 })
    else { return nil }
    return data.reshaped(to: Shape([extents.last ?? 1])).map { constant($0) }
  }
}

extension Pointwise {
  /// The operand that operand `place`, or the sum of it and operand `addend`, is multiplied with,
  /// once and nowhere else, and the function without that multiplication and operand; the addend is
  /// to be multiplied instead.
  fileprivate func scaledOperand(
    _ place: Int
  ) -> (addend: Int?, factor: Int, rest: Pointwise)? {
    guard let own = steps.firstIndex(of: .operand(place)), let use = onlyUse(of: own) else {
      return nil
    }
    if case .binary(.add, let a, let b) = steps[use], let product = onlyUse(of: use),
      let addend = loneOperand(a == own ? b : a), addend != place
    {
      return factor(of: use, at: product).map { (addend, $0.0, $0.1) }
    }
    return factor(of: own, at: use).map { (nil, $0.0, $0.1) }
  }

  /// The operand that the product at step `product` multiplies `step` with, and the rest.
  private func factor(of step: Int, at product: Int) -> (Int, Pointwise)? {
    guard case .binary(.mul, let a, let b) = steps[product],
      let factor = loneOperand(a == step ? b : a),
      let rest = removingFactor(factor, product: product, factored: step)
    else { return nil }
    return (factor, rest)
  }

  /// The operand that a step is, when one step alone reads it, and that once.
  private func loneOperand(_ step: Int) -> Int? {
    guard case .operand(let number) = steps[step], onlyUse(of: step) != nil else { return nil }
    return number
  }

  /// The step that reads a step, when it is one, and reads it once.
  private func onlyUse(of step: Int) -> Int? {
    let uses = steps.indices.filter { steps[$0].arguments.contains(step) }
    guard uses.count == 1, steps[uses[0]].arguments.filter({ $0 == step }).count == 1 else {
      return nil
    }
    return uses[0]
  }
}
