/// Offsets of memory blocks in an arena.
struct ArenaPlacement {
  /// One offset per block.
  var offsets: [Int]
  /// The size of the arena.
  var bytes: Int

  /// The smallest arena among those of several orders; stops at `bound`, which none can beat.
  static func best(_ blocks: [MemoryBlock], bound: Int) -> ArenaPlacement {
    var best = ArenaPlacement(blocks, order: [])
    var bestOrder: [Int] = []
    for order in orders(of: blocks) {
      let placement = ArenaPlacement(blocks, order: order)
      if bestOrder.isEmpty || placement.bytes < best.bytes {
        (best, bestOrder) = (placement, order)
      }
      if best.bytes <= bound { return best }
    }
    // Chains fit when blocks take turns at the two ends.
    let times = blocks.indices.sorted { blocks[$0].life.lowerBound < blocks[$1].life.lowerBound }
    let turns = ArenaPlacement(blocks, order: times, ceiling: bound)
    if turns.bytes <= bound { return turns }
    // Blocks that stick out go first; keep what helps. Rounds are few, so that plans stay fast.
    for _ in 0..<max(16, min(512, 200_000 / max(blocks.count * blocks.count, 1))) {
      guard best.bytes > bound,
        let highest = bestOrder.last(where: { best.offsets[$0] + blocks[$0].bytes == best.bytes })
      else { break }
      let from = bestOrder.firstIndex(of: highest) ?? 0
      guard from > 0 else { break }
      var improved = false
      for target in [0, from / 4, from / 2, from - 1] {
        var order = bestOrder
        order.insert(order.remove(at: from), at: target)
        let placement = ArenaPlacement(blocks, order: order)
        if placement.bytes < best.bytes {
          (best, bestOrder, improved) = (placement, order, true)
          break
        }
      }
      if !improved { break }
    }
    return best
  }

  /// Orders worth trying: by size, by size and time, by time from either end, by crowding.
  private static func orders(of blocks: [MemoryBlock]) -> [[Int]] {
    func sorted(_ key: (MemoryBlock) -> (Int, Int)) -> [Int] {
      let keys = blocks.map(key)
      return blocks.indices.sorted { a, b in
        (keys[a].0, keys[a].1, b) > (keys[b].0, keys[b].1, a)
      }
    }
    let last = blocks.map(\.life.upperBound).max() ?? 0
    var live = [Int](repeating: 0, count: last + 1)
    for block in blocks { for place in block.life { live[place] += block.bytes } }
    return [
      sorted { ($0.bytes, $0.life.count) },
      sorted { ($0.bytes * $0.life.count, $0.bytes) },
      sorted { block in (block.life.map { live[$0] }.max() ?? 0, block.bytes) },
      sorted { ($0.life.count, $0.bytes) },
      sorted { (-$0.life.lowerBound, $0.bytes) },
      sorted { ($0.life.upperBound, $0.bytes) },
    ]
  }

  /// Places blocks in an order, each at the lowest offset where it meets none alive with it.
  ///
  /// With a ceiling, every other block goes to the highest such offset below it, if there is one.
  init(_ blocks: [MemoryBlock], order: [Int], ceiling: Int? = nil) {
    offsets = [Int](repeating: 0, count: blocks.count)
    bytes = 0
    var placed: [Int] = []
    for (turn, index) in order.enumerated() {
      let block = blocks[index]
      let taken = placed.filter { blocks[$0].life.overlaps(block.life) }
        .compactMap { blocks[$0].startsTaken(for: block, number: $0, start: offsets[$0]) }
        .sorted { $0.lowerBound < $1.lowerBound }
      let high =
        turn % 2 == 1 ? ceiling.flatMap { taken.highestStart(upTo: $0 - block.bytes) } : nil
      offsets[index] = high ?? taken.lowestStart
      bytes = max(bytes, offsets[index] + block.bytes)
      placed.append(index)
    }
  }
}

extension [Range<Int>] {
  /// The lowest start that lies inside of none of the ranges, which are sorted by their start.
  fileprivate var lowestStart: Int {
    var start = 0
    for range in self {
      if range.lowerBound >= start { break }
      start = Swift.max(start, range.upperBound)
    }
    return start
  }

  /// The highest such start up to `most`.
  fileprivate func highestStart(upTo most: Int) -> Int? {
    var start = most
    for range in sorted(by: { $0.upperBound > $1.upperBound }) {
      if range.upperBound <= start { break }
      start = Swift.min(start, range.lowerBound)
    }
    return start >= 0 ? start : nil
  }
}
