/// The register tile of a multiply: rows by column vectors.
struct TileShape: Hashable, LosslessStringConvertible {
  var rows: Int
  var vectors: Int

  init(rows: Int, vectors: Int) { (self.rows, self.vectors) = (rows, vectors) }

  /// `14x2` are 14 rows and 2 vectors.
  init?(_ description: String) {
    let parts = description.split(separator: "x").compactMap { Int($0) }
    guard parts.count == 2 else { return nil }
    self.init(rows: parts[0], vectors: parts[1])
  }

  var description: String { "\(rows)x\(vectors)" }

  /// The shapes in the order of their estimated time for `rows` rows, which tiles may not cross.
  ///
  /// A tile of r rows and v vectors takes `r·v/2` cycles per step for its multiply-adds and
  /// `(r + v)/2` for its loads, but at least the latency of one multiply-add; sums, one vector of
  /// the right operand each and one broadcast must fit the registers.
  /// Rows that lie a multiple of 4 KiB apart fall into one set of the first-level cache, so that
  /// no more than eight of them stay there.
  static func candidates(
    rows: Int, columns: Int, depth: Int, rowStride: Int, target: Target
  ) -> [TileShape] {
    let tallest = rowStride % 1024 == 0 ? min(8, target.tileRows) : target.tileRows
    // One row needs twice the vectors, so that sums do not wait for each other.
    let isAlone = rows == 1 && target.tileLanes > 1 && target.vectorLength == .fixed
    let widest = target.tileVectors * (isAlone ? 2 : 1)
    var candidates: [(shape: TileShape, cost: Double)] = []
    for vectors in 1...widest {
      let most = max(1, (target.registers - 2 - vectors) / vectors)
      for height in 1...max(1, min(rows, most, tallest))
      where height * vectors + vectors < target.registers {
        let shape = TileShape(rows: height, vectors: vectors)
        let cost = shape.cost(rows: rows, columns: columns, depth: depth, target: target)
        candidates.append((shape, cost))
      }
    }
    return candidates.enumerated().sorted { a, b in
      (a.element.cost, a.offset) < (b.element.cost, b.offset)
    }.map(\.element.shape)
  }

  /// Estimated cycles for all tiles.
  func cost(rows total: Int, columns: Int, depth: Int, target: Target) -> Double {
    let width = vectors * target.tileLanes
    let restVectors = (columns % width + target.tileLanes - 1) / target.tileLanes
    func column(_ height: Int) -> Double {
      let full = Double(columns / width) * cycles(height, vectors, depth)
      return full + (restVectors > 0 ? cycles(height, restVectors, depth) : 0)
    }
    let rest = total % rows
    return Double(total / rows) * column(rows) + (rest > 0 ? column(rest) : 0)
  }

  private func cycles(_ height: Int, _ width: Int, _ depth: Int) -> Double {
    let multiplies = Double(height * width) / 2
    let loads = Double(height + width) / 2
    return Double(depth) * max(multiplies, loads, 4) + Double(8 + 2 * height * width)
  }
}
