internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

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

  // MARK: Quantization

  private mutating func quantization(
    _ function: Pointwise, _ task: ExportTask
  ) throws(ExportFailure) -> String? {
    guard (2...3).contains(function.operands.count) else { return nil }
    let (value, scale) = (function.operands[0], function.operands[1])
    let zero: Scalar? = function.operands.count == 3 ? .operand(2) : nil
    func isFormula(_ formula: Scalar) -> Bool {
      Pointwise(function.operands, formula) == function
    }
    if value == scale, [.f32, .f16, .bf16].contains(value), function.result.isQuantized,
      zero == nil || function.operands[2] == function.result,
      isFormula(.quantizedLinearly(x, y, zero, as: function.result, precision: scale)),
      let (parameters, axis) = try parameters(task)
    {
      var attributes: ExportAttributes = ["axis": .int(axis)]
      if zero == nil { attributes += ["output_dtype": .int(function.result.onnxDataType)] }
      return emit("QuantizeLinear", [task.operands[0]] + parameters, attributes)
    }
    if scale == function.result, value.isQuantized || value == .i32,
      zero == nil || function.operands[2] == value,
      isFormula(.dequantizedLinearly(x, y, zero, from: value, as: scale)),
      let (parameters, axis) = try parameters(task)
    {
      return emit("DequantizeLinear", [task.operands[0]] + parameters, ["axis": .int(axis)])
    }
    return nil
  }

  /// Scale and zero point as scalars, or as vectors along an axis; `nil` when they are neither.
  private mutating func parameters(
    _ task: ExportTask
  ) throws(ExportFailure) -> (names: [String], axis: Int)? {
    let value = task.type(0).shape
    guard value == task.resultType().shape else { return nil }
    let shapes = task.node.operands.indices.dropFirst().map { task.type($0).shape }
    guard let shape = shapes.first, shapes.allSatisfy({ $0 == shape }),
      let extents = shape.extents, extents.count <= value.rank
    else { return nil }
    let wide = extents.indices.filter { extents[$0] != 1 }
    let target = Shape(wide.map { extents[$0] })
    guard wide.count <= 1 else { return nil }
    let axis = wide.first.map { $0 + value.rank - extents.count }
    var names: [String] = []
    for place in task.node.operands.indices.dropFirst() {
      names.append(try parameter(task, place, as: target))
    }
    // Scalars need no axis, but its default must exist.
    return (names, axis ?? max(value.rank - 1, 0))
  }

  /// A parameter under the shape that ONNX wants, if possible without a node.
  private mutating func parameter(
    _ task: ExportTask, _ place: Int, as target: Shape
  ) throws(ExportFailure) -> String {
    if task.type(place).shape == target { return task.operands[place] }
    if let constant = reshapedConstant(task.operands[place], to: target) { return constant }
    return try reshape(task.operands[place], to: target)
  }
}

extension ElementType {
  /// Whether QuantizeLinear makes elements of the type (opset 21).
  fileprivate var isQuantized: Bool {
    switch self {
    case .i8, .u8, .i16, .u16, .i4, .u4, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz: true
    case .f32, .f64, .f16, .bf16, .i32, .i64, .u32, .u64, .bool, .string, .c64, .c128, .f8e8m0,
      .f6e2m3, .f6e3m2, .f4e2m1, .i2, .u2:
      false
    }
  }
}
