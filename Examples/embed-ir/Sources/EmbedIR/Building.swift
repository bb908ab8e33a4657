import Apus

/// One layer of a network: `relu(x · w + b)` for a batch of any size up to 8.
func makeLayer() throws -> Graph {
  var graph = Graph(name: "layer")
  graph.symbols = [SymbolBounds(name: "N", lower: 1, upper: 8)]
  let x = graph.addInput("x", TensorType(.f32, Shape([.symbol("N"), 3])))
  let w = graph.constant(TensorData(.f32, [3, 2], [1, 0, 0, 1, 1, -1] as [Float]), name: "w")
  let b = graph.constant(TensorData(.f32, [2], [0.5, -0.5] as [Float]), name: "b")
  let product = try graph.add(.matmul(MatMul()), [x, w])
  let sum = try graph.map([product, b], .operand(0) + .operand(1))
  let y = try graph.map([sum], .max(.operand(0), 0), origins: ["Relu first"])
  graph.addOutput(y, name: "y")
  try graph.verify(stage: .imported)
  return graph
}

/// Whether the text of a graph is read as the same graph.
func comesBack(_ graph: Graph) throws -> Bool {
  let text = graph.text(constants: .full)
  return try Graph(parsing: text).text(constants: .full) == text
}
