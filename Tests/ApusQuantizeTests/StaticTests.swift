import ApusBytecode
import ApusIR
import ApusONNX
import ApusTestSupport
import Testing

@testable import ApusQuantize

/// Two convolutions with a residual sum, a mean and a product.
private let network = """
  graph @net(%x: tensor<1x3x6x6xf32>) -> (y: tensor<1x5xf32>) {
    %w = constant random : tensor<4x3x3x3xf32>
    %b = constant random : tensor<4x1x1xf32>
    %0 = conv %x, %w {extents = [3, 3], before = [1, 1], after = [1, 1]} : tensor<1x4x6x6xf32>  @ "Conv first"
    %1 = map %0, %b {f = (a: f32, b: f32) add(a, b)} : tensor<1x4x6x6xf32>  @ "Conv first"
    %2 = map %1 {f = (a: f32) max(a, 0.0:f32)} : tensor<1x4x6x6xf32>  @ "Relu act"
    %v = constant random : tensor<4x4x1x1xf32>
    %3 = conv %2, %v {extents = [1, 1]} : tensor<1x4x6x6xf32>  @ "Conv second"
    %4 = map %3, %2 {f = (a: f32, b: f32) add(a, b)} : tensor<1x4x6x6xf32>  @ "Add sum"
    %5 = reduce %4 {kind = sum, axes = [2, 3]} : tensor<1x4x1x1xf32>  @ "GlobalAveragePool mean"
    %6 = map %5 {f = (a: f32) mul(a, 0.027777777777777776:f32)} : tensor<1x4x1x1xf32>
    %7 = reshape %6 {shape = <1x4>} : tensor<1x4xf32>
    %m = constant random : tensor<4x5xf32>
    %8 = matmul %7, %m : tensor<1x5xf32>  @ "MatMul last"
    return %8
  }
  """

@Suite struct StaticTests {
  private func samples(_ graph: Graph, _ count: Int) -> [CalibrationSample] {
    (0..<count).map { number in
      var random = SeededRandom(seed: UInt64(number))
      let inputs = graph.inputs.map { input in
        let extents = graph.type(of: input).shape.extents ?? []
        let numbers = (0..<extents.reduce(1, *)).map { _ in
          Float(random.next() >> 40) * 0x1p-23 - 1
        }
        return TensorData(.f32, extents, numbers)
      }
      return CalibrationSample(name: "sample \(number)", inputs: inputs)
    }
  }

  private func quantized(
    _ text: String, _ change: (inout QuantizationOptions) -> Void = { _ in }
  ) throws -> (real: Graph, integers: Graph) {
    let graph = try Graph(parsing: text)
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
    let (real, integers) = try quantized(network) { options in
      (options.activations, options.calibrator) = (element, calibrator)
    }
    #expect(try distance(real, integers) < 0.06)
  }

  @Test func everythingBetweenProductsIsStored() throws {
    let (_, integers) = try quantized(network)
    let stored = integers.nodes.count { node in
      integers.type(of: node.results[0]).element == .u8 && node.operation.mnemonic == "map"
    }
    // The input, both convolutions, the sum, the mean and its other shape.
    #expect(stored == 6)
    let (_, few) = try quantized(network) { $0.scope = .products }
    let fewer = few.nodes.count { node in
      few.type(of: node.results[0]).element == .u8 && node.operation.mnemonic == "map"
    }
    // The input, what the second convolution reads, and what the product reads.
    #expect(fewer == 3)
  }

  @Test func excludedProductsStayAsTheyAre() throws {
    let (_, integers) = try quantized(network) { $0.excluded = ["second"] }
    let bytes = integers.nodes.compactMap { node -> Int? in
      guard case .constant(let constant) = node.operation, constant.data.type.element == .i8 else {
        return nil
      }
      return constant.data.count
    }
    #expect(bytes.sorted() == [20, 108])
    let error = #expect(throws: DiagnosticError.self) {
      _ = try quantized(network) { $0.excluded = ["third"] }
    }
    #expect(error?.diagnostics.first?.id == "layer-name")
  }

  /// Written as ONNX and read again, the graph is the same.
  @Test func comesBackFromONNX() throws {
    let (_, integers) = try quantized(network)
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
    let graph = try Graph(parsing: network)
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
    let graph = try Graph(
      parsing: """
        graph @g(%x: tensor<1x2xf32>) -> (y: tensor<1x2xf32>) {
          %w = constant random : tensor<2x2xf32>
          %0 = matmul %x, %w : tensor<1x2xf32>  @ "MatMul only"
          return %0
        }
        """)
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
