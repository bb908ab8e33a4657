import Apus
import ApusRuntime

/// Imports a classifier of one image, adds the number of its best class as an output, and writes it
/// as ONNX.
func addBestClass(to model: String, writing output: String) throws -> Graph {
  var graph = try Graph(
    importing: model, options: ImportOptions(dimensions: ["N": 1], customOperators: [.swirl]))
  let scores = graph.outputs[0]
  let axis = graph.type(of: scores).rank - 1
  let best = try graph.add(
    .argReduce(ArgReduce(.max, axis: axis, last: false)), [scores], origins: ["ArgMax best"])
  graph.addOutput(best, name: "best")
  let exported = try graph.exported()
  try writeWhole(exported.bytes, to: output)
  return graph
}
