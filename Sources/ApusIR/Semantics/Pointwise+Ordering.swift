extension Pointwise {
  /// The function with arguments of commutative steps in an order of their own: commuted twins
  /// become equal.
  public var ordered: Pointwise {
    let operandKeys = operands.indices.map { UInt64($0) }
    // The numbers in a formula come last, so that another number changes no order.
    let keys = Array(zip(stepKeys(operandKeys, withNumbers: false), stepKeys(operandKeys)))
    var result = Pointwise(empty: operands)
    var moved: [Int] = []
    for (place, step) in steps.enumerated() {
      var step = step
      if case .binary(let function, let a, let b) = step, function.isCommutative,
        keys[b] < keys[a]
      {
        step = .binary(function, b, a)
      }
      moved.append(result.append(step.renumbered { moved[$0] }, types[place]))
    }
    if let last = moved.last { result.makeLast(last) }
    return result
  }

  /// Whether the function of two operands stays the same when they are swapped.
  public var isSymmetric: Bool {
    operands.count == 2 && operands[0] == operands[1]
      && stepKeys([0, 1]).last == stepKeys([1, 0]).last
  }

  /// A number per step that does not depend on the order of commutative arguments; operands come
  /// before everything else.
  private func stepKeys(_ operandKeys: [UInt64], withNumbers: Bool = true) -> [UInt64] {
    var keys: [UInt64] = []
    for (step, type) in zip(steps, types) {
      if case .operand(let place) = step {
        keys.append(operandKeys[place])
        continue
      }
      if case .literal = step, !withNumbers {
        keys.append(1 << 62)
        continue
      }
      var arguments = step.arguments.map { keys[$0] }
      if case .binary(let function, _, _) = step, function.isCommutative { arguments.sort() }
      var hash = StableHash()
      hash.combine("\(step.renumbered { _ in 0 }) \(type)")
      for argument in arguments { hash.combine(argument) }
      keys.append(hash.value | 1 << 63)
    }
    return keys
  }
}

/// A hash that is the same on every run and host.
package struct StableHash {
  /// The hash so far.
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  /// Takes in a number.
  package mutating func combine(_ number: UInt64) {
    value = (value ^ number) &* 0x9e37_79b9_7f4a_7c15
    value ^= value >> 29
  }

  /// Takes in a text.
  package mutating func combine(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    combine(UInt64(text.utf8.count))
  }
}
