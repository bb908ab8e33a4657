import ApusBytecode
import ApusIR
import ApusONNX
import ApusTestSupport
import Testing

@testable import ApusQuantize

/// Two convolutions with a residual sum, a mean and a product.
private func makeNetwork() throws -> Graph {
  let x = Scalar.operand(0)
  var graph = Graph(name: "net")
  let image = graph.addInput("x", TensorType(.f32, [1, 3, 6, 6]))
  let wide = Window(
    extents: [3, 3], strides: [1, 1], dilations: [1, 1], before: [1, 1], after: [1, 1])
  let narrow = Window(
    extents: [1, 1], strides: [1, 1], dilations: [1, 1], before: [0, 0], after: [0, 0])
  func random(_ extents: [Int], _ seed: UInt64) -> TensorData {
    TensorData(.f32, extents, numbers(extents.reduce(1, *), seed))
  }
  var value = try graph.add(
    .conv(Conv(window: wide, groups: 1)),
    [image, graph.constant(random([4, 3, 3, 3], 1), name: "w")], origins: ["Conv first"])
  value = try graph.map(
    [value, graph.constant(random([4, 1, 1], 2), name: "b")], x + .operand(1),
    origins: ["Conv first"])
  let active = try graph.map([value], .max(x, 0), origins: ["Relu act"])
  value = try graph.add(
    .conv(Conv(window: narrow, groups: 1)), [active, graph.constant(random([4, 4, 1, 1], 3))],
    origins: ["Conv second"])
  value = try graph.map([value, active], x + .operand(1), origins: ["Add sum"])
  value = try graph.add(
    .reduce(Reduce(.sum, axes: [2, 3])), [value], origins: ["GlobalAveragePool mean"])
  value = try graph.map([value], x * .real(1 / 36))
  value = try graph.reshape(value, to: Shape([1, 4]))
  value = try graph.add(
    .matmul(MatMul()), [value, graph.constant(random([4, 5], 4))], origins: ["MatMul last"])
  graph.addOutput(value, name: "y")
  return graph
}

/// Numbers from -1 to 1.
private func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
  var random = SeededRandom(seed: seed)
  return (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
}

@Suite struct StaticTests {
  private func samples(_ graph: Graph, _ count: Int) -> [CalibrationSample] {
    (0..<count).map { number in
      let inputs = graph.inputs.map { input in
        let extents = graph.type(of: input).shape.extents ?? []
        return TensorData(
          .f32, extents, numbers(extents.reduce(1, *), UInt64(number + 10)))
      }
      return CalibrationSample(name: "sample \(number)", inputs: inputs)
    }
  }

  private func quantized(
    _ change: (inout QuantizationOptions) -> Void = { _ in }
  ) throws -> (real: Graph, integers: Graph) {
    let graph = try makeNetwork()
    var options = QuantizationOptions()
    change(&options)
    let quantizer = try Quantizer(graph)
    let recipe = try quantizer.recipe(options, samples(graph, 8))
    return (graph, try quantizer.quantized(recipe))
  }

  private func distance(_ a: Graph, _ b: Graph) throws -> Float {
    let inputs = samples(a, 1)[0].inputs
    let want = try Session(a).run(inputs)[0].elements(as: Float.self)
    let got = try Session(b).run(inputs)[0].elements(as: Float.self)
    let scale = want.reduce(0) { max($0, abs($1)) }
    return zip(want, got).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }

  @Test(arguments: [ElementType.u8, .i8], Calibrator.allCases)
  func resultsStayClose(_ element: ElementType, _ calibrator: Calibrator) throws {
    let (real, integers) = try quantized { options in
      (options.activations, options.calibrator) = (element, calibrator)
    }
    #expect(try distance(real, integers) < 0.06)
  }

  @Test func everythingBetweenProductsIsStored() throws {
    let (_, integers) = try quantized()
    let stored = integers.nodes.count { node in
      integers.type(of: node.results[0]).element == .u8 && node.operation.mnemonic == "map"
    }
    // The input, both convolutions, the sum, the mean and its other shape.
    #expect(stored == 6)
    let (_, few) = try quantized { $0.scope = .products }
    let fewer = few.nodes.count { node in
      few.type(of: node.results[0]).element == .u8 && node.operation.mnemonic == "map"
    }
    // The input, what the second convolution reads, and what the product reads.
    #expect(fewer == 3)
  }

  @Test func excludedProductsStayAsTheyAre() throws {
    let (_, integers) = try quantized { $0.excluded = ["second"] }
    let bytes = integers.nodes.compactMap { node -> Int? in
      guard case .constant(let constant) = node.operation, constant.data.type.element == .i8 else {
        return nil
      }
      return constant.data.count
    }
    #expect(bytes.sorted() == [20, 108])
    let error = #expect(throws: DiagnosticError.self) {
      _ = try quantized { $0.excluded = ["third"] }
    }
    #expect(error?.diagnostics.first?.id == "layer-name")
  }

  /// Written as ONNX and read again, the graph is the same.
  @Test func comesBackFromONNX() throws {
    let (_, integers) = try quantized()
    let again = try Graph(importing: try integers.exported().bytes, named: "again")
    func operations(_ graph: Graph) -> [String] {
      graph.nodes.compactMap { node in
        guard case .constant = node.operation else { return node.operation.mnemonic }
        return nil
      }.sorted()
    }
    #expect(operations(integers) == operations(again))
    let inputs = samples(integers, 1)[0].inputs
    #expect(try Session(integers).run(inputs) == Session(again).run(inputs))
  }

  @Test func recipesGiveTheSameModelAgain() throws {
    let graph = try makeNetwork()
    let recipe = try Quantizer(graph).recipe(QuantizationOptions(), samples(graph, 4))
    let first = try Quantizer(graph).quantized(recipe).exported().bytes
    let second = try Quantizer(graph).quantized(recipe).exported().bytes
    #expect(first == second)
    var other = recipe
    other.model ^= 1
    let error = #expect(throws: DiagnosticError.self) { try Quantizer(graph).quantized(other) }
    #expect(error?.diagnostics.first?.id == "recipe-model")
  }

  @Test(arguments: [
    ("calibration-empty", [[Float]]()),
    ("calibration-constant", [[0.5, 0.5]]),
    ("calibration-number", [[1, 2], [.nan, 1]]),
    ("calibration-shape", [[1, 2], [1, 2, 3]]),
  ])
  func uselessSamplesAreRefused(_ id: String, _ numbers: [[Float]]) throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.f32, [1, 2]))
    let weights = graph.constant(TensorData(.f32, [2, 2], [1, 2, 3, 4] as [Float]))
    graph.addOutput(
      try graph.add(.matmul(MatMul()), [x, weights], origins: ["MatMul only"]), name: "y")
    let samples = numbers.enumerated().map { number, row in
      CalibrationSample(name: "s\(number)", inputs: [TensorData(.f32, [1, row.count], row)])
    }
    let error = #expect(throws: DiagnosticError.self) {
      try Quantizer(graph).recipe(QuantizationOptions(), samples)
    }
    #expect(error?.diagnostics.first?.id == id)
    #expect(error?.exitCode == 3)
    if samples.count > 0 {
      #expect(error?.diagnostics.first?.file == samples.last?.name)
    }
  }
}
