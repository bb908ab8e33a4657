internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)

extension OperatorRule {
  /// Dictionaries that are attributes (`ai.onnx.ml` 1 to 4).
  static let dictionaries: [OperatorRule] = [
    OperatorRule("LabelEncoder", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      let table = node.version < 2 ? try node.classes() : try node.dictionary()
      return [try node.looked(up: try node.operand(0), in: table, lastCounts: node.version >= 4)]
    },
    OperatorRule("CategoryMapper", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      let table = try node.categories()
      return [try node.looked(up: try node.operand(0), in: table, lastCounts: true)]
    },
  ]
}

/// Keys with their values, and the value for everything else.
private struct LabelTable {
  var keys: TensorData
  var values: TensorData
  var standard: TensorData
}

extension NodeImporter {
  /// The classes of version 1: names for numbers, or numbers for names.
  fileprivate mutating func classes() throws(ImportFailure) -> LabelTable {
    guard let names = try strings("classes_strings") else {
      throw .invalid("missing-attribute", "LabelEncoder needs classes_strings")
    }
    return try table(names, Array(names.indices))
  }

  /// The categories of a CategoryMapper: names for numbers, or numbers for names.
  fileprivate mutating func categories() throws(ImportFailure) -> LabelTable {
    let (names, numbers) = (
      try strings("cats_strings") ?? [], try integers("cats_int64s") ?? []
    )
    guard names.count == numbers.count else {
      throw .invalid("label-count", "\(names.count) names and \(numbers.count) numbers")
    }
    return try table(names, numbers)
  }

  /// A table that goes from names to numbers when operand 0 has names, and else the other way.
  private mutating func table(_ names: [[UInt8]], _ numbers: [Int]) throws(ImportFailure)
    -> LabelTable
  {
    let strings = TensorData(strings: names, [names.count])
    let numbers = TensorData(.i64, [names.count], numbers.map { Int64($0) })
    let (text, number) = (try standard(.string), try standard(.i64))
    return type(of: try operand(0)).element == .string
      ? LabelTable(keys: strings, values: numbers, standard: number)
      : LabelTable(keys: numbers, values: strings, standard: text)
  }

  fileprivate mutating func dictionary() throws(ImportFailure) -> LabelTable {
    let (keys, values) = (try list("keys"), try list("values"))
    guard keys.count == values.count else {
      throw .invalid("label-count", "\(keys.count) keys and \(values.count) values")
    }
    guard values.count > 0 else { throw .invalid("label-count", "LabelEncoder without keys") }
    var standard = try standard(values.type.element)
    if case .tensor(let tensor)? = attribute("default_tensor") { standard = tensor.data }
    guard standard.count == 1, standard.type.element == values.type.element else {
      throw .invalid("label-default", "the default must be one \(values.type.element)")
    }
    // Defaults of other types mean nothing.
    for name in ["default_float", "default_int64", "default_string"] { _ = attribute(name) }
    return LabelTable(keys: keys, values: values, standard: standard)
  }

  /// The one of several attributes that is given.
  private mutating func list(_ name: String) throws(ImportFailure) -> TensorData {
    let kinds = ["\(name)_floats", "\(name)_int64s", "\(name)_strings", "\(name)_tensor"]
    var found: [TensorData] = []
    for kind in kinds {
      switch attribute(kind) {
      case nil: continue
      case .floats(let values)?: found.append(TensorData(.f32, [values.count], values))
      case .ints(let values)?:
        found.append(TensorData(.i64, [values.count], values.map { Int64($0) }))
      case .strings(let values)?: found.append(TensorData(strings: values, [values.count]))
      case .tensor(let tensor)? where tensor.extents.count == 1: found.append(tensor.data)
      default: throw .invalid("attribute-type", "attribute \"\(kind)\" has the wrong type")
      }
    }
    guard found.count == 1 else {
      throw .invalid("label-lists", "one of \(kinds.joined(separator: ", ")) expected")
    }
    return found[0]
  }

  /// The value for what is no key, unless a tensor says otherwise.
  private mutating func standard(_ element: ElementType) throws(ImportFailure) -> TensorData {
    switch element {
    case .string:
      let text = try text("default_string", default: "_Unused")
      return TensorData(strings: [Array(text.utf8)], [])
    case .i64: return TensorData(.i64, [], [Int64(try integer("default_int64", default: -1))])
    case .f32: return TensorData(.f32, [], [Float(try real("default_float", default: -0.0))])
    default: return TensorData(scalar: element.isFloat ? -0.0 : -1, element)
    }
  }

  /// The value of each element, a key.
  fileprivate mutating func looked(
    up value: ValueID, in table: LabelTable, lastCounts: Bool
  ) throws(ImportFailure) -> ValueID {
    guard type(of: value).element == table.keys.type.element,
      let keys = SortedKeys(table.keys, lastCounts: lastCounts)
    else {
      let (element, key) = (type(of: value).element, table.keys.type.element)
      throw .unsupported("label-keys", "\(node.operatorType) of \(element) with keys of \(key)")
    }
    let (place, isFound) = try find(value, in: keys)
    let standard = try reshape(constant(table.standard), to: Shape([Int]()))
    guard keys.count > 0 else { return try broadcast(standard, to: type(of: value).shape) }
    let order = vector(keys.origins)
    let values = try add(.gather(Gather(axis: 0)), [constant(table.values), order])
    let picked = try add(.gather(Gather(axis: 0)), [values, place])
    let result = try map([isFound, picked, standard], .select(x, y, z))
    guard lastCounts, let last = table.keys.lastNaN else { return result }
    let own = try part(constant(table.values), axis: 0, last)
    return try map([value, own, result], .select(.unary(.isNaN, x), y, z))
  }
}

extension TensorData {
  /// The place of the last element that is not a number.
  fileprivate var lastNaN: Int? {
    switch type.element {
    case .f32: elements(as: Float.self).lastIndex { $0.isNaN }
    case .f64: elements(as: Double.self).lastIndex { $0.isNaN }
    default: nil
    }
  }
}
