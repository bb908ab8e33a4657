/// Operations that stand elsewhere along the graph, with all else about them as it was.
///
/// A block begins with an operation that reads one value beside weights, reads nothing else from
/// outside, and is read through one result. It can be lifted out: its readers read that value then.
/// It has moved where all around both of its places agrees once it is lifted out of both models.
/// Blocks are tried from small to large, so that the smaller of two that changed places has moved.
///
/// - Complexity: linear in the edges of nodes that do not agree.
struct Moves {
  /// The most operations of a block, and the most that may begin one.
  private static let (largest, most) = (128, 256)

  private(set) var matching: Matching
  /// What is read in place of the result of a lifted block, by its last node.
  private var (old, new): ([Int: Outline.Source], [Int: Outline.Source]) = ([:], [:])
  /// The old nodes of blocks by the first one; all of them.
  private var (blocks, members): ([Int: [Int]], Set<Int>) = ([:], [])

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
        if let block = Block(first: a, b, in: matching) { lift(block, (a, b)) }
      } else if let b = waiting[before[a]]?.last, let block = Block(first: a, b, in: matching),
        lift(block, (a, b))
      {
        waiting[before[a]]?.removeLast()
        self.matching.join(a, b)
      }
    }
    liftBlocks()
  }

  /// Whether an old node has moved.
  func contains(_ node: Int) -> Bool { members.contains(node) }

  /// The nodes of the moved block that begins with an old node.
  func block(from node: Int) -> [Int]? { blocks[node] }

  /// Whether two sources stand for each other with moved blocks lifted out, weights by digest.
  func agree(_ a: Outline.Source, _ b: Outline.Source) -> Bool {
    matching.agree(Self.lifted(a, old), Self.lifted(b, new))
  }

  /// What a source reads once blocks are lifted out.
  private static func lifted(
    _ source: Outline.Source, _ blocks: [Int: Outline.Source]
  ) -> Outline.Source {
    var source = source
    while case .result(let node, _) = source, let outer = blocks[node] { source = outer }
    return source
  }

  /// Lifts blocks of several operations, smaller ones first.
  private mutating func liftBlocks() {
    var open = matching.partner.enumerated().compactMap { a, b in
      b.flatMap { contains(a) ? nil : Block(first: a, $0, in: matching) }
    }
    guard open.count <= Self.most else { return }
    for _ in 1..<Self.largest where !open.isEmpty {
      open = open.compactMap { block in
        var block = block
        guard !contains(block.first), block.grow(in: matching),
          !block.nodes.contains(where: contains)
        else { return nil }
        guard let end = block.end(in: matching), lift(block, end) else { return block }
        return nil
      }
    }
  }

  /// Lifts a block with its last nodes where it has moved.
  @discardableResult
  private mutating func lift(_ block: Block, _ end: (old: Int, new: Int)) -> Bool {
    guard !agree(block.from, block.to), matching.old.outline.nodes[end.old].types.count == 1 else {
      return false
    }
    (old[end.old], new[end.new]) = (block.from, block.to)
    guard fits(around: end.old, end.new, block) else {
      (old[end.old], new[end.new]) = (nil, nil)
      return false
    }
    blocks[block.first] = block.nodes
    members.formUnion(block.nodes)
    return true
  }

  /// Whether what reads the ends of a block agrees.
  private func fits(around a: Int, _ b: Int, _ block: Block) -> Bool {
    let readers = matching.old.readers[a].map { ($0.node, matching.partner[$0.node]) }
    let others = matching.new.readers[b].map { (matching.inverse[$0.node], $0.node) }
    var isRead = false
    for case (let reader?, let other?) in readers + others where !block.contains(reader) {
      isRead = true
      guard fits(reader, other) else { return false }
    }
    let (results, otherResults) = (matching.old.outline.results, matching.new.outline.results)
    for (source, other) in zip(results, otherResults)
    where source == .result(node: a, place: 0) || other == .result(node: b, place: 0) {
      isRead = true
      guard agree(source, other) else { return false }
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
