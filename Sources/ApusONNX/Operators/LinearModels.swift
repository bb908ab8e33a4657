internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Linear models of `ai.onnx.ml` 1: a product with weights, and what makes classes of it.
  static let linearModels: [OperatorRule] = [
    OperatorRule("LinearRegressor", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let targets = try node.integer("targets", default: 1)
      let score = try node.linearScores(targets: targets)
      return [try node.posted(score, try node.text("post_transform", default: "NONE"))]
    },
    OperatorRule("LinearClassifier", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      // Whether classes were trained one against the rest changes nothing here.
      _ = try node.flag("multi_class", default: false)
      let labels = try node.classLabels("classlabels_ints")
      guard case .floats(let offsets)? = node.attribute("intercepts") else {
        throw .invalid("missing-attribute", "LinearClassifier needs intercepts")
      }
      let score = try node.linearScores(targets: offsets.count)
      let transform = try node.text("post_transform", default: "NONE")
      if offsets.count == 1, labels.count == 2 {
        return try node.binary(score, labels, transform)
      }
      guard offsets.count == labels.count else {
        throw .invalid("linear-shape", "\(offsets.count) scores for \(labels.count) classes")
      }
      return [try node.bestLabel(labels, score), try node.posted(score, transform)]
    },
  ]
}

extension NodeImporter {
  /// Rows of features times weights, one column per target, plus intercepts.
  fileprivate mutating func linearScores(targets: Int) throws(ImportFailure) -> ValueID {
    let value = try features(0)
    guard let weights = try reals("coefficients"), targets > 0, weights.count % targets == 0,
      type(of: value).shape[1] == Dimension(weights.count / targets)
    else { throw .invalid("linear-shape", "weights for \(type(of: value)) and \(targets) targets") }
    let matrix = try reshape(
      try column(weights, .f32), to: Shape([targets, weights.count / targets]))
    let product = try add(.matmul(MatMul()), [value, try transpose(matrix, [1, 0])])
    guard let offsets = try reals("intercepts"), !offsets.isEmpty else { return product }
    guard offsets.count == targets else {
      throw .invalid("linear-shape", "\(offsets.count) intercepts for \(targets) targets")
    }
    return try map([product, try column(offsets, .f32)], x + y)
  }

  /// Two classes that share one score `[rows, 1]`: the second one when it is above 0.
  fileprivate mutating func binary(
    _ score: ValueID, _ labels: TensorData, _ transform: String
  ) throws(ImportFailure) -> [ValueID] {
    let label = try label(labels, where: x > 0, score)
    guard transform != "PROBIT" else {
      throw .unsupported("tree-transform", "PROBIT of one score for two classes")
    }
    let second = transform == "LOGISTIC" ? try posted(score, transform) : score
    let first = try map([second], 1 - x)
    return [label, try add(.concat(Concat(axis: 1)), [first, second])]
  }
}
