internal import ApusIR

/// Operations along axes.
extension GraphExporter {
  mutating func write(_ reduce: Reduce, _ task: ExportTask) throws(ExportFailure) -> String {
    let element = task.type(0).element
    let wide: ElementType = element == .bool ? .i32 : element.computing
    let type =
      switch reduce.kind {
      case .sum: "ReduceSum"
      case .product: "ReduceProd"
      case .max: "ReduceMax"
      case .min: "ReduceMin"
      }
    var axes = constant(reduce.axes)
    if !reduce.flags.isEmpty {
      let places = emit("NonZero", [try vector(reduce.flags)])
      axes = emit("Reshape", [places, constant([-1])])
    } else if reduce.axes.isEmpty {
      return task.operands[0]
    }
    let result = emit(
      type, [cast(task.operands[0], from: element, to: wide), axes],
      ["keepdims": .int(1), "noop_with_empty_axes": .int(1)])
    // Where a mean is made of the sum, this node stays and the sum does not.
    let spatial = task.type(0).shape.dimensions.dropFirst(2)
    if reduce.kind == .sum, element == wide, element.isFloat, !spatial.isEmpty,
      reduce.axes == Array(2..<spatial.count + 2), let extents = Shape(Array(spatial)).extents
    {
      let mean = emit("GlobalAveragePool", [task.operands[0]])
      means[result] = (mean, extents.reduce(1.0) { $0 * Double($1) })
    }
    return cast(result, from: wide, to: element)
  }

  mutating func write(_ normalize: Normalize, _ task: ExportTask) throws(ExportFailure) -> String {
    let type = task.type(0)
    let axes = Array(normalize.axis..<type.rank)
    let wide = type.element.computing
    let x = cast(task.operands[0], from: type.element, to: wide)
    let inner = Shape(Array(type.shape.dimensions[normalize.axis...]))
    // LayerNormalization wants a scale, even one of ones; a large one is not worth its bytes.
    if normalize.centered, let extents = inner.extents, let count = inner.elementCount.constant,
      count <= 1 << 20
    {
      let ones = cast(
        constant(TensorData(.f32, extents, [Float](repeating: 1, count: count))), from: .f32,
        to: wide)
      let result = emit(
        "LayerNormalization", [x, ones],
        ["axis": .int(normalize.axis), "epsilon": .float(Float(normalize.epsilon))])
      return cast(result, from: wide, to: type.element)
    }
    let centred = normalize.centered ? emit("Sub", [x, mean(x, axes)]) : x
    let variance = mean(emit("Mul", [centred, centred]), axes)
    let sum = emit("Add", [variance, literal(.float(normalize.epsilon), wide)])
    return cast(emit("Div", [centred, emit("Sqrt", [sum])]), from: wide, to: type.element)
  }

  private mutating func mean(_ value: String, _ axes: [Int]) -> String {
    emit("ReduceMean", [value, constant(axes)], ["keepdims": .int(1)])
  }

  /// CumSum, or a Scan where ONNX has no operator.
  mutating func write(_ cumulate: Cumulate, _ task: ExportTask) throws(ExportFailure) -> String {
    let type = task.type(0)
    if cumulate.kind == .sum {
      let wide = type.element.computing
      let result = emit(
        "CumSum",
        [
          cast(task.operands[0], from: type.element, to: wide),
          try scalar(Dimension(cumulate.axis)),
        ],
        [
          "exclusive": .int(cumulate.exclusive ? 1 : 0), "reverse": .int(cumulate.reverse ? 1 : 0),
        ])
      return cast(result, from: wide, to: type.element)
    }
    let reduce = Reduce(cumulate.kind, axes: [])
    let formula = Scalar.binary(reduce.combine, .operand(0), .operand(1))
    guard let function = Pointwise([type.element, type.element], formula) else {
      throw .unsupported("export-type", "no running combination of \(type.element)")
    }
    var row = type
    row.shape.dimensions.remove(at: cumulate.axis)
    let start = emit(
      "Expand",
      [literal(reduce.initial(of: type.element), type.element), try vector(row.shape.dimensions)])
    let (state, input) = (unique("state"), unique("row"))
    let body = try region(inputs: [(state, row), (input, row)]) { exporter throws(ExportFailure) in
      let next = exporter.emit("Identity", [try exporter.apply(function, [state, input])])
      let shown = exporter.emit("Identity", [cumulate.exclusive ? state : next])
      return [(next, row), (shown, row)]
    }
    let turn = ONNXAttribute.Value.ints([cumulate.reverse ? 1 : 0])
    let axis = ONNXAttribute.Value.ints([cumulate.axis])
    return emit(
      "Scan", [start, task.operands[0]],
      [
        "body": .graph(body), "num_scan_inputs": .int(1), "scan_input_axes": axis,
        "scan_output_axes": axis, "scan_input_directions": turn, "scan_output_directions": turn,
      ], results: 2)[1]
  }
}
