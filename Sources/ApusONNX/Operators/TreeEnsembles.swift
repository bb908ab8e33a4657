internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Sums over decision trees (ai.onnx.ml 1 to 5).
  static let trees: [OperatorRule] = [
    OperatorRule("TreeEnsembleRegressor", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let targets = try node.integer("n_targets", default: 1)
      let (forest, weights) = try node.classicForest(prefix: "target", targets: targets)
      let aggregate = try node.text("aggregate_function", default: "SUM")
      guard let number = ["AVERAGE", "SUM", "MIN", "MAX"].firstIndex(of: aggregate) else {
        throw .invalid("tree-aggregate", "aggregate_function \"\(aggregate)\" does not exist")
      }
      let score = try node.scores(forest, weights, aggregate: number)
      let transform = try node.text("post_transform", default: "NONE")
      return [try node.posted(try node.based(score), transform)]
    },
    OperatorRule("TreeEnsembleClassifier", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let labels = try node.classLabels("classlabels_int64s")
      let ids = Set(try node.integers("class_ids") ?? [])
      let (forest, weights) = try node.classicForest(prefix: "class", targets: labels.count)
      if labels.count == 2, ids.count == 1 {
        guard ids == [0] else {
          throw .unsupported("tree-binary", "two classes with weights for the second one")
        }
        return try node.binaryTrees(forest, weights, labels)
      }
      let score = try node.based(try node.scores(forest, weights, aggregate: 1))
      let label = try node.bestLabel(labels, score)
      let transform = try node.text("post_transform", default: "NONE")
      return [label, try node.posted(score, transform)]
    },
    OperatorRule("TreeEnsemble", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let (forest, weights) = try node.modernForest()
      let aggregate = try node.integer("aggregate_function", default: 1)
      guard (0...3).contains(aggregate) else {
        throw .invalid("tree-aggregate", "aggregate_function \(aggregate) does not exist")
      }
      let score = try node.scores(forest, weights, aggregate: aggregate)
      let names = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
      let number = try node.integer("post_transform", default: 0)
      guard names.indices.contains(number) else {
        throw .invalid("tree-transform", "post_transform \(number) does not exist")
      }
      return [try node.posted(score, names[number])]
    },
  ]
}

/// What leaves add to targets.
private struct LeafWeights {
  let targets: Int
  /// For each node and target; `nil` where a leaf says nothing.
  private(set) var table: [Double?]

  init(nodes: Int, targets: Int) throws(ImportFailure) {
    let (size, overflow) = nodes.multipliedReportingOverflow(by: targets)
    guard targets > 0, !overflow, size <= 1 << 26 else {
      throw .invalid("tree-targets", "\(targets) targets of \(nodes) nodes")
    }
    self.targets = targets
    table = Array(repeating: nil, count: size)
  }

  mutating func add(_ weight: Double, node: Int, target: Int) throws(ImportFailure) {
    guard (0..<targets).contains(target) else {
      throw .invalid("tree-targets", "target \(target) of \(targets)")
    }
    table[node * targets + target] = (table[node * targets + target] ?? 0) + weight
  }
}

extension NodeImporter {
  /// The nodes of trees in the form of ai.onnx.ml 1 and 3.
  fileprivate mutating func classicForest(
    prefix: String, targets: Int
  ) throws(ImportFailure) -> (Forest, LeafWeights) {
    _ = attribute("nodes_hitrates")  // Only a hint how often nodes are reached.
    _ = attribute("nodes_hitrates_as_tensor")
    let trees = try integers("nodes_treeids") ?? []
    let ids = try integers("nodes_nodeids") ?? []
    let features = try integers("nodes_featureids") ?? []
    let yes = try integers("nodes_truenodeids") ?? []
    let no = try integers("nodes_falsenodeids") ?? []
    let tracks = try integers("nodes_missing_value_tracks_true") ?? ids.map { _ in 0 }
    let splits = try numbers("nodes_values") ?? []
    guard case .strings(let names)? = attribute("nodes_modes"), !ids.isEmpty,
      [trees, features, yes, no, tracks].allSatisfy({ $0.count == ids.count }),
      splits.count == ids.count, names.count == ids.count
    else { throw .invalid("tree-columns", "the columns of the nodes differ in length") }
    var places: [[Int]: Int] = [:]
    for (place, key) in zip(trees, ids).enumerated() { places[[key.0, key.1]] = place }
    func place(_ tree: Int, _ id: Int) throws(ImportFailure) -> Int {
      guard let place = places[[tree, id]] else {
        throw .invalid("tree-link", "tree \(tree) has no node \(id)")
      }
      return place
    }
    var forest = Forest()
    let modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    for node in ids.indices {
      let name = String(decoding: names[node], as: UTF8.self)
      // The first node of a tree is its root.
      if node == 0 || trees[node] != trees[node - 1] { forest.roots.append(node) }
      if name == "LEAF" {
        forest.addLeaf()
        continue
      }
      guard let mode = modes.firstIndex(of: name).flatMap(Forest.Mode.init) else {
        throw .invalid("tree-mode", "nodes_modes has \"\(name)\"")
      }
      forest.append(
        mode, feature: features[node], split: splits[node],
        yes: try place(trees[node], yes[node]), no: try place(trees[node], no[node]),
        missingIsYes: tracks[node] != 0)
    }
    var weights = try LeafWeights(nodes: forest.count, targets: targets)
    let owners = try integers("\(prefix)_treeids") ?? []
    let nodes = try integers("\(prefix)_nodeids") ?? []
    let numbers = try integers("\(prefix)_ids") ?? []
    let values = try self.numbers("\(prefix)_weights") ?? []
    guard [owners, nodes, numbers].allSatisfy({ $0.count == values.count }) else {
      throw .invalid("tree-columns", "the columns of the weights differ in length")
    }
    for (row, value) in values.enumerated() {
      try weights.add(value, node: try place(owners[row], nodes[row]), target: numbers[row])
    }
    return (forest, weights)
  }

  /// The nodes of trees in the form of ai.onnx.ml 5, where leaves have an array of their own.
  ///
  /// A test for membership of a set is a chain of tests for its elements.
  fileprivate mutating func modernForest() throws(ImportFailure) -> (Forest, LeafWeights) {
    let features = try integers("nodes_featureids") ?? []
    let modes = try numbers("nodes_modes") ?? []
    let splits = try numbers("nodes_splits") ?? []
    let (yes, no) = (
      try integers("nodes_truenodeids") ?? [], try integers("nodes_falsenodeids") ?? []
    )
    let yesIsLeaf = try integers("nodes_trueleafs") ?? []
    let noIsLeaf = try integers("nodes_falseleafs") ?? []
    let tracks = try integers("nodes_missing_value_tracks_true") ?? features.map { _ in 0 }
    let (targets, values) = (
      try integers("leaf_targetids") ?? [], try numbers("leaf_weights") ?? []
    )
    _ = attribute("nodes_hitrates")  // Only a hint how often nodes are reached.
    guard [yes, no, yesIsLeaf, noIsLeaf, tracks].allSatisfy({ $0.count == features.count }),
      modes.count == features.count, splits.count == features.count,
      targets.count == values.count
    else { throw .invalid("tree-columns", "the columns of the nodes differ in length") }
    let members = try memberSets(modes)
    // Leaves come first, then the nodes, each with the links of its chain behind it.
    var starts: [Int] = []
    var next = values.count
    for set in members {
      starts.append(next)
      next += set?.count ?? 1
    }
    func target(_ number: Int, isLeaf: Bool) throws(ImportFailure) -> Int {
      guard (isLeaf ? values.indices : starts.indices).contains(number) else {
        throw .invalid("tree-link", "a node leads to \(number), which does not exist")
      }
      return isLeaf ? number : starts[number]
    }
    var forest = Forest()
    for _ in values { forest.addLeaf() }
    for node in features.indices {
      let low = try target(yes[node], isLeaf: yesIsLeaf[node] != 0)
      let high = try target(no[node], isLeaf: noIsLeaf[node] != 0)
      guard
        let mode = members[node] == nil
          ? Int(exactly: modes[node]).flatMap(Forest.Mode.init) : .equal
      else { throw .invalid("tree-mode", "nodes_modes has \(modes[node])") }
      let tests = members[node] ?? [splits[node]]
      for (place, split) in tests.enumerated() {
        forest.append(
          mode, feature: features[node], split: split, yes: low,
          no: place + 1 == tests.count ? high : starts[node] + place + 1,
          missingIsYes: tracks[node] != 0)
      }
    }
    for root in try integers("tree_roots") ?? [] {
      forest.roots.append(try target(root, isLeaf: false))
    }
    var weights = try LeafWeights(
      nodes: forest.count, targets: try integer("n_targets", default: 1))
    for (leaf, value) in values.enumerated() {
      try weights.add(value, node: leaf, target: targets[leaf])
    }
    return (forest, weights)
  }

  /// The elements that each node that tests for membership tests for; `nil` for other nodes.
  private mutating func memberSets(_ modes: [Double]) throws(ImportFailure) -> [[Double]?] {
    var sets = (try numbers("membership_values") ?? [])
      .split(omittingEmptySubsequences: false) { $0.isNaN }[...]
    return try modes.map { mode throws(ImportFailure) -> [Double]? in
      if mode != 6 { return nil }
      guard let set = sets.popFirst(), !set.isEmpty else {
        throw .invalid("tree-members", "membership_values has too few sets")
      }
      return Array(set)
    }
  }

  /// What the leaves that rows reach say together: `[rows, targets]`.
  ///
  /// - Parameter aggregate: 0 for the mean over trees, 1 for the sum, 2 and 3 for the least and
  ///   the largest of the leaves that speak of a target.
  fileprivate mutating func scores(
    _ forest: Forest, _ weights: LeafWeights, aggregate: Int
  ) throws(ImportFailure) -> ValueID {
    guard !forest.roots.isEmpty else { throw .invalid("tree-columns", "there are no trees") }
    let kinds: [Reduce.Kind] = [.sum, .sum, .min, .max]
    let absent = [0, 0, Double.infinity, -Double.infinity][aggregate]
    let element: ElementType = type(of: try operand(0)).element == .f64 ? .f64 : .f32
    let column = try column(weights.table.map { $0 ?? absent }, element)
    let table = try reshape(column, to: try shape([forest.count, weights.targets]))
    let picked = try add(.gather(Gather(axis: 0)), [table, try leaves(of: forest)])
    let sum = try add(.reduce(Reduce(kinds[aggregate], axes: [1])), [picked])
    let rows = type(of: sum).shape[0]
    let score = try reshape(sum, to: Shape([rows, Dimension(weights.targets)]))
    switch aggregate {
    case 0: return try map([score], x / .real(Double(forest.roots.count)))
    case 1: return score
    default: return try map([score], .select(.unary(.isInfinite, x), 0, x))
    }
  }

  /// Two classes that share one score: the second one where it is high.
  fileprivate mutating func binaryTrees(
    _ forest: Forest, _ weights: LeafWeights, _ labels: TensorData
  ) throws(ImportFailure) -> [ValueID] {
    let all = try scores(forest, weights, aggregate: 1)
    let score = try based(try slice(all, axis: 1, start: 0, count: 1))
    // Scores without negative weights are chances, others lie around 0.
    let isChance = weights.table.allSatisfy { ($0 ?? 0) >= 0 }
    let label = try label(labels, where: x > .real(isChance ? 0.5 : 0), score)
    let transform = try text("post_transform", default: "NONE")
    guard transform != "PROBIT" else {
      throw .unsupported("tree-transform", "PROBIT of one score for two classes")
    }
    let isLogistic = transform == "LOGISTIC"
    let first = try map([score], isChance && !isLogistic ? 1 - x : -x)
    let pair = try add(.concat(Concat(axis: 1)), [first, score])
    return [label, isLogistic ? try posted(pair, transform) : pair]
  }

  /// Scores with the numbers that they begin with.
  fileprivate mutating func based(_ score: ValueID) throws(ImportFailure) -> ValueID {
    guard let base = try numbers("base_values"), !base.isEmpty else { return score }
    guard Dimension(base.count) == type(of: score).shape[1] else {
      throw .unsupported("tree-base", "\(base.count) base values for other targets")
    }
    return try map([score, try column(base, type(of: score).element)], x + y)
  }
}
