internal import ApusIR

extension Statement {
  /// Loops of less work than this, some 2 µs, are not worth handing out.
  private static let sharedCycles = 8_000.0

  /// Whether the statement is a loop that threads take turns of, where there are threads.
  public var isShared: Bool {
    guard case .loop(.parallel, _, _, _) = self else { return false }
    return cycles >= Statement.sharedCycles
  }

  /// Whether the statement is or has a loop that threads take turns of.
  var hasSharedLoop: Bool {
    if isShared { return true }
    switch self {
    case .loop(_, _, _, let body), .within(_, _, _, let body):
      return body.contains(where: \.hasSharedLoop)
    case .bind, .set, .store, .tile, .window: return false
    }
  }

  /// The statement with loops whose turns run one after the other.
  var inOrder: Statement {
    switch self {
    case .loop(_, let variable, let extent, let body):
      .loop(.serial, variable, extent: extent, body.map(\.inOrder))
    case .within(let variable, let lower, let upper, let body):
      .within(variable, lower: lower, upper: upper, body.map(\.inOrder))
    case .bind, .set, .store, .tile, .window: self
    }
  }
}

extension Kernel {
  /// The statements with all tiles and windows in the opposite order, then the other ones as they
  /// are; `nil` when tiles depend on each other or other statements stand before them.
  var backward: [Statement]? {
    var next = body.reduce(0) { max($0, $1.firstFreeVariable) }
    let products = body.prefix { $0.isProducts }
    guard !products.isEmpty, !body.dropFirst(products.count).contains(where: \.isProducts),
      Set(readBuffers).isDisjoint(with: writtenBuffers)
    else { return nil }
    return products.reversed().map { $0.reversed(&next) } + body.dropFirst(products.count)
  }
}

extension Statement {
  /// Whether the statement consists of tiles and windows that do not read what others wrote.
  fileprivate var isProducts: Bool {
    switch self {
    case .loop(_, _, _, let body), .within(_, _, _, let body): body.allSatisfy(\.isPartOfProducts)
    case .tile(let tile): tile.start != .output
    case .window(let window): window.start != .output
    case .bind, .set, .store: false
    }
  }

  private var isPartOfProducts: Bool { isIndex || isProducts }

  fileprivate var isIndex: Bool {
    if case .bind(_, .affine) = self { return true }
    return false
  }

  /// The first number above those of the variables that the statement declares.
  fileprivate var firstFreeVariable: Int {
    switch self {
    case .loop(_, let variable, _, let body), .within(let variable, _, _, let body):
      body.reduce(variable.number + 1) { max($0, $1.firstFreeVariable) }
    case .bind(let variable, _): variable.number + 1
    case .set, .store, .tile, .window: 0
    }
  }

  /// Products with all turns in the opposite order; `next` is the number of a new variable.
  fileprivate func reversed(_ next: inout Int) -> Statement {
    switch self {
    case .loop(let kind, let variable, let extent, let body):
      let turn = IndexVariable(next)
      next += 1
      let last = Index(extent) + -1
      let place = Statement.bind(variable, .affine(last + Index(turn) * -1))
      return .loop(kind, turn, extent: extent, [place] + body.reversed(&next))
    case .within(let variable, let lower, let upper, let body):
      return .within(variable, lower: lower, upper: upper, body.reversed(&next))
    case .bind, .set, .store, .tile, .window: return self
    }
  }
}

extension [Statement] {
  /// Products in the opposite order, after the indices that they take.
  fileprivate func reversed(_ next: inout Int) -> [Statement] {
    filter(\.isIndex) + filter { !$0.isIndex }.reversed().map { $0.reversed(&next) }
  }
}
