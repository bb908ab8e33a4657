public import ApusIR

/// One thing that a target instruction of the interpreter does to its sums, `x`.
public enum EpilogueStep: Hashable, Sendable {
  /// Adds operand `i` of the epilogue, `i > 0`.
  case add(Int)
  /// `min(max(x, low), high)`.
  case clamp(low: Float, high: Float)
  /// `f(x)`.
  case apply(UnaryFunction)
  /// `x * f(x)`.
  case gate(UnaryFunction)

  /// The most steps of one instruction.
  static let limit = 8
}

extension Pointwise {
  /// The function as steps that begin with operand 0, the sum; `nil` when it is no such chain.
  ///
  /// - Complexity: linear in the number of steps.
  public var epilogueSteps: [EpilogueStep]? {
    var result: [EpilogueStep] = []
    var last = steps.firstIndex(of: .operand(0))
    var place = 0
    while place < steps.count {
      guard let x = last else { return nil }
      switch steps[place] {
      case .operand, .literal:
        place += 1
        continue
      case .unary(let function, x) where types[place] == .f32:
        let product = place + 1 < steps.count ? steps[place + 1] : nil
        if product == .binary(.mul, x, place) || product == .binary(.mul, place, x) {
          result.append(.gate(function))
          place += 1
        } else {
          result.append(.apply(function))
        }
      case .binary(.add, x, let b):
        guard let step = addition(of: b) else { return nil }
        result.append(step)
      case .binary(.add, let a, x):
        guard let step = addition(of: a) else { return nil }
        result.append(step)
      case .binary(.max, x, let b):
        guard case .literal(let low, .f32) = steps[b] else { return nil }
        result.append(.clamp(low: Float(low.real), high: .infinity))
      case .binary(.min, x, let b):
        guard case .literal(let literal, .f32) = steps[b] else { return nil }
        let high = Float(literal.real)
        if case .clamp(let low, .infinity)? = result.last {
          result[result.count - 1] = .clamp(low: low, high: high)
        } else {
          result.append(.clamp(low: -.infinity, high: high))
        }
      default: return nil
      }
      last = place
      place += 1
    }
    return last == steps.count - 1 && result.count <= EpilogueStep.limit ? result : nil
  }

  private func addition(of step: Int) -> EpilogueStep? {
    guard case .operand(let number) = steps[step], number > 0, types[step] == .f32 else {
      return nil
    }
    return .add(number)
  }
}
