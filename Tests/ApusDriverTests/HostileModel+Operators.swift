import ApusTestSupport

private func int(_ name: String, _ value: Int) -> Proto { ModelBytes.int(name, value) }

private func ints(_ name: String, _ values: Int...) -> Proto { ModelBytes.ints(name, values) }

private func one(
  _ name: String, _ code: Int32, _ operatorType: String, _ operands: [ModelBytes.Operand],
  _ attributes: Proto..., opset: Int = 17, results: Int = 1, element: Int = 1
) -> HostileModel {
  HostileModel(
    "\(name) \(operatorType)", code,
    ModelBytes(operatorType, operands, attributes, opset: opset, results: results, element: element)
  )
}

private let image = ModelBytes.Operand.input([1, 4, 5, 5])
private let filter = ModelBytes.Operand.reals([2, 4, 3, 3])
private let huge = 1 << 40

extension HostileModel {
  /// Group E: operators and shapes.
  static let operators: [HostileModel] =
    linear + views + movement + reductions + elementwise + computed

  private static let linear: [HostileModel] = [
    one("E1 fine", 0, "Conv", [image, filter]),
    one("E1 stride 0", 3, "Conv", [image, filter], ints("strides", 0, 1)),
    one("E1 stride -1", 3, "Conv", [image, filter], ints("strides", -1, 1)),
    one("E1 stride 2^63 - 1", 3, "Conv", [image, filter], ints("strides", .max, .max, .max)),
    one("E1 largest stride", 3, "Conv", [image, filter], ints("strides", .max, .max)),
    one("E1 dilation 0", 3, "Conv", [image, filter], ints("dilations", 0, 1)),
    one("E1 largest dilation", 3, "Conv", [image, filter], ints("dilations", .max, .max)),
    one("E1 pad beyond the input", 3, "Conv", [image, filter], ints("pads", -3, 0, -3, 0)),
    one("E1 smallest pad", 3, "Conv", [image, filter], ints("pads", .min, 0, 0, 0)),
    one("E1 largest pad", 3, "Conv", [image, filter], ints("pads", .max, 0, .max, 0)),
    one("E1 pad of 2^40", 3, "Conv", [image, filter], ints("pads", huge, 0, 0, 0)),
    one("E1 group 0", 3, "Conv", [image, filter], int("group", 0)),
    one("E1 group -1", 3, "Conv", [image, filter], int("group", -1)),
    one("E1 group 3", 3, "Conv", [image, filter], int("group", 3)),
    one("E1 kernel too large", 3, "Conv", [.input([1, 4, 2, 2]), filter]),
    one("E1 kernel rank", 3, "Conv", [image, .reals([2, 4, 3])]),
    one("E1 kernel_shape", 3, "Conv", [image, filter], ints("kernel_shape", 5, 5)),
    one("E1 rank 1", 3, "Conv", [.input([4]), .reals([4])]),
    one(
      "E2 auto_pad and pads", 3, "Conv", [image, filter], ints("pads", 1, 1, 1, 1),
      ModelBytes.string("auto_pad", "SAME_UPPER")),
    one("E2 unknown auto_pad", 3, "Conv", [image, filter], ModelBytes.string("auto_pad", "SAME")),
    one("E1 stride 0", 3, "MaxPool", [image], ints("kernel_shape", 2, 2), ints("strides", 0, 1)),
    one("E1 kernel 0", 3, "MaxPool", [image], ints("kernel_shape", 0, 2)),
    one("E1 kernel beyond the input", 3, "MaxPool", [image], ints("kernel_shape", 9, 9)),
    one("E1 no kernel", 3, "MaxPool", [image]),
    one("E4 inner extents", 3, "MatMul", [.input([2, 3]), .reals([4, 2])]),
    one("E4 rank 0", 3, "MatMul", [.input([]), .reals([4, 2])]),
    one("E4 batches", 3, "MatMul", [.input([2, 3, 4]), .reals([3, 4, 2])]),
    one("E4 inner extents", 3, "Gemm", [.input([2, 3]), .reals([4, 2])]),
    one("E4 rank 3", 3, "Gemm", [.input([1, 2, 3]), .reals([3, 2])]),
    one("E4 bias", 3, "Gemm", [.input([2, 3]), .reals([3, 2]), .reals([3])]),
    one("B16 too few", 3, "MatMul", [.input([2, 3])]),
    one("B16 too many", 3, "MatMul", [.input([2, 3]), .reals([3, 2]), .reals([3])]),
    one("B17 absent", 3, "MatMul", [.input([2, 3]), .absent]),
    one("B19 unknown attribute", 3, "MatMul", [.input([2, 3]), .reals([3, 2])], int("mode", 1)),
    one("E24 no rows", 0, "MatMul", [.input([0, 3]), .reals([3, 2])]),
    one("E24 no sum", 0, "MatMul", [.input([2, 0]), .input([0, 2])]),
  ]

  private static let views: [HostileModel] = [
    one("E5 two unknown", 3, "Reshape", [.input([2, 3]), .integers([-1, -1])]),
    one("E5 below -1", 3, "Reshape", [.input([2, 3]), .integers([-2, 3])]),
    one("E5 product", 3, "Reshape", [.input([2, 3]), .integers([4, 2])]),
    one("E5 rest", 3, "Reshape", [.input([2, 3]), .integers([4, -1])]),
    one("E5 zero without axis", 3, "Reshape", [.input([2, 3]), .integers([2, 3, 0])]),
    one(
      "E5 -1 of nothing", 3, "Reshape", [.input([0, 3]), .integers([0, -1])], int("allowzero", 1)),
    one("E5 wraps", 3, "Reshape", [.input([2, 3]), .integers([1 << 32, 1 << 32])]),
    one("E5 rank 1000", 5, "Reshape", [.input([1]), .integers(Array(repeating: 1, count: 1000))]),
    one("E6 twice", 3, "Transpose", [.input([2, 3])], ints("perm", 0, 0)),
    one("E6 short", 3, "Transpose", [.input([2, 3])], ints("perm", 0)),
    one("E6 outside", 3, "Transpose", [.input([2, 3])], ints("perm", 0, 2)),
    one("E6 largest", 3, "Transpose", [.input([2, 3])], ints("perm", .max, .min)),
    one("E15 not 1", 3, "Squeeze", [.input([2, 3]), .integers([0])]),
    one("E15 axis", 3, "Squeeze", [.input([2, 1]), .integers([2])]),
    one("E15 smallest axis", 3, "Unsqueeze", [.input([2, 1]), .integers([.min])]),
    one("E15 axis twice", 3, "Unsqueeze", [.input([2, 1]), .integers([0, 0])]),
    one("E22 axis", 3, "Flatten", [.input([2, 1])], int("axis", 3)),
    one(
      "E8 step 0", 3, "Slice",
      [.input([4]), .integers([0]), .integers([4]), .integers([0]), .integers([0])]),
    one(
      "E8 widest", 0, "Slice",
      [.input([4]), .integers([.min]), .integers([.max]), .integers([0]), .integers([1])]),
    one(
      "E8 widest backwards", 0, "Slice",
      [.input([4]), .integers([.max]), .integers([.min]), .integers([0]), .integers([-1])]),
    one(
      "E8 largest step", 0, "Slice",
      [.input([4]), .integers([0]), .integers([.max]), .integers([0]), .integers([.max])]),
    one(
      "E8 smallest step", 0, "Slice",
      [.input([4]), .integers([3]), .integers([.min]), .integers([0]), .integers([.min])]),
    one(
      "E8 axis twice", 3, "Slice",
      [.input([4]), .integers([0, 0]), .integers([1, 1]), .integers([0, 0])]),
    one("E8 axis", 3, "Slice", [.input([4]), .integers([0]), .integers([1]), .integers([1])]),
    one("E8 lengths", 3, "Slice", [.input([4]), .integers([0, 1]), .integers([1])]),
    one("E10 2^40", 5, "Expand", [.input([1]), .integers([huge])]),
    one("E10 wraps", 5, "Expand", [.input([1]), .integers([1 << 31 - 1, 1 << 31 - 1, 4])]),
    one("E10 negative", 3, "Expand", [.input([1]), .integers([-1])]),
    one("E17 extents", 3, "Expand", [.input([3]), .integers([4])]),
    one("E12 sum", 3, "Split", [.input([6]), .integers([2, 3])], results: 2),
    one("E12 negative", 3, "Split", [.input([6]), .integers([7, -1])], results: 2),
    one("E12 axis", 3, "Split", [.input([6]), .integers([3, 3])], int("axis", 1), results: 2),
    one("E12 parts", 3, "Split", [.input([6]), .integers([3, 3])], results: 3),
  ]

  private static let movement: [HostileModel] = [
    one("E7 axis", 3, "Concat", [.input([2]), .input([2])], int("axis", 1)),
    one("E7 negative axis", 3, "Concat", [.input([2]), .input([2])], int("axis", -2)),
    one("E7 ranks", 3, "Concat", [.input([2]), .input([2, 1])], int("axis", 0)),
    one("E7 extents", 3, "Concat", [.input([2, 3]), .input([2, 2])], int("axis", 0)),
    one("E7 no axis", 3, "Concat", [.input([2]), .input([2])]),
    one("E7 no operands", 3, "Concat", [], int("axis", 0)),
    one("E9 constant index", 3, "Gather", [.input([2, 2]), .integers([2])]),
    one("E9 constant index", 3, "Gather", [.input([2, 2]), .integers([-3])]),
    one("E9 largest index", 3, "Gather", [.input([2, 2]), .integers([.max])]),
    one("E9 axis", 3, "Gather", [.input([2, 2]), .integers([0])], int("axis", 2)),
    one("E9 of nothing", 3, "Gather", [.input([0, 2]), .integers([0])]),
    one("E9 reals as indices", 3, "Gather", [.input([2, 2]), .input([1])]),
    one("E10 2^40", 5, "Tile", [.input([1]), .integers([huge])]),
    one("E10 wraps", 5, "Tile", [.input([4]), .integers([1 << 62])]),
    one("E10 negative", 3, "Tile", [.input([4]), .integers([-1])]),
    one("E10 2^40", 5, "ConstantOfShape", [.integers([huge])]),
    one("E10 2^62", 5, "ConstantOfShape", [.integers([1 << 31 - 1, 1 << 31 - 1])]),
    one("E10 negative", 3, "ConstantOfShape", [.integers([-1])]),
    one("E10 2^40", 5, "Range", [.integer(0), .integer(huge), .integer(1)]),
    one("E10 2^63 - 1", 5, "Range", [.integer(.min), .integer(.max), .integer(1)]),
    one("E11 step 0", 3, "Range", [.integer(0), .integer(4), .integer(0)]),
    one("E13 smallest", 3, "Pad", [.input([4]), .integers([.min, .min])]),
    one("E13 beyond", 3, "Pad", [.input([4]), .integers([-3, -3])]),
    one("E13 largest", 5, "Pad", [.input([4]), .integers([.max, .max])]),
    one("E13 2^40", 5, "Pad", [.input([4]), .integers([huge, 0])]),
    one("E13 length", 3, "Pad", [.input([4]), .integers([1])]),
    one(
      "E10 2^40", 5, "Resize",
      [.input([1, 1, 2, 2]), .absent, .absent, .integers([1, 1, huge, 2])],
      ModelBytes.string("mode", "nearest")),
    one(
      "E10 0", 3, "Resize", [.input([1, 1, 2, 2]), .absent, .absent, .integers([1, 1, -2, 2])],
      ModelBytes.string("mode", "nearest")),
  ]

  private static let reductions: [HostileModel] = [
    one("E22 axis", 3, "LayerNormalization", [.input([2, 3]), .reals([3])], int("axis", 2)),
    one(
      "E22 smallest axis", 3, "LayerNormalization", [.input([2, 3]), .reals([3])],
      int("axis", .min)),
    one("E22 scale", 3, "LayerNormalization", [.input([2, 3]), .reals([4])]),
    one("E23 axis", 3, "Softmax", [.input([2, 3])], int("axis", 2)),
    one("E23 rank 0", 3, "Softmax", [.input([])]),
    one("E24 empty", 3, "ArgMax", [.input([0, 3])], int("axis", 0)),
    one("E24 axis", 3, "ArgMax", [.input([2, 3])], int("axis", -3)),
    one("E24 axis", 3, "ReduceSum", [.input([2, 3]), .integers([2])]),
    one("E24 axis twice", 3, "ReduceSum", [.input([2, 3]), .integers([0, -2])]),
    one("E24 empty", 0, "ReduceSum", [.input([0, 3]), .integers([0])]),
    one("E24 empty", 0, "ReduceMax", [.input([0, 3])]),
    one(
      "E21 scale", 3, "BatchNormalization",
      [image, .reals([3]), .reals([4]), .reals([4]), .reals([4])]),
    one(
      "E21 rank 1", 3, "BatchNormalization",
      [.input([4]), .reals([3]), .reals([4]), .reals([4]), .reals([4])]),
    one(
      "LSTM weights", 3, "LSTM", [.input([2, 1, 3]), .reals([1, 8, 3]), .reals([1, 8, 3])],
      int("hidden_size", 2)),
    one(
      "LSTM hidden size", 3, "LSTM", [.input([2, 1, 3]), .reals([1, 8, 3]), .reals([1, 8, 2])],
      int("hidden_size", .max)),
  ]

  private static let elementwise: [HostileModel] = [
    one("E17 extents", 3, "Add", [.input([3]), .input([4])]),
    one("E17 types", 3, "Add", [.input([3]), .integers([1, 2, 3])]),
    one("E17 symbols", 3, "Add", [.typed(1, ["N"]), .typed(1, ["M"])]),
    one("E18 by constant 0", 0, "Div", [.typed(7, ["2"]), .integers([0, 0])], element: 7),
    one("E18 by constant 0", 0, "Mod", [.typed(7, ["2"]), .integers([0, 0])], element: 7),
    one("E20 unknown type", 3, "Cast", [.input([2])], int("to", 99)),
    one("E20 type 2^40", 3, "Cast", [.input([2])], int("to", huge)),
    one("E20 type 0", 3, "Cast", [.input([2])], int("to", 0)),
    one("E20 no type", 3, "Cast", [.input([2])]),
    one("types", 3, "And", [.input([2]), .input([2])]),
    one("types", 3, "Not", [.input([2])]),
    one("types", 3, "Where", [.input([2]), .input([2]), .input([2])]),
  ]

  private static let computed: [HostileModel] = [
    one("not square", 3, "Det", [.input([2, 3])]),
    one("too large", 4, "Det", [.input([100, 100])]),
    one("largest shape", 5, "RandomUniform", [], ints("shape", .max, .max)),
    one("negative extent", 5, "RandomUniform", [], ints("shape", -1)),
    one("product beyond 2^63", 0, "RandomNormal", [], ints("shape", 0, 1 << 23, 1 << 23, 1 << 23)),
    one("largest sample", 3, "Multinomial", [.input([2, 3])], int("sample_size", .max)),
    one(
      "largest pad", 3, "Col2Im", [.input([1, 5, 15]), .integers([5, 5]), .integers([1, 5])],
      ints("pads", .max, 0, 0, 0), opset: 18),
    one(
      "largest size", 4, "MelWeightMatrix",
      [.integer(.max), .integer(.max), .integer(16_000), .reals([]), .reals([])]),
    one(
      "largest frame", 3, "STFT", [.input([1, 128, 1]), .integer(8), .absent, .integer(.max)]),
    one("a million parts", 5, "SplitToSequence", [.input([1 << 20])]),
    one("largest parts", 3, "SplitToSequence", [.input([4]), .integers([.max, .max])]),
  ]
}
