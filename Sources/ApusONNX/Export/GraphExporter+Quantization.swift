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
    if let name = dynamicQuantization(function, task) { return name }
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
    // Sums of integers whose scale is computed are scaled by Cast and Mul, as runtimes expect.
    let isKnown = task.graph.isConstantOrItsView(task.node.operands[1])
    if value.isQuantized || value == .i32 && isKnown,
      zero == nil || function.operands[2] == value,
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

  /// The part of DynamicQuantizeLinear that a map stands for: the node is written where its scale
  /// is, and what follows finds it.
  private mutating func dynamicQuantization(
    _ function: Pointwise, _ task: ExportTask
  ) -> String? {
    let operands = task.node.operands
    switch function {
    case Pointwise([.f32, .f32], .dynamicScale):
      guard let high = wholeRange(operands[0], task.operands[0], task.graph),
        let low = wholeRange(operands[1], task.operands[1], task.graph), high.value == low.value,
        high.kind == .max, low.kind == .min
      else { return nil }
      return emit("DynamicQuantizeLinear", [high.name], results: 3)[1]
    case Pointwise([.f32, .f32], .dynamicZero):
      return outputs(of: "DynamicQuantizeLinear", making: task.operands[1])?[2]
    case Pointwise(
      [.f32, .f32, .u8], .quantizedLinearly(x, y, .operand(2), as: .u8, precision: .f32)):
      guard let found = outputs(of: "DynamicQuantizeLinear", making: task.operands[1]),
        found[2] == task.operands[2], let scale = task.graph.producer(of: operands[1]),
        let range = task.graph.producer(of: scale.operands[0])?.operands.first,
        task.graph.producer(of: range)?.operands.first == operands[0]
      else { return nil }
      return found[0]
    default: return nil
    }
  }

  /// What a number is the largest or smallest element of.
  private func wholeRange(
    _ value: ValueID, _ name: String, _ graph: Graph
  ) -> (value: ValueID, name: String, kind: Reduce.Kind)? {
    guard let view = graph.producer(of: value), case .reshape = view.operation,
      let node = graph.producer(of: view.operands[0]), case .reduce(let reduce) = node.operation,
      reduce.axes == Array(0..<graph.type(of: node.operands[0]).rank), reduce.flags.isEmpty,
      let result = sources[name]?.first, let source = sources[result]?.first
    else { return nil }
    return (node.operands[0], source, reduce.kind)
  }

  /// An operand of a product of integers with its zero point: itself, or what a map takes off it.
  func centredByte(_ place: Int, _ task: ExportTask) -> (value: String, zero: String)? {
    let name = task.operands[place]
    let element = task.type(place).element
    if element == .i8 || element == .u8 { return (name, "") }
    guard let node = task.graph.producer(of: task.node.operands[place]),
      case .map(let map) = node.operation, let byte = map.function.operands.first,
      byte == .i8 || byte == .u8, map.function == Pointwise([byte, byte], .centredByte),
      task.graph.type(of: node.operands[1]).rank == 0, let operands = sources[name]
    else { return nil }
    return (operands[0], operands[1])
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
      guard let node = graph.producer(of: value), let source = sources[name]?.first,
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

extension Graph {
  /// Whether a value is a constant, perhaps under another shape.
  fileprivate func isConstantOrItsView(_ value: ValueID) -> Bool {
    if constant(value) != nil { return true }
    guard let node = producer(of: value), case .reshape = node.operation else { return false }
    return constant(node.operands[0]) != nil
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
