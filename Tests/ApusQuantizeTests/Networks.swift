import ApusBytecode
import ApusIR
import ApusTestSupport

@testable import ApusQuantize

/// Two convolutions with a residual sum, a mean and a product.
func makeNetwork() throws -> Graph {
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
func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
  var random = SeededRandom(seed: seed)
  return (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
}

/// Two matrices with a function between them; `outlier` is the factor of one channel of what the
/// second reads.
func makePerceptron(outlier: Float = 1) throws -> Graph {
  let x = Scalar.operand(0)
  var graph = Graph(name: "perceptron")
  let rows = graph.addInput("x", TensorType(.f32, [4, 40]))
  var first = numbers(40 * 24, 1)
  for row in 0..<40 { first[row * 24] *= outlier }
  var value = try graph.add(
    .matmul(MatMul()), [rows, graph.constant(TensorData(.f32, [40, 24], first), name: "a")],
    origins: ["MatMul first"])
  value = try graph.map(
    [value, graph.constant(TensorData(.f32, [24], numbers(24, 2)))], x + .operand(1))
  value = try graph.map([value], .max(x, 0))
  value = try graph.add(
    .matmul(MatMul()),
    [value, graph.constant(TensorData(.f32, [24, 8], numbers(192, 3)), name: "b")],
    origins: ["MatMul second"])
  graph.addOutput(value, name: "y")
  return graph
}

/// Samples of numbers from -1 to 1.
func samples(_ graph: Graph, _ count: Int) -> [CalibrationSample] {
  (0..<count).map { number in
    let inputs = graph.inputs.map { input in
      let extents = graph.type(of: input).shape.extents ?? []
      return TensorData(.f32, extents, numbers(extents.reduce(1, *), UInt64(number + 10)))
    }
    return CalibrationSample(name: "sample \(number)", inputs: inputs)
  }
}

/// The ratio of signal to noise of a graph in place of another, in decibels.
func decibels(_ real: Graph, _ other: Graph) throws -> Double {
  func run(_ graph: Graph) throws -> [[TensorData]] {
    let session = try Session(graph)
    return try samples(graph, 12).suffix(4).map { try session.run($0.inputs) }
  }
  return OutputError(try run(real), try run(other)).decibels
}

/// The operations of a graph in alphabetical order, without constants.
func operations(_ graph: Graph) -> [String] {
  graph.nodes.compactMap { node in
    guard case .constant = node.operation else { return node.operation.mnemonic }
    return nil
  }.sorted()
}
