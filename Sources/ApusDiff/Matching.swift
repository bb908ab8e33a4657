/// Which node of the new model stands for which node of the old one.
///
/// Found by colours in the manner of Weisfeiler and Lehman: those of what a node reads and those of
/// what reads it, first with everything that is known of nodes, then with less. What is left
/// follows the data flow from nodes that are matched. Names take no part.
///
/// - Complexity: about linear in the number of nodes.
struct Matching {
  let old: FlowGraph
  let new: FlowGraph
  /// The new node of each old node.
  private(set) var partner: [Int?]
  /// The old node of each new node.
  private(set) var inverse: [Int?]
  /// A hash of each node with its weights, but without what else it reads.
  private(set) var labels: (old: [UInt64], new: [UInt64]) = ([], [])

  init(_ old: Outline, _ new: Outline) {
    let byName =
      Set(old.inputs.map(\.name)) == Set(new.inputs.map(\.name))
      && Set(old.inputs.map(\.name)).count == old.inputs.count
    self.old = FlowGraph(old, inputsByName: byName)
    self.new = FlowGraph(new, inputsByName: byName)
    partner = Array(repeating: nil, count: old.nodes.count)
    inverse = Array(repeating: nil, count: new.nodes.count)
    let (before, after) = (
      self.old.colours(.everything), self.new.colours(.everything)
    )
    let (shapeBefore, shapeAfter) = (self.old.colours(.structure), self.new.colours(.structure))
    let common = before.all.intersection(after.all)
    let (nearBefore, nearAfter) = (
      self.old.colours(.structure, keeping: (before, common)),
      self.new.colours(.structure, keeping: (after, common))
    )
    labels = (before.local, after.local)
    // Where all that leads to a node and all that follows it is as it was, but for weights, it
    // stands where it stood, whatever weights lie elsewhere.
    match(before.both, after.both, .equalCounts)
    match(before.down, after.down, .single)
    match(before.up, after.up, .single)
    match(joined(nearBefore.both, before.local), joined(nearAfter.both, after.local), .equalCounts)
    match(nearBefore.both, nearAfter.both, .equalCounts)
    match(
      joined(shapeBefore.both, before.local), joined(shapeAfter.both, after.local), .equalCounts)
    match(shapeBefore.both, shapeAfter.both, .equalCounts)
    match(weighted(before, self.old), weighted(after, self.new), .single)
    // What stands beside nodes that are known by their weights is more certain than what has the
    // same distance from an end.
    for likeness in [Likeness.label, .kind] { spread(likeness) }
    match(shapeBefore.down, shapeAfter.down, .single)
    match(shapeBefore.up, shapeAfter.up, .single)
    for likeness in [Likeness.kind, .operation] { spread(likeness) }
  }

  /// Colours of which both parts are equal.
  private func joined(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
    zip(a, b).map { ($0 &* 31) ^ $1 }
  }

  /// What tells nodes with weights apart; for others the same as what tells them apart from above.
  private func weighted(_ colours: FlowGraph.Colours, _ graph: FlowGraph) -> [UInt64] {
    graph.outline.nodes.enumerated().map { place, node in
      let hasWeights = node.operands.contains {
        if case .weight = $0 { return true }
        return false
      }
      return hasWeights ? colours.local[place] : colours.down[place]
    }
  }

  private enum Groups { case equalCounts, single }

  /// How much two nodes must have in common.
  private enum Likeness { case label, kind, operation }

  /// Matches open nodes with equal keys, in order, where there are equally many of them.
  private mutating func match(_ a: [UInt64], _ b: [UInt64], _ groups: Groups) {
    var waiting: [UInt64: [Int]] = [:]
    var counts: [UInt64: Int] = [:]
    for place in b.indices where inverse[place] == nil {
      waiting[b[place], default: []].append(place)
    }
    for place in a.indices where partner[place] == nil { counts[a[place], default: 0] += 1 }
    var taken: [UInt64: Int] = [:]
    for place in a.indices where partner[place] == nil {
      guard let count = counts[a[place]], let others = waiting[a[place]], others.count == count,
        groups == .equalCounts || count == 1
      else { continue }
      let turn = taken[a[place], default: 0]
      taken[a[place]] = turn + 1
      join(place, others[turn])
    }
  }

  /// Makes two open nodes partners.
  mutating func join(_ a: Int, _ b: Int) {
    partner[a] = b
    inverse[b] = a
  }

  /// Whether two sources stand for each other, weights by digest.
  func agree(_ a: Outline.Source, _ b: Outline.Source) -> Bool {
    switch (a, b) {
    case (.weight(let x), .weight(let y)):
      old.outline.weights[x].digest == new.outline.weights[y].digest
        && old.outline.weights[x].type == new.outline.weights[y].type
    case (.result(let x, let i), .result(let y, let j)): partner[x] == y && i == j
    case (.input(let x), .input(let y)): old.isSame(input: x, as: y, of: new)
    default: false
    }
  }

  /// Follows operands and readers of matched nodes, and of inputs and outputs.
  private mutating func spread(_ likeness: Likeness) {
    var queue = partner.indices.filter { partner[$0] != nil }
    for (a, b) in zip(old.outline.results, new.outline.results) {
      pair(a, b, likeness, &queue)
    }
    for (a, b) in zip(old.inputReaders, new.inputReaders) { pairReaders(a, b, likeness, &queue) }
    var next = 0
    while next < queue.count {
      let a = queue[next]
      next += 1
      guard let b = partner[a] else { continue }
      for (x, y) in zip(old.outline.nodes[a].operands, new.outline.nodes[b].operands) {
        pair(x, y, likeness, &queue)
      }
      pairReaders(old.readers[a], new.readers[b], likeness, &queue)
    }
  }

  private mutating func pair(
    _ a: Outline.Source, _ b: Outline.Source, _ likeness: Likeness, _ queue: inout [Int]
  ) {
    guard case .result(let x, let i) = a, case .result(let y, let j) = b, i == j,
      partner[x] == nil, inverse[y] == nil, fits(x, y, likeness)
    else { return }
    join(x, y)
    queue.append(x)
  }

  private mutating func pairReaders(
    _ a: [FlowGraph.Reader], _ b: [FlowGraph.Reader], _ likeness: Likeness, _ queue: inout [Int]
  ) {
    let open = b.filter { inverse[$0.node] == nil }
    for reader in a where partner[reader.node] == nil {
      let other = open.first {
        inverse[$0.node] == nil && $0.place == reader.place
          && fits(reader.node, $0.node, likeness)
      }
      guard let other else { continue }
      join(reader.node, other.node)
      queue.append(reader.node)
    }
  }

  private func fits(_ a: Int, _ b: Int, _ likeness: Likeness) -> Bool {
    let (x, y) = (old.outline.nodes[a], new.outline.nodes[b])
    guard x.operation == y.operation,
      x.operands.count == y.operands.count || old.kinds[a] == new.kinds[b]
    else { return false }
    switch likeness {
    case .label: return labels.old[a] == labels.new[b]
    case .kind: return old.kinds[a] == new.kinds[b]
    case .operation: return true
    }
  }
}
