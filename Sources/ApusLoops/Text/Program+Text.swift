public import ApusIR

extension Program {
  /// The text form: buffers, interface, then kernels with one statement per line.
  ///
  /// `b0[4*i0..]` are neighbouring elements of buffer 0, one per lane; `b0[4*i0]` is one element
  /// for all lanes, `b0[i0.. by 8]` every eighth.
  public var text: String { text(constants: .digests) }

  /// The text form with as much of the constants as asked for.
  public func text(constants: ConstantText) -> String {
    var printer = ProgramPrinter(constants: constants)
    printer.print(self)
    return printer.output
  }
}

/// Writes a program with indentation.
struct ProgramPrinter {
  let constants: ConstantText
  private(set) var output = ""
  private var depth = 0

  init(constants: ConstantText) { self.constants = constants }

  mutating func line(_ text: String) {
    output += String(repeating: "  ", count: depth) + text + "\n"
  }

  /// A line with `{`, what `body` writes one level deeper, and `}`.
  mutating func block(_ head: String, _ body: (inout ProgramPrinter) -> Void) {
    line(head + " {")
    depth += 1
    body(&self)
    depth -= 1
    line("}")
  }

  mutating func print(_ program: Program) {
    block("program @\(program.name.quotedUnlessPlain)") { printer in
      printer.line("arena \(program.arenaBytes) live \(program.liveBytes)")
      for symbol in program.symbols { printer.line("symbol \(symbol.text)") }
      for (number, buffer) in program.buffers.enumerated() { printer.print(buffer, number) }
      for (port, word) in program.inputs.map({ ($0, "input") })
        + program.outputs.map({ ($0, "output") })
      {
        printer.line("\(word) \(port.name.jsonQuoted) : \(port.type) = b\(port.buffer.number)")
      }
      if let pool = program.pool {
        printer.line("strings b\(pool.constants.number) b\(pool.room.number)")
      }
      for kernel in program.kernels { printer.print(kernel) }
      if !program.isStraight {
        printer.block("steps") { $0.print(program.steps, of: program) }
      }
    }
  }

  private mutating func print(_ buffer: Buffer, _ number: Int) {
    let name = buffer.name.isEmpty ? "" : " \(buffer.name.jsonQuoted)"
    line("b\(number)\(name) : \(buffer.element)[\(buffer.count)] \(buffer.storage.text(constants))")
  }

  private mutating func print(_ kernel: Kernel) {
    let origins = kernel.origins.map(\.jsonQuoted).joined(separator: ", ")
    block("kernel @\(kernel.name.quotedUnlessPlain)\(origins.isEmpty ? "" : "  @ " + origins)") {
      printer in
      printer.print(kernel.body)
    }
  }

  private mutating func print(_ statements: [Statement]) {
    for statement in statements { print(statement) }
  }

  private mutating func print(_ statement: Statement) {
    switch statement {
    case .loop(let kind, let variable, let extent, let body):
      block("\(kind.rawValue) \(variable.text) in 0..<\(extent)") { $0.print(body) }
    case .bind(let variable, let operation): line("\(variable.text) = \(operation.text)")
    case .within(let variable, let lower, let upper, let body):
      block("within \(lower) <= \(variable.text) < \(upper)") { $0.print(body) }
    case .set(let register, let value):
      line("\(register.text): \(register.element)\(register.lanesText) = \(value.text)")
    case .store(let access, let value, let lanes):
      line("\(access.text)\(lanes == 1 ? "" : " x\(lanes)") = \(value.text)")
    case .tile(let tile): print(tile)
    case .window(let window): print(window)
    }
  }
}

extension SymbolBounds {
  /// `N in 1..64`, without the last number when there is none.
  fileprivate var text: String {
    "\(name.quotedUnlessPlain) in \(lower)..\(upper.map(String.init) ?? "")"
  }
}

// MARK: Steps

extension ProgramPrinter {
  fileprivate mutating func print(_ steps: [Step], of program: Program) {
    for step in steps { print(step, of: program) }
  }

  private mutating func print(_ step: Step, of program: Program) {
    switch step {
    case .run(let kernel): line("run @\(program.kernels[kernel].name.quotedUnlessPlain)")
    case .read(let symbol, let access): line("\(symbol.quotedUnlessPlain) = \(access.text)")
    case .assign(let symbol, let value): line("\(symbol.quotedUnlessPlain) = (\(value))")
    case .require(let value): line("require \(value) = 0")
    case .branch(let access, let yes, let no):
      block("if \(access.text)") { $0.print(yes, of: program) }
      block("else") { $0.print(no, of: program) }
    case .repeat(let counter, let limit, let condition, let body):
      let test = condition.map { " while " + $0.text } ?? ""
      block("repeat \(counter.quotedUnlessPlain) in 0..<\(limit)\(test)") {
        $0.print(body, of: program)
      }
    }
  }
}

// MARK: Target instructions

extension ProgramPrinter {
  private mutating func print(_ tile: TileMultiply) {
    let stored = tile.storedColumns == tile.columns ? "" : " stored \(tile.storedColumns)"
    block("tile\(tile.products.text) \(tile.rows)x\(tile.columns)\(stored)") { printer in
      printer.line("a = \(tile.a.text)")
      printer.line("b = \(tile.b.text)")
      for level in tile.reduction {
        printer.line("reduce \(level.extent) a by \(level.aStride) b by \(level.bStride)")
      }
      printer.finish(tile.start, tile.epilogue, tile.output)
    }
  }

  private mutating func print(_ window: WindowMultiply) {
    block("window\(window.products.text) \(window.input.offsets.count)x\(window.channels)") {
      printer in
      printer.line("input = \(window.input.text)")
      printer.line("weights = \(window.weights.text) by \(window.weightStride)")
      printer.line("taps = \(offsetsText(window.taps))")
      printer.finish(window.start, window.epilogue, window.output)
    }
  }

  private mutating func finish(_ start: TileStart, _ epilogue: TileEpilogue?, _ output: TileRows) {
    line("start = \(start.text)")
    if let epilogue {
      let operands = epilogue.operands.map { ", " + $0.text }.joined()
      line("epilogue = \(epilogue.function) of sum\(operands)")
    }
    line("output = \(output.text)")
  }
}

/// `0 by 64 x 4` for offsets at equal distances, the list otherwise.
private func offsetsText(_ offsets: [Int]) -> String {
  if offsets.count >= 3 {
    let (first, step) = (offsets[0], offsets[1] - offsets[0])
    if offsets.indices.allSatisfy({ offsets[$0] == first + $0 * step }) {
      return "\(first) by \(step) x \(offsets.count)"
    }
  }
  return "[\(offsets.map(String.init).joined(separator: ", "))]"
}

extension TileRows {
  fileprivate var text: String { "\(base.text) rows \(offsetsText(offsets))" }
}

extension TileProducts {
  fileprivate var text: String { self == .reals ? "" : " \(rawValue)" }
}

extension TileStart {
  fileprivate var text: String {
    switch self {
    case .zero: "zero"
    case .columns(let access): access.text
    case .output: "output"
    }
  }
}
