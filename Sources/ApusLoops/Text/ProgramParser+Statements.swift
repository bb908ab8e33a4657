internal import ApusIR

extension ProgramParser {
  /// `{ statements }`.
  mutating func body() throws(DiagnosticError) -> [Statement] {
    try scanner.expect("{")
    try scanner.enter()
    var statements: [Statement] = []
    while !scanner.accept("}") { statements.append(try statement()) }
    scanner.leave()
    return statements
  }

  private mutating func statement() throws(DiagnosticError) -> Statement {
    if scanner.accept(word: "serial") { return try loop(.serial) }
    if scanner.accept(word: "parallel") { return try loop(.parallel) }
    if scanner.accept(word: "within") { return try within() }
    if scanner.accept(word: "tile") { return .tile(try tile()) }
    if scanner.accept(word: "window") { return .window(try window()) }
    if scanner.isNext("i") {
      let variable = IndexVariable(try number(after: "i"))
      try scanner.expect("=", "after an index")
      return .bind(variable, try indexOperation())
    }
    if scanner.isNext("r") { return try set() }
    guard scanner.isNext("b") else { throw scanner.failure("statement or '}' expected") }
    let access = try access()
    let lanes = scanner.accept("x") ? try scanner.integer() : 1
    try scanner.expect("=", "after the place of a store")
    return .store(access, try expression(), lanes: lanes)
  }

  private mutating func loop(_ kind: LoopKind) throws(DiagnosticError) -> Statement {
    let variable = IndexVariable(try number(after: "i"))
    try scanner.expect("in 0..<", "after the counter of a loop")
    let extent = try scanner.dimension()
    return .loop(kind, variable, extent: extent, try body())
  }

  private mutating func within() throws(DiagnosticError) -> Statement {
    let lower = try scanner.dimension()
    try scanner.expect("<=")
    let variable = IndexVariable(try number(after: "i"))
    try scanner.expect("<")
    let upper = try scanner.dimension()
    return .within(variable, lower: lower, upper: upper, try body())
  }

  private mutating func set() throws(DiagnosticError) -> Statement {
    let number = try number(after: "r")
    try scanner.expect(":", "before the type of a register")
    scanner.skipSpace()
    let place = scanner.offset
    let parts = (scanner.word() ?? "").split(separator: "x", omittingEmptySubsequences: false)
    let lanes = parts.count == 2 ? Int(parts[1]) ?? 0 : 1
    guard let name = parts.first, let element = ElementType(rawValue: String(name)),
      parts.count <= 2, lanes > 0
    else { throw scanner.failure("element type and lanes expected", at: place) }
    let register = Register(number, element, lanes: lanes)
    try scanner.expect("=", "after the type of a register")
    let value = try expression()
    registers[number] = register
    return .set(register, value)
  }

  // MARK: Target instructions

  private mutating func tile() throws(DiagnosticError) -> TileMultiply {
    let products: TileProducts = scanner.accept(word: "bytes") ? .bytes : .reals
    let (_, columns) = try size()
    let stored = scanner.accept(word: "stored") ? try scanner.integer() : columns
    try scanner.expect("{")
    let a = try rows("a")
    try scanner.expect("b =")
    let b = try access()
    var levels: [TileMultiply.Level] = []
    while scanner.accept(word: "reduce") {
      let extent = try scanner.integer()
      try scanner.expect("a by")
      let aStride = try scanner.integer()
      try scanner.expect("b by")
      levels.append(
        TileMultiply.Level(extent: extent, aStride: aStride, bStride: try scanner.integer()))
    }
    let (start, epilogue, output) = try finish()
    return TileMultiply(
      products, a: a, b: b, columns: columns, storedColumns: stored, reduction: levels,
      start: start,
      output: output, epilogue: epilogue)
  }

  private mutating func window() throws(DiagnosticError) -> WindowMultiply {
    let products: TileProducts = scanner.accept(word: "bytes") ? .bytes : .reals
    let (_, channels) = try size()
    try scanner.expect("{")
    let input = try rows("input")
    try scanner.expect("weights =")
    let weights = try access()
    try scanner.expect("by")
    let stride = try scanner.integer()
    try scanner.expect("taps =")
    let taps = try offsets()
    let (start, epilogue, output) = try finish()
    return WindowMultiply(
      products, input: input, taps: taps, weights: weights, weightStride: stride,
      channels: channels,
      start: start, output: output, epilogue: epilogue)
  }

  /// `8x32`.
  private mutating func size() throws(DiagnosticError) -> (Int, Int) {
    let rows = try scanner.integer()
    try scanner.expect("x")
    return (rows, try scanner.integer())
  }

  private mutating func finish() throws(DiagnosticError) -> (TileStart, TileEpilogue?, TileRows) {
    try scanner.expect("start =")
    let start: TileStart
    if scanner.accept(word: "zero") {
      start = .zero
    } else if scanner.accept(word: "output") {
      start = .output
    } else {
      start = .columns(try access())
    }
    var epilogue: TileEpilogue?
    if scanner.accept("epilogue =") {
      let function = try scanner.pointwise()
      try scanner.expect("of sum", "after the function of an epilogue")
      var operands: [TileRows] = []
      while scanner.accept(",") { operands.append(try rows()) }
      epilogue = TileEpilogue(function, operands: operands)
    }
    let output = try rows("output")
    try scanner.expect("}", "after a target instruction")
    return (start, epilogue, output)
  }

  private mutating func rows(_ name: String) throws(DiagnosticError) -> TileRows {
    try scanner.expect("\(name) =")
    return try rows()
  }

  private mutating func rows() throws(DiagnosticError) -> TileRows {
    let base = try access()
    try scanner.expect("rows")
    return TileRows(base, offsets: try offsets())
  }

  /// `0 by 64 x 4` or `[0, 64, 100]`.
  private mutating func offsets() throws(DiagnosticError) -> [Int] {
    if scanner.accept("[") {
      return try scanner.list(until: "]") {
        (s: inout TextScanner) throws(DiagnosticError) in try s.smallInteger()
      }
    }
    scanner.skipSpace()
    let place = scanner.offset
    let first = try scanner.smallInteger()
    try scanner.expect("by")
    let step = try scanner.smallInteger()
    try scanner.expect("x")
    let count = try scanner.integer()
    guard (0...1 << 16).contains(count) else {
      throw scanner.failure("so many rows", id: "row-limit", at: place, category: .limitExceeded)
    }
    return (0..<count).map { first + $0 * step }
  }
}
