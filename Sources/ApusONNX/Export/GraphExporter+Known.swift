internal import ApusIR

/// Formulas that the importer writes for operators of ONNX, found again.
extension GraphExporter {
  /// The operator that a map stands for, if it is more than one step and there is one.
  mutating func knownOperator(
    _ function: Pointwise, _ task: ExportTask
  ) throws(ExportFailure) -> String? {
    guard function.steps.count > function.operands.count + 1 else { return nil }
    if let name = try quantization(function, task) { return name }
    guard let element = function.operands.first, element.isFloat, element.computing == element,
      function.operands.allSatisfy({ $0 == element })
    else { return nil }
    func isFormula(_ formula: Scalar) -> Bool {
      Pointwise(function.operands, formula) == function
    }
    if function.operands.count == 2 {
      return isFormula(.parametricRelu) ? emit("PRelu", task.operands) : nil
    }
    guard function.operands.count == 1 else { return nil }
    if let name = clip(function, task) { return name }
    let rule = OperatorRule.elementwise.first { $0.formula.map(isFormula) ?? false }
    if let rule { return emit(rule.name, task.operands) }
    if isFormula(.gelu(.exact)) { return emit("Gelu", task.operands) }
    if isFormula(.gelu(.tanh)) {
      return emit("Gelu", task.operands, ["approximate": .string(Array("tanh".utf8))])
    }
    for case .literal(let number, _) in function.steps {
      let alpha = ONNXAttribute.Value.float(Float(number.real))
      guard element != .f64 || Double(Float(number.real)) == number.real else { continue }
      if isFormula(.leakyRelu(number.real)) {
        return emit("LeakyRelu", task.operands, ["alpha": alpha])
      }
      if isFormula(.elu(number.real)) { return emit("Elu", task.operands, ["alpha": alpha]) }
    }
    return nil
  }

  /// Clip with both bounds.
  private mutating func clip(_ function: Pointwise, _ task: ExportTask) -> String? {
    let bounds = function.steps.compactMap { step -> Literal? in
      if case .literal(let number, _) = step { number } else { nil }
    }
    guard bounds.count == 2, function.steps.count == 5,
      case .binary(.min, let inner, _) = function.steps[4],
      case .binary(.max, let operand, let low) = function.steps[inner],
      case .operand = function.steps[operand], case .literal(let least, _) = function.steps[low],
      let most = bounds.first(where: { $0 != least })
    else { return nil }
    let x = Scalar.operand(0)
    guard
      function
        == Pointwise(
          function.operands, .min(.max(x, .literal(least, nil)), .literal(most, nil)))
    else { return nil }
    return emit(
      "Clip", [task.operands[0], literal(least, function.result), literal(most, function.result)])
  }
}
