/// Operations of both models that are the same and read one value from outside.
struct Block {
  /// The old nodes in their order, from the first one.
  private(set) var nodes: [Int]
  /// What the old and the new block read.
  let (from, to): (Outline.Source, Outline.Source)

  var first: Int { nodes[0] }

  /// A block of one node of each model; `nil` unless both are the same and what they read beside
  /// weights is one value each, which differ.
  init?(first a: Int, _ b: Int, in matching: Matching) {
    guard matching.labels.old[a] == matching.labels.new[b],
      let from = matching.old.outline.nodes[a].carried,
      let to = matching.new.outline.nodes[b].carried, !matching.agree(from, to)
    else { return nil }
    (nodes, self.from, self.to) = ([a], from, to)
  }

  func contains(_ node: Int) -> Bool { nodes.contains(node) }

  /// Adds the next node that reads nothing but the block and what it reads; false without one.
  mutating func grow(in matching: Matching) -> Bool {
    let candidates = (nodes.map { .result(node: $0, place: 0) } + [from])
      .flatMap { matching.old.readers(of: $0).map(\.node) }
    guard let next = candidates.filter({ !contains($0) && fits($0, matching) }).min() else {
      return false
    }
    nodes.append(next)
    return true
  }

  private func fits(_ a: Int, _ matching: Matching) -> Bool {
    guard let b = matching.partner[a], matching.labels.old[a] == matching.labels.new[b] else {
      return false
    }
    let (x, y) = (matching.old.outline.nodes[a], matching.new.outline.nodes[b])
    func agree(_ before: Outline.Source, _ after: Outline.Source) -> Bool {
      if before == from { return after == to }
      switch before {
      case .weight: return matching.agree(before, after)
      case .result(let node, _): return contains(node) && matching.agree(before, after)
      case .input: return false
      }
    }
    return zip(x.operands, y.operands).allSatisfy(agree)
      || (x.isSymmetric && zip(x.operands, y.operands.reversed()).allSatisfy(agree))
  }

  /// The last node in both models, the only one that others read; `nil` where there is none.
  func end(in matching: Matching) -> (old: Int, new: Int)? {
    let partners = nodes.compactMap { matching.partner[$0] }
    guard let a = Block.end(of: nodes, matching.old), let b = Block.end(of: partners, matching.new),
      matching.partner[a] == b
    else { return nil }
    return (a, b)
  }

  private static func end(of nodes: [Int], _ graph: FlowGraph) -> Int? {
    let members = Set(nodes)
    let read = nodes.filter { node in
      graph.readers[node].contains { !members.contains($0.node) } || graph.isOutput[node]
    }
    guard read.count == 1, graph.outline.nodes[read[0]].types.count == 1 else { return nil }
    return read[0]
  }
}

extension Outline.Node {
  /// The one operand that is no weight.
  fileprivate var carried: Outline.Source? {
    let others = operands.filter {
      if case .weight = $0 { return false }
      return true
    }
    return others.count == 1 ? others[0] : nil
  }
}
