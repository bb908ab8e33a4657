internal import ApusIR

extension Program {
  /// Places every temporary in the arena so that buffers alive at the same time do not overlap.
  ///
  /// A buffer lives from the first step that touches it to the last, and through a whole loop when
  /// it is touched outside of it or carries something from turn to turn. Buffers that share memory
  /// by an agreed reuse are placed as one, and results may lie over operands that are read before
  /// they get there (`Slide`). Blocks are placed one after the other, each at the lowest free
  /// offset (Pisarchyk & Lee, 2020, "Efficient Memory Management for Deep Neural Net Inference");
  /// several orders are tried and the best is improved by moving blocks forward.
  ///
  /// - Parameter threads: Whether threads may take turns of parallel loops.
  mutating func planMemory(reuses: [(new: BufferID, old: BufferID)], threads: Bool = false) {
    let timeline = Timeline(self)
    var blocks = lifetimes(timeline)
    join(&blocks, reuses)
    blocks.removeAll { $0.buffers.isEmpty }
    let slides = slides(blocks, timeline, threads: threads)
    for slide in slides {
      blocks[slide.result].slides.append(slide.range)
      blocks[slide.operand].slides.append(slide.range.seen(from: slide.result))
    }
    var live = [Int](repeating: 0, count: timeline.steps.count)
    for block in blocks { for place in block.life { live[place] += block.bytes } }
    for slide in slides { live[slide.place] -= slide.saving(blocks) }
    liveBytes = live.max() ?? 0
    let placement = ArenaPlacement.best(blocks, bound: liveBytes)
    arenaBytes = placement.bytes
    for (block, offset) in zip(blocks, placement.offsets) {
      for buffer in block.buffers { self[buffer].storage = .arena(offset: offset) }
    }
    for slide in slides {
      let distance = placement.offsets[slide.result] - placement.offsets[slide.operand]
      guard -blocks[slide.result].bytes < distance, distance < blocks[slide.operand].bytes,
        let walk = slide.walks.first(where: { !$0.range.forbids(distance) })
      else { continue }
      kernels[slide.kernel].body = walk.body.map(\.inOrder)
    }
  }

  /// One block per temporary that a kernel touches.
  private func lifetimes(_ timeline: Timeline) -> [MemoryBlock] {
    var lives: [BufferID: ClosedRange<Int>] = [:]
    for (place, buffers) in timeline.steps.enumerated() {
      for buffer in buffers { lives[buffer] = (lives[buffer]?.lowerBound ?? place)...place }
    }
    for loop in timeline.loops {
      for (buffer, life) in lives where life.overlaps(loop.places) {
        let (first, last) = (loop.places.lowerBound, loop.places.upperBound)
        let leaves = life.lowerBound < first || life.upperBound > last
        guard leaves || loop.carried.contains(buffer) else { continue }
        lives[buffer] = min(life.lowerBound, first)...max(life.upperBound, last)
      }
    }
    return buffers.indices.compactMap { number in
      let id = BufferID(number)
      guard case .arena = buffers[number].storage, let life = lives[id] else { return nil }
      let bytes = (buffers[number].byteCount + 63) / 64 * 64
      return MemoryBlock(buffers: [id], bytes: bytes, life: life)
    }
  }

  /// Joins the new buffer of a reuse with the old one where that ends as the new one begins.
  private func join(_ blocks: inout [MemoryBlock], _ reuses: [(new: BufferID, old: BufferID)]) {
    var places: [BufferID: Int] = [:]
    for (place, block) in blocks.enumerated() { for id in block.buffers { places[id] = place } }
    for reuse in reuses where reuse.new != reuse.old {
      guard let new = places[reuse.new], let old = places[reuse.old], new != old,
        blocks[old].life.upperBound == blocks[new].life.lowerBound,
        blocks[old].bytes == blocks[new].bytes
      else { continue }
      for id in blocks[new].buffers { places[id] = old }
      blocks[old].buffers += blocks[new].buffers
      blocks[old].life = blocks[old].life.lowerBound...blocks[new].life.upperBound
      blocks[new].buffers = []
    }
  }
}

/// Memory that one or more buffers use one after the other.
struct MemoryBlock {
  var buffers: [BufferID]
  var bytes: Int
  var life: ClosedRange<Int>
  /// Where it may begin beside blocks that live at the same time for one kernel only.
  var slides: [SlideRange] = []

  /// The starts that another block may not have because of this one, the bounds not among them.
  ///
  /// - Parameters:
  ///   - number: The number of this block.
  ///   - start: Where it begins.
  func startsTaken(for other: MemoryBlock, number: Int, start: Int) -> Range<Int>? {
    let slide = other.slides.first { $0.other == number }
    let lower = start + (slide?.lower ?? -other.bytes)
    let upper = start + (slide?.upper ?? bytes)
    return lower < upper ? lower..<upper : nil
  }
}
