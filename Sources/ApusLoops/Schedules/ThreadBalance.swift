internal import ApusIR

extension TiledMultiply {
  /// At most `most` steps of the first grid axis in a block, so that threads are busy evenly.
  ///
  /// Threads take panels where all steps are one block, and blocks otherwise. Narrow products have
  /// few panels, short ones few blocks; small blocks leave tiles unfilled, and large weights should
  /// not be read often.
  func sharedSteps(atMost most: Int, _ target: Target) -> Int {
    let rows = grid[0]
    // The steps that share a tile.
    let unit = grid.count == 1 ? shape.rows : max(shape.rows / grid[1], 1)
    func filled(_ steps: Int) -> Double {
      Double(steps) / Double((steps + unit - 1) / unit * unit)
    }
    let rest = panels.columns - panels.fullPanels * panels.width
    var best = most
    var most = most
    var share = filled(most)
    if most == rows {
      let serial = rest > 0 ? Double(panels.lastWidth) / Double(panels.width) : 0
      share *= busyShare(parts: panels.fullPanels, serial: serial)
    } else {
      share *= busyShare(parts: rows / most, serial: rows % most > 0 ? 1 : 0)
    }
    let finest = panels.byteCount > target.cacheBytes ? 4 : 32
    if finest == 4 { most = rows }
    for count in 2...finest where rows % count == 0 && rows / count <= most {
      let steps = rows / count
      let found = filled(steps) * busyShare(parts: count, serial: 0)
      if found > share * 1.05 { (best, share) = (steps, found) }
    }
    return best
  }
}

/// The share of the time of two, and of four, threads that is work, on average: equal parts are
/// handed out, then one thread does `serial` parts.
private func busyShare(parts: Int, serial: Double) -> Double {
  let work = Double(parts) + serial
  let shares = [2.0, 4].map { threads in
    work / (threads * ((Double(parts) / threads).rounded(.up) + serial))
  }
  return shares.reduce(0, +) / Double(shares.count)
}
