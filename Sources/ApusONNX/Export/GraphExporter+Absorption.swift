internal import ApusIR

/// Steps of formulas that operators of ONNX do themselves: biases of convolutions, and means.
extension GraphExporter {
  /// The names of steps that the operators before a map can do; they do them then.
  mutating func absorbedSteps(
    _ function: Pointwise, _ task: ExportTask
  ) -> [Int: String] {
    var result: [Int: String] = [:]
    for (place, step) in function.steps.enumerated() {
      guard case .binary(let kind, let a, let b) = step else { continue }
      for (x, other) in [(a, b), (b, a)] {
        guard case .operand(let operand) = function.steps[x], isOnlyUse(operand, x, function, task)
        else { continue }
        switch (kind, function.steps[other]) {
        case (.add, .operand(let bias)):
          if let name = addBias(task, operand, bias) { result[place] = name }
        case (.mul, .literal(let factor, _)):
          if let mean = means[task.operands[operand]],
            Float(factor.real) == Float(1 / mean.count)
          {
            result[place] = mean.name
          }
        default: continue
        }
      }
    }
    return result
  }

  /// Whether one step of a map is all that reads an operand.
  private func isOnlyUse(
    _ operand: Int, _ step: Int, _ function: Pointwise, _ task: ExportTask
  ) -> Bool {
    let reads = function.steps.flatMap(\.arguments).count { $0 == step }
    return reads == 1 && task.uses[task.node.operands[operand]] == 1
  }

  /// Gives a convolution its bias, one constant per channel, and returns its result.
  private mutating func addBias(_ task: ExportTask, _ operand: Int, _ bias: Int) -> String? {
    let type = task.type(operand)
    if type.rank == 2 { return addStoredBias(task, operand, bias) }
    guard type.element.isFloat, type.rank >= 3, task.type(bias).element == type.element,
      let channels = type.shape[1].constant, let extents = task.type(bias).shape.extents,
      (type.rank - 1...type.rank).contains(extents.count),
      extents.suffix(type.rank - 1) == [channels] + Array(repeating: 1, count: type.rank - 2),
      extents.reduce(1, *) == channels
    else { return nil }
    let (name, vector) = (task.operands[bias], Shape([channels]))
    if let result = addOperand(
      to: task.operands[operand], madeBy: "Conv", of: 2, name, as: vector)
    {
      return result
    }
    // A vector that was reshaped for the sum, such as a bias that is stored as integers.
    guard let source = task.graph.producer(of: task.node.operands[bias]),
      case .reshape = source.operation, task.graph.type(of: source.operands[0]).shape == vector,
      let vectorName = sources[name]?.first
    else { return nil }
    return addOperand(to: task.operands[operand], madeBy: "Conv", of: 2, vectorName)
  }

  /// Makes a Gemm of a product of matrices and a bias that is stored as integers.
  private mutating func addStoredBias(_ task: ExportTask, _ operand: Int, _ bias: Int) -> String? {
    let (sum, name) = (task.operands[operand], task.operands[bias])
    guard task.type(bias).shape == Shape([task.type(operand).shape[1]]),
      outputs(of: "DequantizeLinear", making: name) != nil,
      let product = task.graph.producer(of: task.node.operands[operand]),
      product.operands.allSatisfy({ task.graph.type(of: $0).rank == 2 })
    else { return nil }
    return addOperand(to: sum, madeBy: "MatMul", of: 2, name, as: "Gemm")
  }
}
