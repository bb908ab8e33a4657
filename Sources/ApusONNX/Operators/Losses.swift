internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Losses of classes: `[N, C, …]` scores and `[N, …]` classes.
  static let losses: [OperatorRule] = [
    OperatorRule("NegativeLogLikelihoodLoss") { node throws(ImportFailure) in
      [try node.likelihoodLoss(of: try node.operand(0))]
    },
    OperatorRule("SoftmaxCrossEntropyLoss") { node throws(ImportFailure) in
      let scores = try node.operand(0)
      guard node.type(of: scores).rank >= 2 else {
        throw .invalid("loss-rank", "the scores need a batch and classes")
      }
      let logarithms = try node.add(.softmax(Softmax(axis: 1, logarithm: true)), [scores])
      return [try node.likelihoodLoss(of: logarithms), logarithms]
    },
  ]
}

extension NodeImporter {
  /// The negated, weighted logarithm of each class that operand 1 names, reduced as asked for.
  fileprivate mutating func likelihoodLoss(
    of logarithms: ValueID
  ) throws(ImportFailure) -> ValueID {
    let classes = try operand(1)
    let (element, shape) = (type(of: logarithms).element, type(of: logarithms).shape)
    let ignored = try integer("ignore_index")
    let reduction = try text("reduction", default: "mean")
    guard shape.rank >= 2,
      Shape([shape[0]] + shape.dimensions.dropFirst(2)) == type(of: classes).shape
    else { throw .invalid("loss-shape", "scores and classes differ in shape") }
    var single = shape
    single[1] = 1
    let column = try converted(try reshape(classes, to: single), to: .i64)
    let axes = (0..<shape.rank).map { $0 == 1 ? -1 : $0 }
    let picked = try add(.take(Take(axes: axes, shape: single)), [logarithms, column])
    var weights: ValueID?
    if let given = optionalOperand(2) {
      weights = try add(.take(Take(axes: [-1], shape: single)), [given, column])
    }
    if let ignored {
      let weight = weights ?? constant(1, element)
      weights = try map(
        [weight, column], .select(.compare(.equal, y, .integer(ignored)), 0, x))
    }
    // A class that is ignored counts 0, whatever is picked for it.
    var loss = try map([picked], -x)
    if let weights {
      loss = try map([loss, weights], .select(.compare(.equal, y, 0), 0, x * y))
    }
    let all = Array(0..<shape.rank)
    switch reduction {
    case "none": return try reshape(loss, to: type(of: classes).shape)
    case "sum": return try total(loss, axes: all)
    case "mean":
      guard let weights else {
        return try reshape(
          try reduced(loss, .sum, axes: all, after: .mean), to: Shape([Int]()))
      }
      return try map(
        [try total(loss, axes: all), try total(try broadcast(weights, to: single), axes: all)],
        x / y)
    default: throw .invalid("loss-reduction", "reduction \"\(reduction)\" does not exist")
    }
  }

  private mutating func total(_ value: ValueID, axes: [Int]) throws(ImportFailure) -> ValueID {
    try reshape(try add(.reduce(Reduce(.sum, axes: axes)), [value]), to: Shape([Int]()))
  }
}
