internal import ApusIR

extension Window {
  /// The attributes of ONNX operators that slide a window.
  fileprivate var attributes: ExportAttributes {
    poolAttributes + (isDilated ? [:] : ["dilations": .ints(dilations)])
  }

  /// The attributes of poolings; onnxruntime's quantized ones do not know `dilations`.
  fileprivate var poolAttributes: ExportAttributes {
    let attributes: ExportAttributes = [
      "kernel_shape": .ints(extents), "strides": .ints(strides), "pads": .ints(before + after),
    ]
    return isDilated ? attributes + ["dilations": .ints(dilations)] : attributes
  }

  private var isDilated: Bool { dilations.contains { $0 != 1 } }
}

/// Products and windows.
extension GraphExporter {
  mutating func write(_ product: MatMul, _ task: ExportTask) throws(ExportFailure) -> String {
    let (a, b) = (task.type(0).element, task.type(1).element)
    if let name = integerProduct("MatMulInteger", task, zero: product.zero) { return name }
    let result = task.resultType().element
    let wide = a.computing
    let operands = [
      centred(cast(task.operands[0], from: a, to: wide), product.zero, wide),
      cast(task.operands[1], from: b, to: wide),
    ]
    return cast(emit("MatMul", operands), from: wide, to: result)
  }

  /// DequantizeLinear of blocks and MatMul; zeros that are no codes are taken off by Sub.
  mutating func write(_ product: BlockMatMul, _ task: ExportTask) throws(ExportFailure) -> String {
    let (code, operands) = (task.type(1).element, task.operands)
    let zeros = task.node.operands.dropFirst(3).first
    if zeros.map({ task.graph.constant($0)?.holdsOnly(code) ?? false }) ?? true {
      require(21)
      let weights = emit(
        "DequantizeLinear",
        [operands[1], operands[2]] + operands.dropFirst(3).map { cast($0, from: .f32, to: code) },
        ["axis": .int(0), "block_size": .int(product.block)])
      return emit("MatMul", [operands[0], weights])
    }
    let depth = task.type(1).shape[0].constant ?? 0
    let rows = try vector((0..<depth).map { Dimension($0 / product.block) })
    func spread(_ blocks: String) -> String { emit("Gather", [blocks, rows], ["axis": .int(0)]) }
    let centred = emit("Sub", [cast(operands[1], from: code, to: .f32), spread(operands[3])])
    return emit("MatMul", [operands[0], emit("Mul", [centred, spread(operands[2])])])
  }

  private mutating func centred(_ value: String, _ zero: Int, _ element: ElementType) -> String {
    zero == 0 ? value : emit("Sub", [value, literal(.integer(zero), element)])
  }

  /// A product of integers of 8 bits with their zero points, where the operands are that.
  private mutating func integerProduct(
    _ type: String, _ task: ExportTask, zero: Int, _ attributes: ExportAttributes = [:]
  ) -> String? {
    guard let a = centredByte(0, task), let b = centredByte(1, task),
      zero == 0 || a.zero == ""
    else { return nil }
    let own = zero == 0 ? a.zero : literal(.integer(zero), task.type(0).element)
    var inputs = [a.value, b.value, own, b.zero]
    while inputs.last == "" { inputs.removeLast() }
    return emit(type, inputs, attributes)
  }

  mutating func write(_ conv: Conv, _ task: ExportTask) throws(ExportFailure) -> String {
    let (a, b, result) = (
      task.type(0).element, task.type(1).element, task.resultType().element
    )
    let attributes = conv.window.attributes + ["group": .int(conv.groups)]
    if let name = integerProduct("ConvInteger", task, zero: conv.zero, attributes) { return name }
    // Products of integers of 16 bits are exact in floats of 64, and so are their sums.
    let wide: ElementType = a.isFloat ? a.computing : .f64
    guard a.isFloat || a.bitWidth < 32 && b.bitWidth < 32 else {
      throw .unsupported("export-type", "ONNX has no convolution of \(a)")
    }
    let operands = [
      centred(cast(task.operands[0], from: a, to: wide), conv.zero, wide),
      cast(task.operands[1], from: b, to: wide),
    ]
    let sum = emit("Conv", operands, attributes)
    if a.isFloat { return cast(sum, from: wide, to: result) }
    return cast(cast(sum, from: wide, to: .i64), from: .i64, to: result)
  }

  mutating func write(_ pool: Pool, _ task: ExportTask) throws(ExportFailure) -> String {
    let element = task.type(0).element
    switch pool.kind {
    case .max:
      let wide: ElementType =
        element.isFloat ? element.computing : element.isByte ? element : .f64
      guard element.isFloat || element.bitWidth <= 32 else {
        throw .unsupported("export-type", "ONNX has no MaxPool of \(element)")
      }
      let operand = cast(task.operands[0], from: element, to: wide)
      return cast(emit("MaxPool", [operand], pool.window.poolAttributes), from: wide, to: element)
    case .sum:
      guard element.isFloat else {
        throw .unsupported("export-type", "ONNX has no sum of windows of \(element)")
      }
      let wide = element.computing
      let mean = emit(
        "AveragePool", [cast(task.operands[0], from: element, to: wide)],
        pool.window.poolAttributes + ["count_include_pad": .int(1)])
      let count = pool.window.extents.reduce(1.0) { $0 * Double($1) }
      let sum = cast(emit("Mul", [mean, literal(.float(count), wide)]), from: wide, to: element)
      if wide == element { means[sum] = (mean, count) }
      return sum
    }
  }
}

extension ElementType {
  /// Whether products of elements have operators of their own in ONNX.
  fileprivate var isByte: Bool { self == .i8 || self == .u8 }
}

extension TensorData {
  /// Whether all elements, which are of `f32`, are numbers of a type of integers too.
  fileprivate func holdsOnly(_ code: ElementType) -> Bool {
    let (low, high) = (Literal.lowest(of: code).real, Literal.highest(of: code).real)
    return elements(as: Float.self).allSatisfy { number in
      number == number.rounded() && low <= Double(number) && Double(number) <= high
    }
  }
}
