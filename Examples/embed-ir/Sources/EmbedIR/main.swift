import Apus
import Foundation

guard CommandLine.arguments.count == 3 else {
  print("usage: EmbedIR MODEL.onnx OUT")
  exit(2)
}
let (model, output) = (CommandLine.arguments[1], CommandLine.arguments[2])

/// Ends the program when something is not as it should be.
func expect(_ holds: Bool, _ what: String) {
  print("\(holds ? "right" : "WRONG"): \(what)")
  if !holds { exit(1) }
}

func numbers(_ data: TensorData) -> [Float] { data.elements(as: Float.self) }

do {
  let layer = try makeLayer()
  print(layer.text)
  expect(try comesBack(layer), "the text of the layer is read as the same graph")

  // [1 2 3] · w + b = [4.5, -1.5]
  let x = TensorData(.f32, [1, 3], [1, 2, 3] as [Float])
  expect(numbers(try interpreted(layer, [x])[0]) == [4.5, 0], "the interpreter runs the layer")
  let native = try compiled(layer, [x], in: output + "/layer")
  expect(numbers(native[0]) == [4.5, 0], "compiled C runs the layer")

  var twice = layer
  let again = try twice.map([twice.outputs[0]], .max(.operand(0), 0))
  twice.outputs = [again]
  let before = twice.nodes.count
  try optimize(&twice, [.reluOnce, .eliminateDeadCode])
  expect(twice.nodes.count == before - 1, "the pass drops the second Relu")

  let swirl = try makeSwirl(gain: 2)
  print(swirl.text)
  expect(try comesBack(swirl), "the text of the custom operator is read as the same graph")
  let wanted = [-1, 0, 0.5].map { (x: Float) in x * tanh(2 * x) }
  let point = TensorData(.f32, [3], [-1, 0, 0.5] as [Float])
  for result in [try interpreted(swirl, [point]), try compiled(swirl, [point], in: output + "/s")] {
    let isClose = zip(numbers(result[0]), wanted).allSatisfy { abs($0 - $1) < 1e-6 }
    expect(isClose, "x · tanh(2 · x) in a back end")
  }

  let path = output + "/digits.onnx"
  let edited = try addBestClass(to: model, writing: path)
  let image = TensorData(
    .f32, edited.type(of: edited.inputs[0]).shape.extents ?? [],
    (0..<(edited.type(of: edited.inputs[0]).shape.elementCount.constant ?? 0)).map {
      Float($0 % 16)
    })
  let results = try interpreted(try Graph(importing: path), [image])
  let scores = numbers(results[0])
  let best = results[1].elements(as: Int64.self)[0]
  expect(scores.max() == scores[Int(best)], "the edited model tells its best class, \(best)")
} catch let error as DiagnosticError {
  print(error.diagnostics.map(\.text).joined(separator: "\n"))
  exit(error.exitCode)
} catch {
  print(error)
  exit(70)
}
