internal import ApusIR

private let x = Scalar.operand(0)

/// What the operators of `ai.onnx.ml` have in common.
extension NodeImporter {
  /// Real or whole numbers that are a list or a tensor.
  mutating func numbers(_ name: String) throws(ImportFailure) -> [Double]? {
    for name in [name, "\(name)_as_tensor"] {
      switch attribute(name) {
      case nil: continue
      case .floats(let values)?: return values.map { Double($0) }
      case .tensor(let tensor)?:
        let data = tensor.data
        switch data.type.element {
        case .f32: return data.elements(as: Float.self).map { Double($0) }
        case .f64: return data.elements(as: Double.self)
        case .u8: return data.elements(as: UInt8.self).map { Double($0) }
        default: throw .unsupported("tree-type", "\(name) of \(data.type.element)")
        }
      default: throw .invalid("attribute-type", "attribute \"\(name)\" has the wrong type")
      }
    }
    return nil
  }

  /// Scores `[rows, targets]` after a function of each row.
  mutating func posted(_ score: ValueID, _ transform: String) throws(ImportFailure) -> ValueID {
    switch transform {
    case "NONE": return score
    case "LOGISTIC": return try map([score], .unary(.sigmoid, x))
    case "SOFTMAX": return try add(.softmax(Softmax(axis: 1)), [score])
    case "SOFTMAX_ZERO":
      // Scores of 0 stay, the others are a softmax.
      let most = try add(.reduce(Reduce(.max, axes: [1])), [score])
      let isZero = Scalar.compare(.less, .unary(.absolute, x), .real(1e-7))
      let powers = try map([score, most], .select(isZero, 0, .exp(x - .operand(1))))
      let sum = try add(.reduce(Reduce(.sum, axes: [1])), [powers])
      return try map([powers, sum], x / .operand(1))
    case "PROBIT":
      // sqrt(2) erfinv(2 x - 1), the inverse after Winitzki.
      let centred = x * 2 - 1
      let log = Scalar.unary(.log, (1 - centred) * (1 + centred))
      let half = log * 0.5 + .real(2 / (.pi * 0.147))
      let root = Scalar.unary(.sqrt, half * half - log * .real(1 / 0.147))
      return try map(
        [score],
        .unary(.sign, centred) * .unary(.sqrt, root - half) * .real(Double(2).squareRoot()))
    default: throw .unsupported("tree-transform", "post_transform \"\(transform)\"")
    }
  }

  /// The labels of classes: strings, or the whole numbers of an attribute.
  mutating func classLabels(_ name: String) throws(ImportFailure) -> TensorData {
    let (texts, numbers) = (try strings("classlabels_strings"), try integers(name))
    let labels =
      if let texts, !texts.isEmpty, numbers?.isEmpty ?? true {
        TensorData(strings: texts, [texts.count])
      } else if let numbers, texts?.isEmpty ?? true {
        TensorData(.i64, [numbers.count], numbers.map { Int64($0) })
      } else {
        TensorData(.i64, [0], [Int64]())
      }
    guard labels.count > 1 else {
      throw .unsupported("tree-labels", "a classifier without two or more labels of one type")
    }
    return labels
  }

  /// The label of the first largest score of each row `[rows, classes]`.
  mutating func bestLabel(
    _ labels: TensorData, _ score: ValueID
  ) throws(ImportFailure) -> ValueID {
    let best = try add(.argReduce(ArgReduce(.max, axis: 1, last: false)), [score])
    return try label(labels, at: best)
  }

  /// The second of two labels for each row `[rows, 1]` that passes a test, the first for others.
  mutating func label(
    _ labels: TensorData, where isSecond: Scalar, _ score: ValueID
  ) throws(ImportFailure) -> ValueID {
    try label(labels, at: try map([score], .convert(isSecond, .i64)))
  }

  /// The labels at `i64[rows, 1]`.
  private mutating func label(
    _ labels: TensorData, at places: ValueID
  ) throws(ImportFailure) -> ValueID {
    let rows = Shape([type(of: places).shape[0]])
    return try add(.gather(Gather(axis: 0)), [constant(labels), try reshape(places, to: rows)])
  }

  /// A table of rows of features as `f32`; one vector is one row.
  mutating func features(_ place: Int) throws(ImportFailure) -> ValueID {
    let value = try converted(try operand(place), to: .f32)
    let shape = type(of: value).shape
    guard (1...2).contains(shape.rank) else {
      throw .invalid("feature-rank", "\(node.operatorType) takes rows of features")
    }
    return shape.rank == 2 ? value : try reshape(value, to: Shape([1] + shape.dimensions))
  }

  /// A list of real numbers of an attribute.
  mutating func reals(_ name: String) throws(ImportFailure) -> [Double]? {
    switch attribute(name) {
    case nil: return nil
    case .floats(let values)?: return values.map { Double($0) }
    default: throw .invalid("attribute-type", "attribute \"\(name)\" has the wrong type")
    }
  }
}
