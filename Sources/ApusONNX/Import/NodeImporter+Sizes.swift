package import ApusIR

/// Shapes that depend on what tensors hold at run time.
extension NodeImporter {
  /// The extents that the file declares for a result, if it does for this rank.
  package func declaredExtents(_ result: Int = 0, rank: Int) -> [Int?] {
    guard result < declared.count, let extents = declared[result], extents.count == rank else {
      return [Int?](repeating: nil, count: rank)
    }
    return extents
  }

  /// The ranks that the file declares for results.
  var declaredRanks: [Int?] { declared.map { $0?.count } }

  /// A symbol that running sets, with its bounds; the user's bound for that name wins.
  package mutating func symbol(_ name: String, _ range: ClosedRange<Int>?) -> Dimension {
    let taken = symbols.map(\.name)
    let base = name.symbolName
    var unique = base
    var number = 1
    while taken.contains(unique) {
      number += 1
      unique = "\(base)_\(number)"
    }
    let own = SymbolBounds(name: unique, lower: range?.lowerBound ?? 0, upper: range?.upperBound)
    symbols.append(
      bounds.first { $0.name == unique || $0.name == base }.map { given in
        SymbolBounds(name: unique, lower: given.lower, upper: given.upper)
      } ?? own)
    return .symbol(unique)
  }

  /// Takes over the symbols of a region.
  mutating func adopt(symbolsOf region: NodeImporter) { symbols = region.symbols }

  /// The elements of an integer vector as extents; those that are known at run time only get a
  /// symbol, or the number that must come out.
  ///
  /// - Parameters:
  ///   - expected: Numbers that the file promises, one per element.
  ///   - promised: Extents that elements must be, where no number is expected.
  ///   - range: The values that elements may have.
  package mutating func sizes(
    _ vector: ValueID, _ name: String, expected: [Int?] = [], promised: [Dimension?] = [],
    in range: ClosedRange<Int>? = nil
  ) throws(ImportFailure) -> [Dimension] {
    if let known = contents[vector] { return known }
    guard type(of: vector).rank <= 1, let count = type(of: vector).shape.elementCount.constant,
      count <= 64
    else {
      throw .unsupported("data-dependent", "\(name) must be a short vector of known length")
    }
    guard count > 0 else { return [] }
    let names = elements.names(of: vector, contents, in: graph)
    let sizes = (0..<count).map { place -> Dimension in
      if place < expected.count, let number = expected[place] { return Dimension(number) }
      if place < promised.count, let extent = promised[place] { return extent }
      let known = names.flatMap { elements.extent(of: $0[place]) }
      if let known, isBounded(known, by: range) { return known }
      let size = symbol(count == 1 ? name : "\(name)_\(place)", range)
      if known == nil, let names { elements.bind(names[place], to: size) }
      return size
    }
    try bind(vector, to: sizes)
    contents[vector] = sizes
    return sizes
  }

  /// What an integer operand holds: known at compile time, or what the file's shapes promise,
  /// which a run then checks.
  package mutating func integers(
    _ place: Int, promised: [Int?]
  ) throws(ImportFailure) -> [Int]? {
    guard isOpen(place), !promised.contains(nil),
      type(of: try operand(place)).shape.elementCount == Dimension(promised.count)
    else { return try integers(place) }
    let vector = try converted(try operand(place), to: .i64)
    return try sizes(vector, "size", expected: promised).compactMap(\.constant)
  }

  /// What `body` makes of the axis that operand `place` holds.
  ///
  /// When that is computed, of each of `candidates`, and a run takes the right one. All results
  /// must have the same type.
  mutating func choosingAxis(
    _ place: Int, rank: Int, candidates: [Int],
    _ body: (inout NodeImporter, Int) throws(ImportFailure) -> ValueID
  ) throws(ImportFailure) -> ValueID {
    guard isOpen(place) else {
      guard let given = try integers(place)?.first else {
        throw .invalid("missing-operand", "\(node.operatorType) needs an axis")
      }
      return try body(&self, try axis(given, rank: rank))
    }
    let size = Scalar.literal(.integer(rank), .i64)
    let number = try map(
      [try converted(try operand(place), to: .i64)],
      .select(.operand(0) < 0, .operand(0) + size, .operand(0)))
    let only = candidates.count == 1 ? candidates[0] : nil
    _ = try sizes(number, "axis", expected: [only], in: 0...max(rank - 1, 0))
    guard !candidates.isEmpty else {
      throw .invalid("axis-range", "no axis gives the shape that the file declares")
    }
    return try choosing(number, among: candidates, body)
  }

  /// What `body` makes of the one of some numbers that an `i64` holds, which a run finds out.
  ///
  /// There is a candidate; all results must have the same type.
  mutating func choosing(
    _ number: ValueID, among candidates: [Int],
    _ body: (inout NodeImporter, Int) throws(ImportFailure) -> ValueID
  ) throws(ImportFailure) -> ValueID {
    let chosen = try reshape(number, to: Shape([Int]()))
    var result = try body(&self, candidates[0])
    for candidate in candidates.dropFirst() {
      let value = try body(&self, candidate)
      guard type(of: value) == type(of: result) else {
        throw .unsupported("data-dependent", "a number that decides about the shape is computed")
      }
      let isChosen = Scalar.compare(.equal, .operand(0), .literal(.integer(candidate), .i64))
      result = try map(
        [chosen, value, result], .select(isChosen, .operand(1), .operand(2)))
    }
    return result
  }

  /// Adds the check that a vector holds certain extents, and that others are 0.
  package mutating func bind(
    _ vector: ValueID, to sizes: [Dimension], zeros: [Dimension] = []
  ) throws(ImportFailure) {
    _ = try append(.bind(Bind(sizes, zeros: zeros)), [vector])
  }

  /// A value under another extent of one axis, of which a run checks that it is the same.
  mutating func checked(
    _ value: ValueID, axis: Int, extent: Dimension
  ) throws(ImportFailure) -> ValueID {
    var cut = Slice(whole: type(of: value).shape)
    let difference = cut.shape[axis] - extent
    if difference == 0 { return value }
    guard difference.constant == nil else {
      throw .unsupported(
        "symbolic-extent", "\(node.operatorType) of \(cut.shape[axis]) for \(extent) elements")
    }
    try bind(vector([Int]()), to: [], zeros: [difference])
    cut.shape[axis] = extent
    return try add(.slice(cut), [value])
  }

  /// A short name for what an operand stands for, to call symbols by.
  package func symbolName(ofOperand place: Int, default standard: String) -> String {
    let name = place < node.inputs.count ? node.inputs[place] : ""
    return name.isEmpty ? standard : name
  }

  /// An `i64` vector of extents.
  package mutating func vector(_ extents: [Dimension]) throws(ImportFailure) -> ValueID {
    try add(.extents(Extents(Shape(extents))), [])
  }

  /// An `i64` vector of numbers.
  package mutating func vector(_ numbers: [Int]) -> ValueID {
    constant(TensorData(.i64, [numbers.count], numbers.map { Int64($0) }))
  }

  /// The sum of an `i64` tensor along one axis, without that axis.
  package mutating func total(_ value: ValueID, axis: Int) throws(ImportFailure) -> ValueID {
    let sum = try add(.reduce(Reduce(.sum, axes: [axis])), [value])
    var dimensions = type(of: sum).shape.dimensions
    dimensions.remove(at: axis)
    return try reshape(sum, to: Shape(dimensions))
  }
}

extension NodeImporter {
  /// The largest value of an extent, as far as it is known.
  func upperBound(_ extent: Dimension) -> Int? {
    if let number = extent.constant { return number }
    return extent.range { name in
      guard let known = (symbols + bounds).first(where: { $0.name == name }),
        let upper = known.upper, upper >= known.lower
      else { return nil }
      return known.lower...upper
    }?.upperBound
  }
}
