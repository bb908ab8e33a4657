internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// LabelEncoder (`ai.onnx.ml` 2 and 4) from numbers to numbers.
  static let labels: [OperatorRule] = [
    OperatorRule("LabelEncoder", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      for name in ["classes_strings", "keys_strings", "values_strings"]
      where node.attribute(name) != nil {
        throw .unsupported("feature-strings", "LabelEncoder of strings")
      }
      let value = try node.operand(0)
      guard let keys = try node.labelTable("keys"), let values = try node.labelTable("values"),
        keys.type.shape == values.type.shape, (1..<1 << 16).contains(keys.count)
      else { throw .invalid("label-table", "LabelEncoder needs as many keys as values") }
      guard keys.type.element == node.type(of: value).element else {
        throw .invalid("label-table", "keys of \(keys.type.element) for another element type")
      }
      let standard = try node.labelDefault(values.type.element)
      let table = try node.add(
        .concat(Concat(axis: 0)), [standard, node.constant(values)])
      // The first key that fits is the one that leaves most keys behind.
      let shape = node.type(of: value).shape
      let column = try node.reshape(value, to: Shape(shape.dimensions + [1]))
      let same = Scalar.compare(.equal, x, y)
      let isSame =
        keys.type.element.isFloat && node.version >= 4
        ? Scalar.binary(.or, same, .binary(.and, .unary(.isNaN, x), .unary(.isNaN, y))) : same
      let ranks = try node.map(
        [column, node.constant(keys), try node.places(keys.count)],
        .select(isSame, .integer(keys.count) - .operand(2), 0))
      let best = try node.add(.reduce(Reduce(.max, axes: [shape.rank])), [ranks])
      let place = try node.map(
        [best], .select(.compare(.equal, x, 0), 0, .integer(keys.count + 1) - x))
      return [try node.add(.gather(Gather(axis: 0)), [table, try node.reshape(place, to: shape)])]
    }
  ]
}

extension NodeImporter {
  /// The keys or values of a LabelEncoder as a vector.
  fileprivate mutating func labelTable(_ name: String) throws(ImportFailure) -> TensorData? {
    if let whole = try integers("\(name)_int64s") {
      return TensorData(.i64, [whole.count], whole.map { Int64($0) })
    }
    if case .floats(let reals)? = attribute("\(name)_floats") {
      return TensorData(.f32, [reals.count], reals)
    }
    guard case .tensor(let tensor)? = attribute("\(name)_tensor") else { return nil }
    let data = try tensor.numbers()
    guard data.type.rank == 1 else {
      throw .invalid("label-table", "\(name)_tensor is not a vector")
    }
    return data
  }

  /// What keys that are not in the table give.
  fileprivate mutating func labelDefault(_ element: ElementType) throws(ImportFailure) -> ValueID {
    let (whole, real) = (
      try integer("default_int64", default: -1), try self.real("default_float", default: -0.0)
    )
    _ = attribute("default_string")  // There are no strings among the values.
    guard case .tensor(let tensor)? = attribute("default_tensor") else {
      return try reshape(
        constant(element.isFloat ? real : Double(whole), element), to: Shape([1]))
    }
    let data = try tensor.numbers()
    guard data.count == 1, data.type.element == element else {
      throw .invalid("label-table", "default_tensor is not one \(element)")
    }
    return try reshape(constant(data), to: Shape([1]))
  }
}
