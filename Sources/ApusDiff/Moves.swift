/// Nodes that stand elsewhere along the graph, with all else about them as it was.
///
/// A node with one operand that is no weight can be lifted out: its readers read that operand then.
/// It has moved where the other nodes around both of its places agree once it is lifted out of both
/// models.
///
/// - Complexity: linear in the edges of nodes that do not agree.
struct Moves {
  private(set) var matching: Matching
  private var old: Set<Int> = []
  private var new: Set<Int> = []

  init(_ matching: Matching) {
    self.matching = matching
    let (before, after) = matching.labels
    // Open nodes may have moved far: those that look alike are tried in order.
    var waiting: [UInt64: [Int]] = [:]
    for place in matching.inverse.indices.reversed() where matching.inverse[place] == nil {
      waiting[after[place], default: []].append(place)
    }
    for (a, partner) in matching.partner.enumerated() {
      if let b = partner {
        if before[a] == after[b], isMove(a, b) { lift(a, b) }
      } else if let b = waiting[before[a]]?.last, isMove(a, b) {
        waiting[before[a]]?.removeLast()
        self.matching.join(a, b)
        lift(a, b)
      }
    }
  }

  /// Whether an old node has moved.
  func contains(_ node: Int) -> Bool { old.contains(node) }

  /// Whether two sources stand for each other with moved nodes lifted out, weights by digest.
  func agree(_ a: Outline.Source, _ b: Outline.Source) -> Bool {
    let (x, y) = (
      Self.lifted(a, old, matching.old.outline), Self.lifted(b, new, matching.new.outline)
    )
    return matching.agree(x, y)
  }

  private mutating func lift(_ a: Int, _ b: Int) {
    old.insert(a)
    new.insert(b)
  }

  /// What a source reads once nodes are lifted out.
  private static func lifted(
    _ source: Outline.Source, _ nodes: Set<Int>, _ outline: Outline
  ) -> Outline.Source {
    var source = source
    while case .result(let node, _) = source, nodes.contains(node),
      let operand = outline.nodes[node].carried
    {
      source = operand
    }
    return source
  }

  private func isMove(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (matching.old.outline.nodes[a], matching.new.outline.nodes[b])
    guard let from = x.carried, let to = y.carried, x.types.count == 1, !agree(from, to) else {
      return false
    }
    var trial = self
    trial.lift(a, b)
    let readers = matching.old.readers[a].map { ($0.node, matching.partner[$0.node]) }
    let others = matching.new.readers[b].map { (matching.inverse[$0.node], $0.node) }
    var isRead = false
    for case (let reader?, let other?) in readers + others where reader != a && other != b {
      isRead = true
      guard trial.fits(reader, other) else { return false }
    }
    for (place, source) in matching.old.outline.results.enumerated()
    where place < matching.new.outline.results.count {
      let other = matching.new.outline.results[place]
      guard source == .result(node: a, place: 0) || other == .result(node: b, place: 0) else {
        continue
      }
      isRead = true
      guard trial.agree(source, other) else { return false }
    }
    return isRead
  }

  /// Whether all operands of two nodes agree, in any order where that is all the same.
  private func fits(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (matching.old.outline.nodes[a], matching.new.outline.nodes[b])
    guard x.operands.count == y.operands.count else { return false }
    if zip(x.operands, y.operands).allSatisfy(agree) { return true }
    return x.isSymmetric && zip(x.operands, y.operands.reversed()).allSatisfy(agree)
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
