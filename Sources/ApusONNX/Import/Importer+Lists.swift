internal import ApusIR

/// The operators of `ai.onnx` whose operands or results are sequences or optional values.
///
/// How long a sequence is, and whether a value is there, is known at import. Each element is one
/// value of the graph, so that nothing of this is left when the model runs.
enum ListOperator: String {
  case empty = "SequenceEmpty"
  case construct = "SequenceConstruct"
  case insert = "SequenceInsert"
  case erase = "SequenceErase"
  case at = "SequenceAt"
  case length = "SequenceLength"
  case split = "SplitToSequence"
  case join = "ConcatFromSequence"
  case map = "SequenceMap"
  case optional = "Optional"
  case element = "OptionalGetElement"
  case hasElement = "OptionalHasElement"

  init?(_ node: ONNXNode) {
    guard node.isStandard else { return nil }
    self.init(rawValue: node.operatorType)
  }
}

extension Importer {
  /// Adds the node at hand, which works with sequences or optional values.
  mutating func add(
    _ list: ListOperator, _ source: ONNXNode, _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
    let declared = source.outputs.map { scope.declaredExtents(of: $0) }
    let depth = openScopes
    do {
      var operands: [ValueID?] = []
      for name in source.inputs {
        let isOpen = name.isEmpty || self.list(named: name) != nil || isAbsent(name)
        operands.append(isOpen ? nil : try value(named: name))
      }
      node.begin(
        source, version: scope.version(of: source.domain) ?? 1, operands: operands,
        declared: declared)
      try apply(list, source, place)
      try node.end()
    } catch let error as ImportFailure {
      closeScopes(to: depth)
      throw located(error, source, [], place)
    } catch let error as DiagnosticError {
      throw error
    } catch {
      preconditionFailure("import throws nothing else")
    }
  }

  private mutating func apply(
    _ operation: ListOperator, _ source: ONNXNode, _ place: Diagnostic.Place
  ) throws {
    switch operation {
    case .empty:
      _ = node.attribute("dtype")
      try define([], as: source.outputs, place)
    case .construct: try define(try node.allOperands(), as: source.outputs, place)
    case .insert:
      var elements = try operandList(0)
      let last = elements.count
      let spot = try position(2, default: last, wrapping: last, limit: last)
      elements.insert(try node.operand(1), at: spot)
      try define(elements, as: source.outputs, place)
    case .erase:
      var elements = try operandList(0)
      let last = elements.count - 1
      elements.remove(at: try position(1, default: last, wrapping: last + 1, limit: last))
      try define(elements, as: source.outputs, place)
    case .at:
      let elements = try operandList(0)
      let last = elements.count - 1
      let number = try position(1, default: 0, wrapping: last + 1, limit: last)
      try define(source.outputs, [elements[number]], place)
    case .length:
      let count = Int64(try operandList(0).count)
      try define(source.outputs, [node.constant(TensorData(.i64, [], [count]))], place)
    case .split: try define(try node.splitParts(), as: source.outputs, place)
    case .join:
      let elements = try operandList(0)
      try define(source.outputs, [try node.joined(elements)], place)
    case .map: try addMap(source, place)
    case .optional, .element: try pass(source, place)
    case .hasElement:
      let isThere = source.inputs.first.map { !$0.isEmpty && !isAbsent($0) } ?? false
      try define(source.outputs, [node.constant(TensorData(.bool, [], [isThere]))], place)
    }
  }

  /// Optional and OptionalGetElement: what is there is the value itself.
  private mutating func pass(_ source: ONNXNode, _ place: Diagnostic.Place) throws {
    _ = node.attribute("type")
    guard let name = source.inputs.first, !name.isEmpty, !isAbsent(name) else {
      guard source.operatorType == "Optional", let result = source.outputs.first else {
        throw ImportFailure.invalid("optional-empty", "the optional value is not there")
      }
      scope.missing.insert(result)
      return
    }
    if let elements = list(named: name) {
      try define(elements, as: source.outputs, place)
    } else {
      try define(source.outputs, [try node.operand(0)], place)
    }
  }

  /// SequenceMap: the body once per element.
  private mutating func addMap(_ source: ONNXNode, _ place: Diagnostic.Place) throws {
    let graph = try subgraph("body")
    let first = try operandList(0)
    guard graph.inputs.count == source.inputs.count,
      graph.outputs.count == source.outputs.count
    else { throw ImportFailure.invalid("sequence-map", "the body takes other operands") }
    var results = graph.outputs.map { _ in [ValueID]() }
    for number in first.indices {
      var given: [String: ValueID] = [:]
      for (input, name) in zip(graph.inputs, source.inputs) {
        var element: ValueID?
        if let elements = list(named: name) {
          element = number < elements.count ? elements[number] : nil
        } else {
          element = try value(named: name)
        }
        guard let element else {
          throw ImportFailure.invalid("sequence-map", "sequences of different lengths")
        }
        given[input.name] = element
      }
      for (place, result) in try inlined(graph, given).enumerated() {
        results[place].append(result)
      }
    }
    for (elements, name) in zip(results, source.outputs) {
      try define(elements, as: [name], place)
    }
  }

  // MARK: Names

  /// The elements of a sequence by its name.
  func list(named name: String) -> [ValueID]? {
    for scope in scopes.reversed() {
      if let known = scope.lists[name] { return known }
      if scope.kind != .inlined { return nil }
    }
    return nil
  }

  private func isAbsent(_ name: String) -> Bool { scope.missing.contains(name) }

  private func operandList(_ place: Int) throws(ImportFailure) -> [ValueID] {
    let names = node.node.inputs
    guard place < names.count, let elements = list(named: names[place]) else {
      throw .unsupported("sequence-open", "a sequence whose length is not known at import")
    }
    return elements
  }

  private mutating func define(
    _ elements: [ValueID], as names: [String], _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
    guard let name = names.first, !name.isEmpty else { return }
    guard scope.values[name] == nil, scope.lists[name] == nil else {
      throw failure("duplicate-name", "\"\(name)\" is defined twice", place)
    }
    scope.lists[name] = elements
  }

  /// A position, at most the limit; negative ones count from the end of the sequence.
  private func position(
    _ place: Int, default standard: Int, wrapping count: Int, limit: Int
  ) throws(ImportFailure) -> Int {
    var number = standard
    if node.optionalOperand(place) != nil {
      guard let given = try node.integers(place)?.first else {
        throw .invalid("sequence-position", "a position is one number")
      }
      number = given < 0 ? given + count : given
    }
    guard number >= 0, number <= limit else {
      throw .invalid("sequence-position", "position \(number) of \(count)")
    }
    return number
  }
}

extension NodeImporter {
  /// The parts of SplitToSequence.
  fileprivate mutating func splitParts() throws(ImportFailure) -> [ValueID] {
    let value = try operand(0)
    let extents = try extents(of: value)
    let axis = try self.axis(try integer("axis", default: 0), rank: extents.count)
    let keeps = try flag("keepdims", default: true)
    var sizes = [Int](repeating: 1, count: extents[axis])
    if let split = optionalOperand(1) {
      guard let given = try integers(1) else { return [] }
      sizes = given
      if type(of: split).rank == 0, let size = given.first, size > 0 {
        let (full, rest) = (extents[axis] / size, extents[axis] % size)
        sizes = [Int](repeating: size, count: full) + (rest > 0 ? [rest] : [])
      }
    }
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, +) == extents[axis] else {
      throw .invalid("split-sizes", "sizes \(sizes) do not add up to \(extents[axis])")
    }
    var start = 0
    var parts: [ValueID] = []
    for size in sizes {
      var part = try slice(value, axis: axis, start: start, count: size)
      if optionalOperand(1) == nil, !keeps {
        var dimensions = type(of: part).shape.dimensions
        dimensions.remove(at: axis)
        part = try reshape(part, to: Shape(dimensions))
      }
      parts.append(part)
      start += size
    }
    return parts
  }

  /// The tensor that ConcatFromSequence makes.
  fileprivate mutating func joined(_ elements: [ValueID]) throws(ImportFailure) -> ValueID {
    guard let first = elements.first else {
      throw .invalid("sequence-empty", "ConcatFromSequence of no tensors")
    }
    let stacks = try flag("new_axis", default: false)
    guard let given = try integer("axis") else {
      throw .invalid("missing-attribute", "ConcatFromSequence needs an axis")
    }
    let rank = type(of: first).rank + (stacks ? 1 : 0)
    let axis = try self.axis(given, rank: rank)
    var parts: [ValueID] = []
    for element in elements {
      var dimensions = type(of: element).shape.dimensions
      if stacks { dimensions.insert(1, at: min(axis, dimensions.count)) }
      parts.append(try reshape(element, to: Shape(dimensions)))
    }
    return try add(.concat(Concat(axis: axis)), parts)
  }
}
