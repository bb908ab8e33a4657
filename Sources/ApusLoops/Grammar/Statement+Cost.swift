internal import ApusIR

extension Statement {
  /// A rough number of cycles of a machine with wide vectors; sizes that are not known count as
  /// large.
  public var cycles: Double {
    switch self {
    case .loop(_, _, let extent, let body):
      Double(extent.constant ?? 1 << 20) * body.reduce(1) { $0 + $1.cycles }
    case .within(_, _, _, let body): body.reduce(1) { $0 + $1.cycles }
    case .bind: 1
    case .set(let register, let value): value.cycles * Statement.vectors(register.lanes)
    case .store(_, let value, let lanes): 1 + value.cycles * Statement.vectors(lanes)
    case .tile(let tile):
      Double(tile.rows) * Statement.vectors(tile.columns)
        * tile.reduction.reduce(0.5) { $0 * Double($1.extent) }
    case .window(let window):
      Double(window.output.offsets.count * window.taps.count) * Statement.vectors(window.channels)
    }
  }

  /// How many products are added to sums; sizes that are not known count as large.
  public var multiplyAdds: Double { multiplyAdds(\.products.neighbours) }

  /// The same where the products that one lane adds at once count once.
  public var multiplySteps: Double { multiplyAdds { _ in 1 } }

  private func multiplyAdds(_ atOnce: (TileMultiply) -> Int) -> Double {
    switch self {
    case .loop(_, _, let extent, let body):
      Double(extent.constant ?? 1 << 20) * body.reduce(0) { $0 + $1.multiplyAdds(atOnce) }
    case .within(_, _, _, let body): body.reduce(0) { $0 + $1.multiplyAdds(atOnce) }
    case .bind: 0
    case .set(let register, let value): value.multiplyAdds * Double(register.lanes)
    case .store(_, let value, let lanes): value.multiplyAdds * Double(lanes)
    case .tile(let tile):
      Double(tile.rows * tile.storedColumns * atOnce(tile))
        * tile.reduction.reduce(1) { $0 * Double($1.extent) }
    case .window(let window):
      Double(window.output.offsets.count * window.taps.count * window.channels)
    }
  }

  private static func vectors(_ lanes: Int) -> Double { Double((lanes + 15) / 16) }
}

extension Expression {
  /// Products that are added to something, for each lane.
  fileprivate var multiplyAdds: Double {
    switch self {
    case .load, .register, .literal, .index, .across: 0
    case .unary(_, let a), .convert(let a, _), .reinterpret(let a, from: _, to: _): a.multiplyAdds
    case .binary(_, let a, let b), .compare(_, let a, let b): a.multiplyAdds + b.multiplyAdds
    case .select(let a, let b, let c): a.multiplyAdds + b.multiplyAdds + c.multiplyAdds
    case .fused(let a, let b, let c): 1 + a.multiplyAdds + b.multiplyAdds + c.multiplyAdds
    }
  }

  /// Cycles for one vector of results.
  fileprivate var cycles: Double {
    switch self {
    case .load: 1
    case .register, .literal, .index: 0
    case .across: 8
    case .unary(_, let a): 8 + a.cycles
    case .convert(let a, _), .reinterpret(let a, from: _, to: _): 1 + a.cycles
    case .binary(_, let a, let b), .compare(_, let a, let b): 1 + a.cycles + b.cycles
    case .select(let a, let b, let c), .fused(let a, let b, let c):
      1 + a.cycles + b.cycles + c.cycles
    }
  }
}
