internal import ApusIR

extension GraphExporter {
  /// Writes one operation and returns the names of its results.
  mutating func write(_ task: ExportTask) throws(ExportFailure) -> [String] {
    let inputs = task.operands
    switch task.node.operation {
    case .constant(let constant): return [self.constant(constant.data, name: constant.name)]
    case .extents(let extents): return [try vector(extents.shape.dimensions)]
    case .map(let map): return [try write(map, task)]
    case .transpose(let transpose):
      return [emit("Transpose", inputs, ["perm": .ints(transpose.permutation)])]
    case .reshape(let reshape):
      if let constant = reshapedConstant(inputs[0], to: reshape.shape) { return [constant] }
      return [try self.reshape(inputs[0], to: reshape.shape)]
    case .broadcast(let broadcast):
      return [emit("Expand", [inputs[0], try vector(broadcast.shape.dimensions)])]
    case .slice(let slice): return [try write(slice, task)]
    case .concat(let concat): return [emit("Concat", inputs, ["axis": .int(concat.axis)])]
    case .pad(let pad):
      let pads = try vector(pad.before + pad.after)
      return [
        emit("Pad", [inputs[0], pads, inputs[1]], ["mode": .string(Array(pad.mode.rawValue.utf8))])
      ]
    case .gather(let gather): return [try write(gather, task)]
    case .take(let take): return [try write(take, task)]
    case .scatter(let scatter): return [try write(scatter, task)]
    case .sort(let sort): return try write(sort, task)
    case .split:
      throw .unsupported("export-function", "ONNX splits strings into as many parts as there are")
    case .matmul(let product): return [try write(product, task)]
    case .blockMatMul(let product): return [try write(product, task)]
    case .conv(let conv): return [try write(conv, task)]
    case .pool(let pool): return [try write(pool, task)]
    case .reduce(let reduce): return [try write(reduce, task)]
    case .argReduce(let search):
      let type = task.type(0).element
      return [
        emit(
          search.kind == .max ? "ArgMax" : "ArgMin",
          [cast(inputs[0], from: type, to: type.computing)],
          [
            "axis": .int(search.axis), "keepdims": .int(1),
            "select_last_index": .int(search.last ? 1 : 0),
          ])
      ]
    case .cumulate(let cumulate): return [try write(cumulate, task)]
    case .softmax(let softmax):
      return [
        emit(softmax.logarithm ? "LogSoftmax" : "Softmax", inputs, ["axis": .int(softmax.axis)])
      ]
    case .normalize(let normalize): return [try write(normalize, task)]
    case .lstm(let layer): return try write(layer, task)
    case .recurrent(let layer): return try write(layer, task)
    case .linearAttention(let attention): return try write(attention, task)
    case .relayout: return [inputs[0]]
    case .bind(let bind):
      write(bind, task)
      return []
    case .branch(let branch): return try write(branch, task)
    case .repeat(let loop): return try write(loop, task)
    case .kernel(let kernel): return inline(kernel.body, Array(zip(kernel.body.inputs, inputs)))
    case .custom(let custom): return inline(custom.body, Array(zip(custom.body.inputs, inputs)))
    }
  }

  /// The value in another element type; narrow floats take what is too large as core operations do.
  mutating func cast(_ value: String, from: ElementType, to: ElementType) -> String {
    if from == to { return value }
    switch to {
    case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0:
      return emit("Cast", [value], ["to": .int(to.onnxDataType), "saturate": .int(0)])
    case .f32, .f64, .f16, .bf16, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .string,
      .c64, .c128, .f6e2m3, .f6e3m2, .f4e2m1, .i4, .u4, .i2, .u2:
      return emit("Cast", [value], ["to": .int(to.onnxDataType)])
    }
  }
}

extension ElementType {
  /// The type that ONNX operators compute in for elements of this one.
  ///
  /// Few runtimes compute with integers of less than 32 bits, and none with floats of 8.
  var computing: ElementType {
    switch self {
    case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2, .f4e2m1: .f32
    case .i8, .i16, .u8, .u16, .i4, .u4, .i2, .u2: .i32
    case .f32, .f64, .f16, .bf16, .i32, .i64, .u32, .u64, .bool, .string, .c64, .c128: self
    }
  }
}
