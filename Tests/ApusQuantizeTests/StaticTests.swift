import ApusBytecode
import ApusIR
import ApusONNX
import ApusTestSupport
import Testing

@testable import ApusQuantize

@Suite struct StaticTests {
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

  @Test(arguments: [ElementType.u8, .i8], Calibrator.allCases)
  func resultsStayClose(_ element: ElementType, _ calibrator: Calibrator) throws {
    let (real, integers) = try quantized { options in
      (options.signedActivations, options.calibrator) = (element == .i8, calibrator)
    }
    #expect(try decibels(real, integers) > 27)
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

  @Test(arguments: [
    ("quantize-weights", ElementType.f32, Float.infinity), ("quantize-weights", .f32, .nan),
    ("quantize-nothing", .f64, 1),
  ])
  func productsThatCannotBeStoredAreNamed(
    _ id: String, _ element: ElementType, _ number: Float
  ) throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(element, [1, 2]))
    let weights =
      element == .f32
      ? TensorData(.f32, [2, 1], [1, number])
      : TensorData(.f64, [2, 1], [1, Double(number)])
    let product = try graph.add(
      .matmul(MatMul()), [x, graph.constant(weights)], origins: ["MatMul only"])
    graph.addOutput(product, name: "y")
    var options = QuantizationOptions()
    options.format = .int8
    let error = #expect(throws: DiagnosticError.self) { try Quantizer(graph).recipe(options, []) }
    #expect(error?.diagnostics.first?.id == id)
    #expect(error?.exitCode == 3)
  }
}
