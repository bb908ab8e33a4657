internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

/// Scale and zero point as ONNX wants them.
private struct QuantizationParameters {
  /// The names, the scale first.
  var names: [String] = []
  /// The axis of vectors and blocks.
  var axis: Int
  /// The elements along the axis that share a scale; 0 for vectors and scalars.
  var block = 0
  /// The shape of each parameter.
  var shape: Shape

  var attributes: ExportAttributes {
    block == 0 ? ["axis": .int(axis)] : ["axis": .int(axis), "block_size": .int(block)]
  }
}

/// QuantizeLinear and DequantizeLinear, found again.
extension GraphExporter {
  /// The quantizing operator that a map stands for, if it is one.
  mutating func quantization(
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
      let parameters = try parameters(task)
    {
      let zeros = zero == nil ? [constant(.zeros(function.result, parameters.shape))] : []
      return emit(
        "QuantizeLinear", [task.operands[0]] + parameters.names + zeros, parameters.attributes)
    }
    if value.isQuantized || value == .i32, zero == nil || function.operands[2] == value,
      isFormula(.dequantizedLinearly(x, y, zero, from: value, as: function.result)),
      let parameters = try parameters(task)
    {
      var attributes = parameters.attributes
      if scale != function.result {
        require(23)
        attributes += ["output_dtype": .int(function.result.onnxDataType)]
      }
      // What runs integers of 8 bits looks for both parameters.
      let isByte = zero == nil && (value == .i8 || value == .u8)
      let zeros = isByte ? [constant(.zeros(value, parameters.shape))] : []
      return emit(
        "DequantizeLinear", [task.operands[0]] + parameters.names + zeros, attributes)
    }
    return nil
  }

  /// Scale and zero point as scalars, as vectors along an axis or as blocks of it; `nil` when they
  /// are nothing of that.
  private mutating func parameters(
    _ task: ExportTask
  ) throws(ExportFailure) -> QuantizationParameters? {
    let value = task.type(0).shape
    guard value == task.resultType().shape else { return nil }
    if let blocks = blocks(task) { return blocks }
    let shapes = task.node.operands.indices.dropFirst().map { task.type($0).shape }
    guard let shape = shapes.first, shapes.allSatisfy({ $0 == shape }),
      let extents = shape.extents, extents.count <= value.rank
    else { return nil }
    let wide = extents.indices.filter { extents[$0] != 1 }
    let target = Shape(wide.map { extents[$0] })
    guard wide.count <= 1 else { return nil }
    let axis = wide.first.map { $0 + value.rank - extents.count }
    // Scalars need no axis, but its default must exist.
    var result = QuantizationParameters(axis: axis ?? max(value.rank - 1, 0), shape: target)
    for place in task.node.operands.indices.dropFirst() {
      result.names.append(try parameter(task, place, as: target))
    }
    return result
  }

  /// A parameter under the shape that ONNX wants, if possible without a node.
  private mutating func parameter(
    _ task: ExportTask, _ place: Int, as target: Shape
  ) throws(ExportFailure) -> String {
    if task.type(place).shape == target { return task.operands[place] }
    if let constant = reshapedConstant(task.operands[place], to: target) { return constant }
    return try reshape(task.operands[place], to: target)
  }

  /// Parameters that the importer repeats along one axis: all for the same blocks.
  private func blocks(_ task: ExportTask) -> QuantizationParameters? {
    var result: QuantizationParameters?
    for place in task.node.operands.indices.dropFirst() {
      guard
        let block = block(task.node.operands[place], task.operands[place], task.graph),
        result == nil
          || result?.axis == block.axis && result?.block == block.block
            && result?.shape == block.shape
      else { return nil }
      result = result ?? block
      if place > 1 { result?.names += block.names }
    }
    return result
  }

  /// A parameter before it was repeated: `reshape`, `broadcast`, `reshape` and perhaps `slice`.
  private func block(
    _ value: ValueID, _ name: String, _ graph: Graph
  ) -> QuantizationParameters? {
    var (value, name) = (value, name)
    func stepBack() -> Operation? {
      guard let node = graph.producer(of: value), let source = sources[name],
        let operand = node.operands.first
      else { return nil }
      (value, name) = (operand, source)
      return node.operation
    }
    guard var operation = stepBack() else { return nil }
    if case .slice = operation, let before = stepBack() { operation = before }
    guard case .reshape = operation, case .broadcast(let broadcast)? = stepBack(),
      case .reshape(let column)? = stepBack()
    else { return nil }
    let shape = graph.type(of: value).shape
    let axis = column.shape.dimensions.indices.first { place in
      place > 0 && column.shape[place] == 1
        && Array(column.shape.dimensions[..<place] + column.shape.dimensions[(place + 1)...])
          == shape.dimensions
        && broadcast.shape[place] != 1
    }
    guard let axis, let size = broadcast.shape[axis].constant else { return nil }
    return QuantizationParameters(names: [name], axis: axis - 1, block: size, shape: shape)
  }
}

extension TensorData {
  /// Zeros of a type that QuantizeLinear takes.
  fileprivate static func zeros(_ element: ElementType, _ shape: Shape) -> TensorData {
    let bytes = element.byteCount(of: shape.elementCount.constant ?? 0) ?? 0
    let data = TensorData(
      TensorType(element, shape), in: TensorBuffer(count: bytes) { _ in }, range: 0..<bytes)
    return data ?? TensorData(scalar: 0, element)
  }
}

extension ElementType {
  /// Whether QuantizeLinear makes elements of the type.
  fileprivate var isQuantized: Bool {
    switch self {
    case .i8, .u8, .i16, .u16, .i4, .u4, .i2, .u2, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz,
      .f4e2m1:
      true
    case .f32, .f64, .f16, .bf16, .i32, .i64, .u32, .u64, .bool, .string, .c64, .c128, .f8e8m0,
      .f6e2m3, .f6e3m2:
      false
    }
  }
}
