import ApusTestSupport

private let relu = ModelBytes("Relu", [.input([2, 3])])

private func changed(
  _ name: String, _ code: Int32, _ change: (inout ModelBytes) -> Void
) -> HostileModel {
  var model = relu
  change(&model)
  return HostileModel(name, code, model)
}

private func node(_ inputs: [String], _ outputs: [String], _ name: String = "n") -> Proto {
  ModelBytes.node("Relu", inputs, outputs, name: name)
}

private func value(_ name: String, _ extents: [String]? = nil) -> Proto {
  ModelBytes.value(name, 1, extents)
}

private let weight = ModelBytes.tensor("w", 1, [2, 3]).data(9, [UInt8](repeating: 0, count: 24))

extension HostileModel {
  /// Groups B and K: models, graphs and names.
  static let graphs: [HostileModel] = versions + wiring + types + names

  private static let versions: [HostileModel] = [
    changed("B2 version 0", 3) { $0.version = 0 },
    changed("B3 opset 0", 3) { $0.opsets = [("", 0)] },
    changed("B3 opset -1", 3) { $0.opsets = [("", -1)] },
    changed("B3 opset 2^40", 4) { $0.opsets = [("", 1 << 40)] },
    changed("B3 opset 99", 4) { $0.opsets = [("", 99)] },
    changed("B4 domain without import", 3) { $0.nodes = [$0.nodes[0].text(7, "com.example")] },
    changed("B5 unknown domain", 4) {
      $0.nodes = [$0.nodes[0].text(7, "com.example")]
      $0.opsets.append(("com.example", 1))
    },
    HostileModel(
      "B26 deprecated", 3, ModelBytes("Upsample", [.input([1, 1, 2, 2]), .reals([4])])),
  ]

  private static let wiring: [HostileModel] = [
    changed("B7 cycle", 3) { $0.nodes = [node(["b"], ["y"]), node(["y"], ["b"], "m")] },
    changed("B7 own result", 3) { $0.nodes = [node(["y"], ["y"])] },
    changed("B8 unsorted", 0) { $0.nodes = [node(["b"], ["y"]), node(["x0"], ["b"], "m")] },
    changed("B9 result twice", 3) { $0.nodes = [node(["x0"], ["y"]), node(["x0"], ["y"], "m")] },
    changed("B9 result is an input", 3) { $0.nodes = [node(["x0"], ["x0"])] },
    changed("B9 result is an initializer", 3) {
      $0.initializers = [weight]
      $0.nodes = [node(["x0"], ["w"]), node(["w"], ["y"], "m")]
    },
    changed("B9 input twice", 3) { $0.inputs.append($0.inputs[0]) },
    changed("B9 initializer twice", 3) { $0.initializers = [weight, weight] },
    changed("B10 unknown operand", 3) { $0.nodes = [node(["nothing"], ["y"])] },
    changed("B12 output of nobody", 3) { $0.outputs.append(value("nothing")) },
    changed("B12 output twice", 0) { $0.outputs.append($0.outputs[0]) },
    changed("B13 output is an input", 0) { $0.outputs.append(value("x0", ["2", "3"])) },
    changed("B13 output is an initializer", 0) {
      $0.initializers = [weight]
      $0.outputs.append(value("w", ["2", "3"]))
    },
    changed("B14 no outputs", 3) { $0.outputs = [] },
    changed("B15 no nodes", 0) {
      $0.nodes = []
      $0.outputs = [value("x0", ["2", "3"])]
    },
    changed("B16 too many results", 4) { $0.nodes = [node(["x0"], ["y", "z"])] },
    changed("B16 no results", 3) { $0.nodes = [node(["x0"], [])] },
    changed("B17 required operand is absent", 3) { $0.nodes = [node([""], ["y"])] },
    changed("B21 initializer that is an input", 0) {
      $0.initializers = [
        ModelBytes.tensor("x0", 1, [2, 3]).data(9, [UInt8](repeating: 0, count: 24))
      ]
    },
  ]

  private static let types: [HostileModel] = [
    changed("B20 output type", 3) { $0.outputs = [ModelBytes.value("y", 7, ["2", "3"])] },
    changed("B20 output shape", 3) { $0.outputs = [value("y", ["2", "4"])] },
    changed("B20 output rank", 3) { $0.outputs = [value("y", ["6"])] },
    changed("B20 value_info", 3) {
      $0.extra = Proto().message(13, value("b", ["9"]))
      $0.nodes = [node(["x0"], ["b"]), node(["b"], ["y"], "m")]
    },
    changed("B25 sequence", 4) {
      let type = Proto().message(1, Proto().int(1, 1).message(2, Proto()))
      $0.inputs = [Proto().text(1, "x0").message(2, Proto().message(4, Proto().message(1, type)))]
    },
    changed("B25 string", 4) { $0.inputs = [ModelBytes.value("x0", 8, ["2"])] },
    changed("C1 negative input is unknown", 4) { $0.inputs = [value("x0", ["-1", "3"])] },
    changed("C2 input of 2^62 elements", 5) {
      $0.inputs = [value("x0", ["2147483647", "2147483647"])]
    },
    changed("C2 input whose size wraps", 5) {
      $0.inputs = [value("x0", ["2147483647", "2147483647", "2147483647", "2147483647"])]
    },
    changed("C12 input of rank 65", 5) {
      $0.inputs = [value("x0", Array(repeating: "1", count: 65))]
    },
    changed("input without shape", 4) { $0.inputs = [value("x0")] },
  ]

  private static let names: [HostileModel] =
    [
      "*/ system(\"x\"); /*", "a\nb", "a\\\nb", "??/", "%s%n", "\"", "nämé 火", "\u{202e}evil",
      "int", "main", "_Bool", "__x", "arena", "ctx", "weights", "inputs", "0",
      String(repeating: "long", count: 25_000),
    ].map { name in
      changed("K names \(name.prefix(12).debugDescription)", 0) {
        $0.inputs = [value(name, ["2", "3"])]
        $0.nodes = [node([name], ["y"], name)]
      }
    } + [
      changed("K2 names that meet", 0) {
        $0.inputs = ["a.b", "a_b", "a/b", "A_B"].map { value($0, ["2"]) }
        $0.nodes = [
          ModelBytes.node(
            "Concat", ["a.b", "a_b", "a/b", "A_B"], ["y"], [ModelBytes.int("axis", 0)])
        ]
      }
    ]
}
