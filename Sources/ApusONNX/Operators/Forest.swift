internal import ApusIR

/// The nodes of decision trees as columns; leaves lead to themselves.
struct Forest {
  /// How a node compares a feature with its split.
  enum Mode: Int { case lessOrEqual, less, greaterOrEqual, greater, equal, notEqual }

  private(set) var modes: [Int] = []
  private(set) var features: [Int] = []
  private(set) var splits: [Double] = []
  private(set) var yes: [Int] = []
  private(set) var no: [Int] = []
  private(set) var missingIsYes: [Bool] = []
  var roots: [Int] = []

  var count: Int { modes.count }

  /// Adds a leaf.
  mutating func addLeaf() {
    append(.lessOrEqual, feature: 0, split: 0, yes: count, no: count, missingIsYes: false)
  }

  /// Adds a node that leads to others by their numbers.
  mutating func append(
    _ mode: Mode, feature: Int, split: Double, yes: Int, no: Int, missingIsYes: Bool
  ) {
    modes.append(mode.rawValue)
    features.append(feature)
    splits.append(split)
    self.yes.append(yes)
    self.no.append(no)
    self.missingIsYes.append(missingIsYes)
  }

  /// The number of steps from a root to the farthest leaf.
  ///
  /// - Throws: When a node leads to one that does not exist, or a path is longer than 1000 nodes,
  ///   as those are that end nowhere.
  func depth() throws(ImportFailure) -> Int {
    guard (roots + yes + no).allSatisfy({ (0..<count).contains($0) }) else {
      throw .invalid("tree-link", "a node of a tree leads to one that does not exist")
    }
    var level = Set(roots)
    var depth = 0
    while true {
      level = Set(
        level.filter { yes[$0] != $0 || no[$0] != $0 }.flatMap { [yes[$0], no[$0]] })
      if level.isEmpty { return depth }
      depth += 1
      guard depth <= 1000 else { throw .unsupported("tree-depth", "a tree deeper than 1000") }
    }
  }
}

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension NodeImporter {
  /// The leaf that each row of operand 0 reaches in each tree: `i64[rows, trees]`.
  ///
  /// All rows take one step in all trees at once; the node arrays are constants that are indexed.
  mutating func leaves(of forest: Forest) throws(ImportFailure) -> ValueID {
    let data = try operand(0)
    guard type(of: data).rank == 2, let width = type(of: data).shape[1].constant,
      forest.features.allSatisfy({ (0..<width).contains($0) })
    else {
      throw .invalid("tree-features", "rows of as many features as the trees ask for expected")
    }
    let depth = try forest.depth()
    let element: ElementType = type(of: data).element == .f64 ? .f64 : .f32
    let rows = try converted(data, to: element)
    let shape = Shape([type(of: data).shape[0], Dimension(forest.roots.count)])
    let splits = try column(forest.splits, element)
    let features = vector(forest.features)
    let (yes, no) = (vector(forest.yes), vector(forest.no))
    let modes = Set(forest.modes).count == 1 ? nil : vector(forest.modes)
    let missing = forest.missingIsYes.contains(true) ? forest.missingIsYes : nil
    let tracks = missing.map { vector($0.map { $0 ? 1 : 0 }) }
    var place = try broadcast(vector(forest.roots), to: shape)
    for _ in 0..<depth {
      func picked(
        _ node: inout NodeImporter, _ column: ValueID
      ) throws(ImportFailure) -> ValueID {
        try node.add(.gather(Gather(axis: 0)), [column, place])
      }
      let feature = try add(
        .take(Take(axes: [0, -1], shape: shape)), [rows, try picked(&self, features)])
      var operands = [feature, try picked(&self, splits)]
      let goes: Scalar
      if let modes {
        operands.append(try picked(&self, modes))
        goes = Forest.Mode.anyOf(.operand(2))
      } else {
        goes = (Forest.Mode(rawValue: forest.modes[0]) ?? .lessOrEqual).formula
      }
      var way = try map(operands, goes)
      if let tracks {
        way = try map(
          [feature, way, try picked(&self, tracks)],
          .binary(.or, y, .binary(.and, .unary(.isNaN, x), .operand(2) > 0)))
      }
      place = try map(
        [way, try picked(&self, yes), try picked(&self, no)], .select(x, y, .operand(2)))
    }
    return place
  }

  /// A vector of real numbers.
  mutating func column(
    _ numbers: [Double], _ element: ElementType
  ) throws(ImportFailure) -> ValueID {
    element == .f64
      ? constant(TensorData(.f64, [numbers.count], numbers))
      : constant(TensorData(.f32, [numbers.count], numbers.map { Float($0) }))
  }
}

extension Forest.Mode {
  /// Whether a feature passes a split.
  fileprivate var formula: Scalar {
    switch self {
    case .lessOrEqual: .compare(.lessOrEqual, x, y)
    case .less: .compare(.less, x, y)
    case .greaterOrEqual: .compare(.greaterOrEqual, x, y)
    case .greater: .compare(.greater, x, y)
    case .equal: .compare(.equal, x, y)
    case .notEqual: .compare(.notEqual, x, y)
    }
  }

  /// The test whose number is an operand.
  fileprivate static func anyOf(_ number: Scalar) -> Scalar {
    let others: [Self] = [.less, .greaterOrEqual, .greater, .equal, .notEqual]
    return others.reduce(Self.lessOrEqual.formula) { formula, mode in
      .select(
        .compare(.equal, number, .literal(.integer(mode.rawValue), .i64)), mode.formula, formula)
    }
  }
}
