internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Support vector machines of `ai.onnx.ml` 1.
  static let supportVectors: [OperatorRule] = [
    OperatorRule("SVMRegressor", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let count = try node.integer("n_supports", default: 0)
      let weights = try node.reals("coefficients") ?? []
      let offsets = try node.reals("rho") ?? []
      guard try node.text("post_transform", default: "NONE") == "NONE" else {
        throw .unsupported("tree-transform", "post_transform of SVMRegressor")
      }
      guard count > 0, weights.count == count, offsets.count == 1 else {
        throw .unsupported("svm-form", "an SVMRegressor without support vectors")
      }
      let kernels = try node.kernels(count: count)
      let column = try node.reshape(try node.column(weights, .f32), to: Shape([count, 1]))
      let sums = try node.add(.matmul(MatMul()), [kernels, column])
      let score = x + .real(offsets[0])
      let isOneClass = try node.flag("one_class", default: false)
      let side = Scalar.select(
        score > 0, .literal(.float(1), .f32), .literal(.float(-1), .f32))
      return [try node.map([sums], isOneClass ? side : score)]
    },
    OperatorRule("SVMClassifier", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let labels = try node.classLabels("classlabels_ints")
      let raw = try node.pairScores(classes: labels.count)
      let label = try node.votedLabel(raw, labels)
      let transform = try node.text("post_transform", default: "NONE")
      let (slopes, shifts) = (try node.reals("prob_a") ?? [], try node.reals("prob_b") ?? [])
      if slopes.isEmpty, shifts.isEmpty {
        let pair = Operation.concat(Concat(axis: 1))
        let scores =
          labels.count > 2 ? raw : try node.add(pair, [try node.map([raw], -x), raw])
        return [label, try node.posted(scores, transform)]
      }
      let chances = try node.pairChances(raw, slopes, shifts, classes: labels.count)
      return [label, try node.posted(chances, transform)]
    },
  ]
}

extension NodeImporter {
  /// The kernel of each row with each support vector: `[rows, count]`.
  fileprivate mutating func kernels(count: Int) throws(ImportFailure) -> ValueID {
    let value = try features(0)
    let table = try reals("support_vectors") ?? []
    let width = table.count / max(count, 1)
    guard count > 0, width > 0, table.count == count * width,
      type(of: value).shape[1] == Dimension(width)
    else { throw .invalid("svm-form", "\(table.count) numbers for \(count) support vectors") }
    let vectors = try reshape(try column(table, .f32), to: Shape([count, width]))
    let given = try reals("kernel_params") ?? []
    guard given.isEmpty || given.count == 3 else {
      throw .invalid("svm-form", "kernel_params has \(given.count) numbers, not 3")
    }
    let parameters = given.isEmpty ? [0, 0, 0] : given
    let (gamma, offset) = (Scalar.real(parameters[0]), Scalar.real(parameters[1]))
    let kind = try text("kernel_type", default: "LINEAR")
    if kind == "RBF" {
      let rows = try reshape(value, to: Shape([type(of: value).shape[0], 1, Dimension(width)]))
      let squares = try map([rows, vectors], (x - y) * (x - y))
      let distances = try add(.reduce(Reduce(.sum, axes: [2])), [squares])
      let shape = Shape([type(of: value).shape[0], Dimension(count)])
      return try map([try reshape(distances, to: shape)], .exp(x * -gamma))
    }
    let products = try add(.matmul(MatMul()), [value, try transpose(vectors, [1, 0])])
    switch kind {
    case "LINEAR": return products
    case "POLY":
      return try map([products], .binary(.pow, x * gamma + offset, .real(parameters[2])))
    case "SIGMOID": return try map([products], .unary(.tanh, x * gamma + offset))
    default: throw .invalid("svm-form", "kernel_type \"\(kind)\" does not exist")
    }
  }

  /// One score per pair of classes `i < j`, above 0 for `i`: `[rows, pairs]`.
  fileprivate mutating func pairScores(classes: Int) throws(ImportFailure) -> ValueID {
    let counts = try integers("vectors_per_class") ?? []
    let weights = try reals("coefficients") ?? []
    let offsets = try reals("rho") ?? []
    let pairs = (0..<classes).flatMap { first in
      (first + 1..<max(first + 1, classes)).map { (first, $0) }
    }
    guard counts.count == classes, counts.allSatisfy({ (0..<1 << 24).contains($0) }),
      classes <= 1 << 8
    else { throw .unsupported("svm-form", "an SVMClassifier without support vectors") }
    let total = counts.reduce(0, +)
    guard weights.count == (classes - 1) * total, offsets.count == pairs.count,
      total * pairs.count <= 1 << 26
    else {
      throw .invalid("svm-form", "\(weights.count) weights for \(total) support vectors")
    }
    let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
    var matrix = [Double](repeating: 0, count: total * pairs.count)
    for (pair, (first, second)) in pairs.enumerated() {
      for (own, row) in [(first, second - 1), (second, first)] {
        for vector in starts[own]..<starts[own] + counts[own] {
          matrix[vector * pairs.count + pair] = weights[row * total + vector]
        }
      }
    }
    let table = try reshape(try column(matrix, .f32), to: Shape([total, pairs.count]))
    let sums = try add(.matmul(MatMul()), [try kernels(count: total), table])
    return try map([sums, try column(offsets, .f32)], x + y)
  }

  /// The chances of classes after Platt 1999, from the scores of their pairs.
  fileprivate mutating func pairChances(
    _ raw: ValueID, _ slopes: [Double], _ shifts: [Double], classes: Int
  ) throws(ImportFailure) -> ValueID {
    guard type(of: raw).shape[1] == Dimension(slopes.count), slopes.count == shifts.count else {
      throw .invalid("svm-form", "prob_a and prob_b do not fit \(classes) classes")
    }
    let chance = Scalar.unary(.sigmoid, -(x * y + .operand(2)))
    let pairs = try map(
      [raw, try column(slopes, .f32), try column(shifts, .f32)],
      .min(.max(chance, 1e-7), .real(1 - 1e-7)))
    guard classes == 2 else { return try coupled(pairs, classes: classes) }
    return try add(.concat(Concat(axis: 1)), [pairs, try map([pairs], 1 - x)])
  }

  /// The label of the class that wins most pairs, the first of several.
  fileprivate mutating func votedLabel(
    _ raw: ValueID, _ labels: TensorData
  ) throws(ImportFailure) -> ValueID {
    let classes = labels.count
    var table: [Double] = []
    for first in 0..<classes {
      for second in first + 1..<max(first + 1, classes) {
        for place in 0..<classes { table.append(place == first ? 1 : place == second ? -1 : 0) }
      }
    }
    // A pair counts for its first class when it is above 0, and else for its second.
    let wins = try map([raw], .select(x > 0, .literal(.float(1), .f32), 0))
    let matrix = try reshape(
      try column(table, .f32), to: Shape([table.count / classes, classes]))
    let ahead = try column((0..<classes).map { Double($0) }, .f32)
    let votes = try add(.matmul(MatMul()), [wins, matrix])
    return try bestLabel(labels, try map([votes, ahead], x + y))
  }
}
