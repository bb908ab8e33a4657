internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)

extension OperatorRule {
  /// Preparation of features (`ai.onnx.ml`).
  static let features: [OperatorRule] = [
    OperatorRule("Scaler", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let offset = try node.perFeature(try node.reals("offset") ?? [0])
      let scale = try node.perFeature(try node.reals("scale") ?? [1])
      let number = Scalar.convert(x, node.type(of: value).element == .f64 ? .f64 : .f32)
      let element: ElementType = node.type(of: value).element == .f64 ? .f64 : .f32
      let formula = (number - .convert(y, element)) * .convert(z, element)
      return [try node.map([value, offset, scale], .convert(formula, .f32))]
    },
    OperatorRule("Normalizer", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let norm = try node.text("norm", default: "MAX")
      let value = try node.converted(try node.operand(0), to: .f32)
      let kinds: [String: (Reduce.Kind, Scalar, Scalar)] = [
        "MAX": (.max, x, y), "L1": (.sum, .unary(.absolute, x), y),
        "L2": (.sum, x * x, .unary(.sqrt, y)),
      ]
      let rank = node.type(of: value).rank
      guard let (kind, part, size) = kinds[norm], (1...2).contains(rank) else {
        throw .invalid("feature-norm", "norm \"\(norm)\" of a tensor of rank \(rank)")
      }
      let sum = try node.add(
        .reduce(Reduce(kind, axes: [rank - 1])), [try node.map([value], part)])
      return [try node.map([value, sum], .select(.compare(.equal, y, 0), x, x / size))]
    },
    OperatorRule("OneHotEncoder", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      var value = try node.operand(0)
      let isText = node.type(of: value).element == .string
      let (texts, numbers) = (
        try node.strings("cats_strings") ?? [], try node.integers("cats_int64s") ?? []
      )
      guard isText ? !texts.isEmpty && numbers.isEmpty : texts.isEmpty && !numbers.isEmpty else {
        throw .invalid("feature-classes", "OneHotEncoder needs classes of the type of its input")
      }
      let isLenient = try node.flag("zeros", default: true)
      if !isText { value = try node.converted(value, to: .i64) }
      let column = try node.reshape(
        value, to: Shape(node.type(of: value).shape.dimensions + [1]))
      let classes =
        isText
        ? node.constant(TensorData(strings: texts, [texts.count])) : node.vector(numbers)
      let result = try node.map([column, classes], .convert(.compare(.equal, x, y), .f32))
      if !isLenient { try node.requireMember(result) }
      return [result]
    },
    OperatorRule("Imputer", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let element = node.type(of: value).element
      guard element.isFloat else {
        let old = Scalar.integer(try node.integer("replaced_value_int64", default: 0))
        let new = try node.perFeature(try node.integers("imputed_value_int64s") ?? [])
        return [
          try node.map([value, new], .select(.compare(.equal, x, old), .convert(y, element), x))
        ]
      }
      let old = try node.real("replaced_value_float", default: 0)
      let new = try node.perFeature(try node.reals("imputed_value_floats") ?? [])
      let isOld = old.isNaN ? Scalar.unary(.isNaN, x) : .compare(.equal, x, .real(old))
      return [try node.map([value, new], .select(isOld, .convert(y, element), x))]
    },
    OperatorRule("FeatureVectorizer", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      var parts: [ValueID] = []
      for place in 0..<node.operandCount { parts.append(try node.features(place)) }
      let widths = parts.map { node.type(of: $0).shape[1] }
      let given = try node.integers("inputdimensions") ?? widths.compactMap(\.constant)
      guard !parts.isEmpty, given.map({ Dimension($0) }) == widths else {
        throw .invalid("feature-width", "inputdimensions \(given) of inputs \(widths)")
      }
      return [parts.count == 1 ? parts[0] : try node.add(.concat(Concat(axis: 1)), parts)]
    },
  ]
}

extension NodeImporter {
  /// One number for all features, or one for each index of the last axis of operand 0.
  fileprivate mutating func perFeature<Number>(_ numbers: [Number]) throws(ImportFailure) -> ValueID
  {
    let last = type(of: try operand(0)).shape.dimensions.last
    guard numbers.count == 1 || last == Dimension(numbers.count), !numbers.isEmpty else {
      throw .invalid("feature-width", "\(numbers.count) numbers for \(last ?? 1) features")
    }
    if let whole = numbers as? [Int] { return vector(whole) }
    return try column(numbers as? [Double] ?? [], .f32)
  }

  /// Adds the check that each row `[..., classes]` has a 1.
  fileprivate mutating func requireMember(_ flags: ValueID) throws(ImportFailure) {
    let shape = type(of: flags).shape
    let missing = try map(
      [try add(.reduce(Reduce(.sum, axes: [shape.rank - 1])), [flags])],
      .convert(.compare(.equal, x, 0), .i64))
    let count = type(of: missing).shape.elementCount
    let all = try total(try reshape(missing, to: Shape([1, count])), axis: 1)
    try bind(all, to: [0])
  }
}
