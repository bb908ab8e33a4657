extension Pointwise: CustomStringConvertible {
  /// `(a: f32, b: f32) max(add(a, b), 0.0)`; a step used twice gets a name: `t0 = exp(a); …`.
  public var description: String {
    let parameters = operands.enumerated().map { "\(Self.parameter($0)): \($1)" }
    var uses = [Int](repeating: 0, count: steps.count)
    for step in steps { for argument in step.arguments { uses[argument] += 1 } }
    var texts: [String] = []
    var bindings = ""
    var count = 0
    for (place, step) in steps.enumerated() {
      let text = self.text(of: step, type: types[place]) { texts[$0] }
      if uses[place] > 1, !step.arguments.isEmpty {
        bindings += "t\(count) = \(text); "
        texts.append("t\(count)")
        count += 1
      } else {
        texts.append(text)
      }
    }
    return "(\(parameters.joined(separator: ", "))) \(bindings)\(texts.last ?? "")"
  }

  /// The name of an operand: `a` to `z`, then `a26` and so on.
  static func parameter(_ place: Int) -> String {
    place < 19
      ? String(UnicodeScalar(UInt8(ascii: "a") + UInt8(place))) : "a\(place)"
  }

  private func text(of step: Step, type: ElementType, _ argument: (Int) -> String) -> String {
    switch step {
    case .operand(let place): return Self.parameter(place)
    case .literal(let literal, let type): return "\(literal):\(type)"
    case .unary(let function, let a): return "\(function.rawValue)(\(argument(a)))"
    case .binary(let function, let a, let b):
      return "\(function.rawValue)(\(argument(a)), \(argument(b)))"
    case .compare(let test, let a, let b):
      return "\(test.rawValue)(\(argument(a)), \(argument(b)))"
    case .select(let a, let b, let c):
      return "select(\(argument(a)), \(argument(b)), \(argument(c)))"
    case .convert(let a, let type): return "\(type)(\(argument(a)))"
    }
  }
}
