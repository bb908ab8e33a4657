extension Pointwise: CustomStringConvertible {
  /// `(a: f32, b: f32) max(add(a, b), 0.0)`; a step used twice gets a name: `t0 = exp(a); …`.
  ///
  /// So does a step that would nest too deeply to be read back.
  public var description: String {
    let parameters = operands.enumerated().map { "\(Self.parameter($0)): \($1)" }
    var uses = [Int](repeating: 0, count: steps.count)
    for step in steps { for argument in step.arguments { uses[argument] += 1 } }
    var texts: [String] = []
    var depths: [Int] = []
    var bindings = ""
    var count = 0
    for (place, step) in steps.enumerated() {
      let text = self.text(of: step, type: types[place]) { texts[$0] }
      let depth = 1 + (step.arguments.map { depths[$0] }.max() ?? 0)
      if !step.arguments.isEmpty, uses[place] > 1 || depth > Self.deepestText {
        bindings += "t\(count) = \(text); "
        texts.append("t\(count)")
        depths.append(0)
        count += 1
      } else {
        texts.append(text)
        depths.append(depth)
      }
    }
    return "(\(parameters.joined(separator: ", "))) \(bindings)\(texts.last ?? "")"
  }

  private static let deepestText = 12

  /// The name of an operand: `a` to `s`, then `a19` and so on.
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
    case .reinterpret(let a, let type): return "bits_\(type)(\(argument(a)))"
    }
  }
}
