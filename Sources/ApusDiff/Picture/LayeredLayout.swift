/// Places for the items of a graph in rows, from what is read to what reads it.
///
/// In the manner of Sugiyama: rows by longest paths, order within rows by barycentres, positions by
/// least squares. An edge over several rows runs in lanes, which all such edges of an item share.
package struct LayeredLayout {
  /// The row of each item.
  package private(set) var rows: [Int]
  /// The middle of each item.
  package private(set) var middles: [Double] = []
  /// Where the edges of each item pass the rows below it.
  package private(set) var lanes: [[Double]]

  /// Lays out items with the widths given; edges that close a cycle count for nothing.
  ///
  /// - Complexity: O(n log n) for n items and passed rows, times a fixed number of sweeps.
  package init(widths: [Double], edges: [(from: Int, to: Int)], gap: Double) {
    let order = DepthOrder(count: widths.count, edges: edges)
    rows = order.rows()
    lanes = Array(repeating: [], count: widths.count)
    var sweeps = Sweeps(widths, order, rows)
    sweeps.sort()
    sweeps.place(gap)
    middles = Array(sweeps.middles[..<widths.count])
    for (item, lane) in sweeps.lanes { lanes[item] = lane.map { sweeps.middles[$0] } }
  }
}

/// The items of a graph in an order in which each comes after what it reads.
private struct DepthOrder {
  private(set) var items: [Int] = []
  /// What each item reads, without edges that close a cycle.
  private(set) var operands: [[Int]]
  private(set) var readers: [[Int]]

  init(count: Int, edges: [(from: Int, to: Int)]) {
    operands = Array(repeating: [], count: count)
    readers = operands
    var all = operands
    var isRead = Array(repeating: false, count: count)
    for edge in edges {
      all[edge.to].append(edge.from)
      isRead[edge.from] = true
    }
    // What nobody reads comes first, so that cycles open where both models agree.
    enum State { case new, open, done }
    var states = Array(repeating: State.new, count: count)
    for root in (0..<count).filter({ !isRead[$0] }) + Array(0..<count) where states[root] == .new {
      var stack = [(item: root, next: 0)]
      states[root] = .open
      while let top = stack.last {
        guard top.next < all[top.item].count else {
          stack.removeLast()
          states[top.item] = .done
          items.append(top.item)
          continue
        }
        stack[stack.count - 1].next += 1
        let operand = all[top.item][top.next]
        if states[operand] == .open { continue }
        operands[top.item].append(operand)
        readers[operand].append(top.item)
        if states[operand] == .new {
          states[operand] = .open
          stack.append((operand, 0))
        }
      }
    }
  }

  /// Rows by longest paths; what has no more operands than readers stands right above the first of
  /// these, so that what is made of weights alone stands where it is used.
  func rows() -> [Int] {
    var rows = Array(repeating: 0, count: operands.count)
    for item in items { rows[item] = (operands[item].map { rows[$0] }.max() ?? -1) + 1 }
    for item in items.reversed() where operands[item].count <= readers[item].count {
      if let first = readers[item].map({ rows[$0] }).min() { rows[item] = first - 1 }
    }
    return rows
  }
}

/// Rows of items and lanes that are sorted and moved until edges are short.
private struct Sweeps {
  /// The lanes of each item that has some, from top to bottom.
  private(set) var lanes: [Int: [Int]] = [:]
  private(set) var middles: [Double] = []
  private var rows: [[Int]]
  private var widths: [Double]
  private var above: [[Int]]
  private var below: [[Int]]
  private let itemCount: Int

  init(_ widths: [Double], _ order: DepthOrder, _ place: [Int]) {
    itemCount = widths.count
    self.widths = widths
    above = Array(repeating: [], count: widths.count)
    below = above
    rows = Array(repeating: [], count: (place.max() ?? -1) + 1)
    for item in order.items { rows[place[item]].append(item) }
    for item in order.items {
      let last = order.readers[item].map { place[$0] }.max() ?? 0
      var steps = [item]
      for row in place[item] + 1..<max(last, place[item] + 1) {
        steps.append(addLane(row))
        connect(steps[steps.count - 2], steps[steps.count - 1])
      }
      for reader in order.readers[item] where place[reader] > place[item] {
        connect(steps[place[reader] - place[item] - 1], reader)
      }
      if steps.count > 1 { lanes[item] = Array(steps.dropFirst()) }
    }
  }

  private mutating func addLane(_ row: Int) -> Int {
    widths.append(12)
    above.append([])
    below.append([])
    rows[row].append(widths.count - 1)
    return widths.count - 1
  }

  private mutating func connect(_ upper: Int, _ lower: Int) {
    below[upper].append(lower)
    above[lower].append(upper)
  }

  /// Orders each row by the mean place of its neighbours, downwards and upwards in turns.
  mutating func sort() {
    var places = Array(repeating: 0.0, count: widths.count)
    func note(_ row: [Int]) {
      for (place, item) in row.enumerated() { places[item] = Double(place) }
    }
    rows.forEach(note)
    for turn in 0..<10 {
      let (neighbours, isDown) = turn.isMultiple(of: 2) ? (above, true) : (below, false)
      for row in isDown ? Array(rows.indices) : rows.indices.reversed() {
        let keys = rows[row].map { mean(neighbours[$0].map { places[$0] }) ?? places[$0] }
        rows[row] = zip(keys, rows[row]).enumerated()
          .sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
        note(rows[row])
      }
    }
  }

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Moves all towards the mean of their neighbours, as far as the order allows; then each lane to
  /// its outermost place, which makes it straight.
  mutating func place(_ gap: Double) {
    middles = Array(repeating: 0, count: widths.count)
    for row in rows.indices { settle(row, gap, rows[row].map { _ in 0 }) }
    for turn in 0..<24 {
      let isDown = turn.isMultiple(of: 2)
      for row in isDown ? Array(rows.indices) : rows.indices.reversed() {
        let wishes = rows[row].map { item in
          wish(item, turn < 16 ? (isDown ? above : below)[item] : above[item] + below[item])
        }
        settle(row, gap, wishes)
      }
    }
    for _ in 0..<3 {
      var wishes = middles
      for (item, lane) in lanes {
        let places = lane.map { middles[$0] }
        let isRight = places.reduce(0, +) >= middles[item] * Double(places.count)
        for step in lane { wishes[step] = (isRight ? places.max() : places.min()) ?? 0 }
      }
      for row in rows.indices { settle(row, gap, rows[row].map { wishes[$0] }) }
    }
  }

  /// The mean of neighbours; items follow other items rather than lanes, which run beside them.
  private func wish(_ item: Int, _ neighbours: [Int]) -> Double {
    var (sum, weight) = (0.0, 0.0)
    for neighbour in neighbours {
      let share = item < itemCount && neighbour >= itemCount ? 0.02 : 1
      sum += middles[neighbour] * share
      weight += share
    }
    return weight == 0 ? middles[item] : sum / weight
  }

  /// The places of a row with the least sum of squared distances to what is wished.
  ///
  /// With the space that everything needs taken off, they must not fall from left to right: the
  /// regression under that condition joins neighbours into blocks.
  private mutating func settle(_ row: Int, _ gap: Double, _ wishes: [Double]) {
    var blocks: [(sum: Double, weight: Double, count: Int)] = []
    var offsets: [Double] = []
    for (place, item) in rows[row].enumerated() {
      let space = place == 0 ? 0 : (widths[rows[row][place - 1]] + widths[item]) / 2 + gap
      offsets.append((offsets.last ?? 0) + space)
      let weight = item < itemCount ? 1.0 : 0.02
      blocks.append(((wishes[place] - offsets[place]) * weight, weight, 1))
      while blocks.count > 1 {
        let (a, b) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
        if a.sum / a.weight <= b.sum / b.weight { break }
        blocks.removeLast(2)
        blocks.append((a.sum + b.sum, a.weight + b.weight, a.count + b.count))
      }
    }
    var place = 0
    for block in blocks {
      for _ in 0..<block.count {
        middles[rows[row][place]] = block.sum / block.weight + offsets[place]
        place += 1
      }
    }
  }
}
