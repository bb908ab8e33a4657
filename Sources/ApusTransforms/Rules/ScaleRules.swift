internal import ApusIR

extension Rule {
  /// Factors per channel that can move into weights.
  static let scaleFolding: [Rule] = [
    // f(conv(x, w), s) with f(a, b, …) = a·b + … = f'(conv(x, w·s), …)
    Rule("scale-into-conv") { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation else { return nil }
      for (place, operand) in node.operands.enumerated() {
        guard let root = rewriter.producer(of: operand), rewriter.hasOneUse(operand),
          case .conv = root.operation, rewriter.graph.constant(root.operands[1]) != nil,
          let (factor, rest) = map.function.scaledOperand(place),
          let scale = rewriter.channelScale(
            node.operands[factor], rank: rewriter.type(of: operand).rank)
        else { continue }
        let weights = root.operands[1]
        let type = rewriter.type(of: weights).element
        guard let product = Pointwise([type, type], .operand(0) * .operand(1)) else { continue }
        let scaled = try rewriter.append(.map(Map(product)), [weights, scale])
        let sums = try rewriter.append(
          root.operation, [root.operands[0], scaled[0]], merging: [root])
        var operands = node.operands
        operands[place] = sums[0]
        return try rewriter.append(.map(Map(rest)), operands.dropping(factor))
      }
      return nil
    }
  ]
}

extension [ValueID] {
  fileprivate func dropping(_ place: Int) -> [ValueID] {
    indices.filter { $0 != place }.map { self[$0] }
  }
}

extension Rewriter {
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
}

extension Pointwise {
  /// The operand that operand `place` is multiplied with, once and nowhere else, and the function
  /// without that multiplication and operand.
  fileprivate func scaledOperand(_ place: Int) -> (factor: Int, rest: Pointwise)? {
    guard let own = steps.firstIndex(of: .operand(place)) else { return nil }
    let uses = steps.indices.filter { steps[$0].arguments.contains(own) }
    guard uses.count == 1, case .binary(.mul, let a, let b) = steps[uses[0]] else { return nil }
    let other = a == own ? b : a
    guard other != own, case .operand(let factor) = steps[other],
      steps.count(where: { $0.arguments.contains(other) }) == 1
    else { return nil }
    return removingFactor(factor, product: uses[0], factored: own).map { (factor, $0) }
  }
}
