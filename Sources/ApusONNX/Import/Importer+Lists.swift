internal import ApusIR

/// The operators of `ai.onnx` whose operands or results may be sequences or optional values.
///
/// How long a sequence is, and whether a value is there, is known at import. Each element is one
/// value of the graph, so that nothing of this is left when the model runs.
enum ListOperator: String, CaseIterable {
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
  case identity = "Identity"

  init?(_ node: ONNXNode) {
    guard node.isStandard else { return nil }
    self.init(rawValue: node.operatorType)
  }

  /// How many operands there may be.
  fileprivate var operandCounts: ClosedRange<Int> {
    switch self {
    case .empty: 0...0
    case .length, .join, .element, .identity: 1...1
    case .optional, .hasElement: 0...1
    case .erase, .split: 1...2
    case .at: 2...2
    case .insert: 2...3
    case .construct, .map: 1...Int.max
    }
  }
}

extension Importer {
  /// Adds the node at hand, which works with sequences or optional values.
  mutating func add(
    _ list: ListOperator, _ source: ONNXNode, _ operands: [Binding]
  ) throws -> [Binding] {
    try node.requireOperands(list.operandCounts)
    switch list {
    case .empty:
      _ = node.attribute("dtype")
      return [.sequence([])]
    case .construct: return [.sequence(try node.allOperands())]
    case .insert:
      var elements = try elements(operands, 0)
      let last = elements.count
      if node.isOpen(2) { return [.sequence(try node.inserted(elements))] }
      let spot = try position(2, default: last, wrapping: last, limit: last)
      elements.insert(try node.operand(1), at: spot)
      return [.sequence(elements)]
    case .erase:
      var elements = try elements(operands, 0)
      let last = elements.count - 1
      elements.remove(at: try position(1, default: last, wrapping: last + 1, limit: last))
      return [.sequence(elements)]
    case .at:
      let elements = try elements(operands, 0)
      let last = elements.count - 1
      if node.isOpen(1) { return [.tensor(try node.picked(elements))] }
      let number = try position(1, default: 0, wrapping: last + 1, limit: last)
      return [.tensor(elements[number])]
    case .length:
      let count = Int64(try elements(operands, 0).count)
      return [.tensor(node.constant(TensorData(.i64, [], [count])))]
    case .split: return [.sequence(try node.splitParts(promised: length(of: source.outputs.first)))]
    case .join: return [.tensor(try node.joined(try elements(operands, 0)))]
    case .map: return try addMap(source, operands)
    case .optional:
      _ = node.attribute("type")
      return [operands.first ?? .absent]
    case .identity: return operands
    case .element:
      guard let operand = operands.first, !operand.isAbsent else {
        throw ImportFailure.invalid("optional-empty", "the optional value is not there")
      }
      return [operand]
    case .hasElement:
      let isThere = operands.first.map { !$0.isAbsent } ?? false
      return [.tensor(node.constant(TensorData(.bool, [], [isThere])))]
    }
  }

  /// SequenceMap: the body once per element.
  private mutating func addMap(_ source: ONNXNode, _ operands: [Binding]) throws -> [Binding] {
    let graph = try subgraph("body")
    let first = try elements(operands, 0)
    guard graph.inputs.count == operands.count, graph.outputs.count == source.outputs.count else {
      throw ImportFailure.invalid("sequence-map", "the body takes other operands")
    }
    var results = graph.outputs.map { _ in [ValueID]() }
    for number in first.indices {
      var given: [String: Binding] = [:]
      for (input, operand) in zip(graph.inputs, operands) {
        guard case .sequence(let elements) = operand else {
          given[input.name] = operand
          continue
        }
        guard elements.count == first.count else {
          throw ImportFailure.invalid("sequence-map", "sequences of different lengths")
        }
        given[input.name] = .tensor(elements[number])
      }
      for (place, result) in try tensors(inlined(graph, given)).enumerated() {
        results[place].append(result)
      }
    }
    return results.map { .sequence($0) }
  }

  // MARK: Operands

  /// The number of elements that the user promises for a sequence of the interface.
  func length(of name: String?) -> Int? { name.flatMap { options.sequences[$0] } }

  private func elements(_ operands: [Binding], _ place: Int) throws(ImportFailure) -> [ValueID] {
    guard place < operands.count, case .sequence(let elements) = operands[place] else {
      throw .invalid("sequence-missing", "operand \(place) must be a sequence")
    }
    return elements
  }

  /// Bindings that must be tensors.
  func tensors(_ bindings: [Binding]) throws(ImportFailure) -> [ValueID] {
    let values = bindings.compactMap(\.value)
    guard values.count == bindings.count else {
      throw .unsupported("sequence-operand", "a result that is a sequence or optional")
    }
    return values
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
      number = given < 0 ? given &+ count : given
    }
    guard number >= 0, number <= limit else {
      throw .invalid("sequence-position", "position \(number) of \(count)")
    }
    return number
  }
}

extension NodeImporter {
  /// SequenceInsert of operand 1 at a computed position: each element is one of up to three.
  fileprivate mutating func inserted(_ elements: [ValueID]) throws(ImportFailure) -> [ValueID] {
    let position = try openPosition(2, count: elements.count, limit: elements.count)
    let value = try operand(1)
    var results: [ValueID] = []
    for place in 0...elements.count {
      var result = value
      if place > 0 {
        let isAfter = try map([position], .operand(0) < .integer(place))
        result = try choose(isAfter, elements[place - 1], result)
      }
      if place < elements.count {
        let isBefore = try map([position], .operand(0) > .integer(place))
        result = try choose(isBefore, elements[place], result)
      }
      results.append(result)
    }
    return results
  }

  /// SequenceAt with a computed position.
  fileprivate mutating func picked(_ elements: [ValueID]) throws(ImportFailure) -> ValueID {
    guard var result = elements.last else {
      throw .invalid("sequence-position", "an element of an empty sequence")
    }
    let position = try openPosition(1, count: elements.count, limit: elements.count - 1)
    for place in elements.indices.dropLast().reversed() {
      let isHere = try map([position], .compare(.equal, .operand(0), .integer(place)))
      result = try choose(isHere, elements[place], result)
    }
    return result
  }

  /// A computed position, counted from the start, as a scalar; a run checks its range.
  private mutating func openPosition(
    _ place: Int, count: Int, limit: Int
  ) throws(ImportFailure) -> ValueID {
    let given = try converted(try operand(place), to: .i64)
    let wrapped = try map(
      [given], .select(.operand(0) < 0, .operand(0) + .integer(count), .operand(0)))
    _ = try sizes(wrapped, "position", in: 0...limit)
    return try reshape(wrapped, to: Shape([Int]()))
  }

  /// The parts of SplitToSequence; `promised` is their number where the sizes are computed.
  fileprivate mutating func splitParts(promised: Int?) throws(ImportFailure) -> [ValueID] {
    let value = try operand(0)
    let shape = type(of: value).shape
    let axis = try self.axis(try integer("axis", default: 0), rank: shape.rank)
    let keeps = try flag("keepdims", default: true)
    let sizes: [Dimension]
    if isOpen(1) {
      sizes = try openSplit(shape[axis], promised: promised)
    } else {
      sizes = try splitSizes(try extents(of: value)[axis]).map { Dimension($0) }
    }
    var start: Dimension = 0
    var parts: [ValueID] = []
    for size in sizes {
      var cut = Slice(whole: shape)
      (cut.starts[axis], cut.shape[axis]) = (start, size)
      var part = size == shape[axis] ? value : try add(.slice(cut), [value])
      if optionalOperand(1) == nil, !keeps {
        var dimensions = type(of: part).shape.dimensions
        dimensions.remove(at: axis)
        part = try reshape(part, to: Shape(dimensions))
      }
      parts.append(part)
      start = start + size
    }
    return parts
  }

  private func splitSizes(_ extent: Int) throws(ImportFailure) -> [Int] {
    guard extent < 1 << 16 || optionalOperand(1).map({ type(of: $0).rank }) == 1 else {
      throw ImportFailure(
        category: .limitExceeded, id: "axis-size", message: "parts of an axis of \(extent)")
    }
    guard let split = optionalOperand(1), var sizes = try integers(1) else {
      return [Int](repeating: 1, count: extent)
    }
    if type(of: split).rank == 0, let size = sizes.first, size > 0 {
      let (full, rest) = (extent / size, extent % size)
      sizes = [Int](repeating: size, count: full) + (rest > 0 ? [rest] : [])
    }
    guard sizes.allSatisfy({ (0...extent).contains($0) }), sizes.reduce(0, +) == extent else {
      throw .invalid("split-sizes", "sizes \(sizes) do not add up to \(extent)")
    }
    return sizes
  }

  /// Sizes of parts that a run finds out: as many as `split` has elements, or as the user promises.
  private mutating func openSplit(
    _ extent: Dimension, promised: Int?
  ) throws(ImportFailure) -> [Dimension] {
    let split = try converted(try operand(1), to: .i64)
    let all = try vector([extent])
    var parts = split
    if type(of: split).rank == 0 {
      guard let count = promised else {
        throw .unsupported(
          "sequence-length", "how many parts there are is not known: fix it with --sequence")
      }
      guard count > 0, count < 1 << 12 else {
        throw .invalid("sequence-length", "\(count) parts of \(extent)")
      }
      // The last part is what is left; a run checks that it is neither empty nor too large.
      let rest = try map([split, all], .operand(1) - .operand(0) * .integer(count - 1))
      let isFit = Scalar.binary(
        .and, .compare(.greater, .operand(0), 0),
        .compare(.lessOrEqual, .operand(0), .operand(1)))
      try bind(try map([rest, split], .convert(isFit, .i64)), to: [1])
      let full = try broadcast(try reshape(split, to: Shape([1])), to: Shape([count - 1]))
      parts = count == 1 ? rest : try add(.concat(Concat(axis: 0)), [full, rest])
    }
    let most = upperBound(extent).map { 0...$0 }
    let sizes = try self.sizes(parts, "part", in: most)
    let sum = sizes.reduce(Dimension(0)) { $0 + $1 }
    try bind(vector([Int]()), to: [], zeros: [sum - extent])
    return sizes
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
