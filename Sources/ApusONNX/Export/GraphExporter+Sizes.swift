internal import ApusIR

extension Dimension {
  /// Whether the extent is a symbol and nothing else.
  var isSymbol: Bool {
    let symbols = symbols
    return symbols.count == 1 && self == .symbol(symbols[0])
  }
}

/// Extents as the model computes them when it runs.
extension GraphExporter {
  /// The extent of an axis of a value, as a vector of one element.
  mutating func extent(of value: String, _ axis: Int) -> String {
    emit("Shape", [value], ["start": .int(axis), "end": .int(axis + 1)])
  }

  /// An extent as an `i64` vector of one element.
  mutating func size(_ extent: Dimension) throws(ExportFailure) -> String {
    if let number = extent.constant { return constant([number]) }
    if let known = sizes[extent] { return known }
    var sum: String?
    for term in extent.terms {
      var product = term.coefficient == 1 ? nil : constant([term.coefficient])
      for factor in term.factors {
        let number = try size(factor)
        product = product.map { emit("Mul", [$0, number]) } ?? number
      }
      sum = sum.flatMap { sum in product.map { emit("Add", [sum, $0]) } } ?? product
    }
    if extent.offset != 0 { sum = sum.map { emit("Add", [$0, constant([extent.offset])]) } }
    guard let sum else { throw .unsupported("export-symbol", "the extent \(extent) is unknown") }
    sizes[extent] = sum
    return sum
  }

  private mutating func size(_ factor: Dimension.Atom) throws(ExportFailure) -> String {
    switch factor {
    case .symbol(let name):
      guard let known = sizes[.symbol(name)] else {
        throw .unsupported("export-symbol", "no tensor tells the extent \(name)")
      }
      return known
    case .quotient(let a, let b):
      // Div rounds toward zero; without the remainder there is nothing to round.
      let (x, y) = (try size(a), try size(b))
      let rest = emit("Mod", [x, y])
      return emit("Div", [emit("Sub", [x, rest]), y])
    case .maximum(let a, let b): return emit("Max", [try size(a), try size(b)])
    case .minimum(let a, let b): return emit("Min", [try size(a), try size(b)])
    }
  }

  /// Extents as an `i64` vector.
  mutating func vector(_ extents: [Dimension]) throws(ExportFailure) -> String {
    if let numbers = Shape(extents).extents { return constant(numbers) }
    var parts: [String] = []
    for extent in extents { parts.append(try size(extent)) }
    return emit("Concat", parts, ["axis": .int(0)])
  }

  /// An extent as an `i64` scalar.
  mutating func scalar(_ extent: Dimension) throws(ExportFailure) -> String {
    if let number = extent.constant { return constant(TensorData(.i64, [], [Int64(number)])) }
    return emit("Squeeze", [try size(extent), constant([0])])
  }

  /// A value under another shape.
  mutating func reshape(_ value: String, to shape: Shape) throws(ExportFailure) -> String {
    let open = shape.dimensions.filter { $0.constant == nil }
    if open.count == 1, !shape.dimensions.contains(0) {
      return emit("Reshape", [value, constant(shape.dimensions.map { $0.constant ?? -1 })])
    }
    let target = try vector(shape.dimensions)
    if open.isEmpty, !shape.dimensions.contains(0) { return emit("Reshape", [value, target]) }
    return emit("Reshape", [value, target], ["allowzero": .int(1)])
  }

  /// The numbers from 0 on along one axis of a shape, to be broadcast to it.
  mutating func places(along axis: Int, of shape: Shape) throws(ExportFailure) -> String {
    let zero = try scalar(0)
    let range = emit("Range", [zero, try scalar(shape[axis]), try scalar(1)])
    let others = Array(1..<max(shape.rank - axis, 1))
    return others.isEmpty ? range : emit("Unsqueeze", [range, constant(others)])
  }
}
