internal import ApusIR

/// The loops over a result: which axes remain, in which order, after merging neighbours.
struct Nest {
  /// The extents of the loops, outermost first.
  var extents: [Dimension]
  /// For each placement the strides of the loops.
  var strides: [[Dimension]]

  /// Loops over `placements[0]`, all of whose companions have the same extents.
  ///
  /// Axes are ordered by the strides of the first placement, so that its memory is walked in
  /// order; axes of extent 1 vanish and axes that follow each other in all placements merge.
  init(_ placements: [Placement]) {
    let first = placements[0]
    let axes = first.extents.indices
      .filter { first.extents[$0] != 1 }
      .sorted(by: { first.strides[$0].isLonger(than: first.strides[$1]) })
    extents = []
    strides = placements.map { _ in [] }
    for axis in axes {
      let extent = first.extents[axis]
      let merges =
        !extents.isEmpty
        && placements.indices.allSatisfy { place in
          strides[place][extents.count - 1] == placements[place].strides[axis] * extent
        }
      if merges {
        extents[extents.count - 1] = extents[extents.count - 1] * extent
        for place in placements.indices {
          strides[place][extents.count - 1] = placements[place].strides[axis]
        }
      } else {
        extents.append(extent)
        for place in placements.indices { strides[place].append(placements[place].strides[axis]) }
      }
    }
    if extents.isEmpty {
      extents = [1]
      for place in placements.indices { strides[place] = [0] }
    }
  }

  /// Swaps the two innermost loops where the innermost is short: few lanes cost the interpreter
  /// more than lanes that lie apart.
  mutating func swapShortLanes() {
    let last = extents.count - 1
    guard last > 0, let inner = extents[last].constant, let next = extents[last - 1].constant,
      inner <= 16, next >= 2 * inner
    else { return }
    extents.swapAt(last - 1, last)
    for place in strides.indices { strides[place].swapAt(last - 1, last) }
  }
}

extension Dimension {
  /// Whether a stride is surely longer than another; strides with symbols count as long ones.
  func isLonger(than other: Dimension) -> Bool {
    switch (constant, other.constant) {
    case (let a?, let b?): abs(a) > abs(b)
    case (nil, _?): true
    case (_?, nil): false
    case (nil, nil): other.divides(self)
    }
  }

  private func divides(_ product: Dimension) -> Bool {
    product != self && product / self * self == product
  }
}
