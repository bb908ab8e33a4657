extension Pointwise {
  /// This function with operand `place` replaced by the result of `inner`.
  ///
  /// The operands of the result are the others of this function in order, then those of `inner`;
  /// `sources` tells for each new operand which operand (of the concatenation `self.operands +
  /// inner.operands`) it was, so that equal operands can share a place.
  public func substituting(
    _ inner: Pointwise, at place: Int, keys: [Int], innerKeys: [Int]
  ) -> (function: Pointwise, keys: [Int]) {
    var newKeys: [Int] = []
    var newTypes: [ElementType] = []
    func slot(_ key: Int, _ type: ElementType) -> Int {
      if let known = newKeys.firstIndex(of: key) { return known }
      newKeys.append(key)
      newTypes.append(type)
      return newKeys.count - 1
    }
    let outer = keys.enumerated().map { $0 == place ? -1 : slot($1, operands[$0]) }
    let nested = innerKeys.enumerated().map { slot($1, inner.operands[$0]) }
    var result = Pointwise(empty: newTypes)
    var moved: [Int] = []
    for (step, type) in zip(inner.steps, inner.types) {
      if case .operand(let number) = step {
        moved.append(result.append(.operand(nested[number]), type))
      } else {
        moved.append(result.append(step.renumbered { moved[$0] }, type))
      }
    }
    let substitute = moved[moved.count - 1]
    var renumbering: [Int] = []
    for (step, type) in zip(steps, types) {
      if case .operand(let number) = step {
        renumbering.append(
          number == place ? substitute : result.append(.operand(outer[number]), type))
      } else {
        renumbering.append(result.append(step.renumbered { renumbering[$0] }, type))
      }
    }
    result.makeLast(renumbering[renumbering.count - 1])
    return result.droppingUnusedOperands(newKeys)
  }

  /// The function without operands that no step reads, and the keys of those that remain.
  private func droppingUnusedOperands(_ keys: [Int]) -> (Pointwise, [Int]) {
    let used = operands.indices.filter { steps.contains(.operand($0)) }
    if used.count == operands.count { return (self, keys) }
    var result = Pointwise(empty: used.map { operands[$0] })
    for (step, type) in zip(steps, types) {
      if case .operand(let number) = step {
        _ = result.append(.operand(used.firstIndex(of: number) ?? 0), type)
      } else {
        _ = result.append(step, type)
      }
    }
    return (result, used.map { keys[$0] })
  }

  /// Whether the function has numbers of its own.
  public var hasLiterals: Bool {
    steps.contains { if case .literal = $0 { true } else { false } }
  }

  /// The value of the function when it is one literal.
  public var literal: Literal? {
    guard steps.count == 1, case .literal(let literal, _) = steps[0] else { return nil }
    return literal
  }
}

extension Pointwise {
  /// The function with one operand moved to the front.
  public func movingOperandFirst(_ place: Int) -> Pointwise {
    let order = [place] + operands.indices.filter { $0 != place }
    var result = Pointwise(empty: order.map { operands[$0] })
    var moved: [Int] = []
    for (step, type) in zip(steps, types) {
      if case .operand(let number) = step {
        moved.append(result.append(.operand(order.firstIndex(of: number) ?? 0), type))
      } else {
        moved.append(result.append(step.renumbered { moved[$0] }, type))
      }
    }
    return result
  }
}

extension Pointwise {
  /// The function with the product at step `product` replaced by step `factored`, without operand
  /// `factor`, which nothing else reads.
  public func removingFactor(_ factor: Int, product: Int, factored: Int) -> Pointwise? {
    var result = Pointwise(empty: operands.indices.filter { $0 != factor }.map { operands[$0] })
    var moved: [Int] = []
    for (place, (step, type)) in zip(steps, types).enumerated() {
      if place == product {
        moved.append(moved[factored])
      } else if case .operand(let number) = step {
        if number == factor {
          moved.append(-1)
        } else {
          moved.append(result.append(.operand(number > factor ? number - 1 : number), type))
        }
      } else {
        moved.append(result.append(step.renumbered { moved[$0] }, type))
      }
    }
    guard let last = moved.last, last >= 0 else { return nil }
    result.makeLast(last)
    return result
  }
}
