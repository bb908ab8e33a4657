internal import ApusIR

/// Where a block may begin beside another one: not between two numbers of bytes behind its start.
struct SlideRange {
  /// The number of the other block.
  var other: Int
  var lower: Int
  var upper: Int

  /// Whether a block must not begin so many bytes behind the other one.
  func forbids(_ distance: Int) -> Bool { lower < distance && distance < upper }

  /// The same for the other block.
  func seen(from block: Int) -> SlideRange {
    SlideRange(other: block, lower: -upper, upper: -lower)
  }
}

/// A result that may lie over an operand which its kernel is the last to read: either goes through
/// both in the same direction, as a move of overlapping memory does.
struct Slide {
  /// A way through the kernel: its statements, and where the result may begin with them.
  struct Walk {
    var body: [Statement]
    var range: SlideRange
  }

  /// The numbers of the blocks.
  var operand: Int
  var result: Int
  /// The step that runs the kernel.
  var place: Int
  var kernel: Int
  /// Forward, and backward where the kernel can.
  var walks: [Walk]

  /// Where the result may begin beside the operand when the best walk is taken.
  var range: SlideRange {
    SlideRange(
      other: operand, lower: walks.map(\.range.lower).max() ?? 0,
      upper: walks.map(\.range.upper).min() ?? 0)
  }

  /// How much less than the bytes of both blocks they can take together.
  func saving(_ blocks: [MemoryBlock]) -> Int {
    let (from, to) = (blocks[operand].bytes, blocks[result].bytes)
    return [range.lower, range.upper, 0, from - to].filter { !range.forbids($0) }
      .map { from + to - max(from, $0 + to) + min(0, $0) }.max() ?? 0
  }
}

extension Program {
  /// The results that may lie over operands of their kernels.
  func slides(_ blocks: [MemoryBlock], _ timeline: Timeline, threads: Bool) -> [Slide] {
    let candidates = slidingPairs(blocks, timeline, threads: threads)
    return timeline.steps.indices.flatMap { place -> [Slide] in
      guard let kernel = timeline.kernels[place], let pairs = candidates[place] else { return [] }
      // One pair alone may be walked in either direction.
      let backward = pairs.count == 1 ? kernels[kernel].backward : nil
      let bodies = [kernels[kernel].body] + (backward.map { [$0] } ?? [])
      return pairs.map { operand, result in
        Slide(
          operand: operand, result: result, place: place, kernel: kernel,
          walks: bodies.map { walk($0, blocks, operand, result) })
      }
    }
  }

  /// By step, the blocks that end there and those that begin there.
  ///
  /// Loops that threads share have no order, so that kernels with such loops are left out, as are
  /// those with open sizes. Both elements have one type or one is a byte, which C lets be seen as
  /// part of any other.
  private func slidingPairs(
    _ blocks: [MemoryBlock], _ timeline: Timeline, threads: Bool
  ) -> [Int: [(operand: Int, result: Int)]] {
    let ends = Dictionary(grouping: blocks.indices) { blocks[$0].life.upperBound }
    var pairs: [Int: [(operand: Int, result: Int)]] = [:]
    for (result, block) in blocks.enumerated() {
      let place = block.life.lowerBound
      guard let number = timeline.kernels[place], kernels[number].openExtents.isEmpty,
        !(threads && kernels[number].body.contains(where: \.hasSharedLoop))
      else { continue }
      let written = kernels[number].writtenBuffers
      for operand in ends[place] ?? [] {
        let old = blocks[operand].buffers
        if !old.contains(where: written.contains), sharesElements(old, block.buffers) {
          pairs[place, default: []].append((operand, result))
        }
      }
    }
    return pairs
  }

  private func walk(
    _ body: [Statement], _ blocks: [MemoryBlock], _ operand: Int, _ result: Int
  ) -> Slide.Walk {
    let found = SlideFinder(
      MemoryTrace(
        body, operands: blocks[operand].buffers, results: blocks[result].buffers, of: self))
    // Offsets are multiples of 64; blocks that do not overlap are always fine.
    let lower = min(max(found.lower, -blocks[result].bytes), blocks[operand].bytes)
    let upper = max(min(found.upper, blocks[operand].bytes), -blocks[result].bytes)
    return Slide.Walk(
      body: body,
      range: SlideRange(other: operand, lower: lower & ~63, upper: (upper + 63) & ~63))
  }

  private func sharesElements(_ old: [BufferID], _ new: [BufferID]) -> Bool {
    old.allSatisfy { a in
      new.allSatisfy { b in
        self[a].element == self[b].element
          || [a, b].contains { self[$0].element.memoryBytes(of: 1) == 1 }
      }
    }
  }
}
