internal import ApusIR

extension Program {
  /// Places every temporary in the arena so that buffers alive at the same time do not overlap.
  ///
  /// A buffer lives from the first step that touches it to the last, and through a whole loop when
  /// it is touched outside of it or carries something from turn to turn. Buffers that share memory
  /// by an agreed reuse are placed as one. Blocks are placed one after the other, each at the
  /// lowest free offset (Pisarchyk & Lee, 2020, "Efficient Memory Management for Deep Neural Net
  /// Inference"); several orders are tried and the best is improved by moving blocks forward.
  mutating func planMemory(reuses: [(new: BufferID, old: BufferID)]) {
    var blocks = lifetimes()
    join(&blocks, reuses)
    blocks.removeAll { $0.buffers.isEmpty }
    liveBytes =
      (0..<Timeline(self).steps.count).map { place in
        blocks.reduce(0) { $1.life.contains(place) ? $0 + $1.bytes : $0 }
      }.max() ?? 0
    let placement = ArenaPlacement.best(blocks, bound: liveBytes)
    arenaBytes = placement.bytes
    for (block, offset) in zip(blocks, placement.offsets) {
      for buffer in block.buffers { self[buffer].storage = .arena(offset: offset) }
    }
  }

  /// One block per temporary that a kernel touches.
  private func lifetimes() -> [MemoryBlock] {
    var lives: [BufferID: ClosedRange<Int>] = [:]
    let timeline = Timeline(self)
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
}
