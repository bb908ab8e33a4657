internal import ApusIR
internal import ApusLoops
internal import CApusVM

/// The sizes of a program that are not fixed, as formulas over its symbols.
struct SizeTable {
  private let symbols: [SymbolBounds]
  private let program: Program
  private var numbers: [Dimension: Int] = [:]
  private var entries: [UInt32] = []
  private var formulas: [UInt32] = []

  init(_ program: Program) {
    self.program = program
    // Those of the interface come first, in its order.
    let interface = program.inputSymbols + program.outputSymbols
    symbols =
      interface.compactMap { name in program.symbols.first { $0.name == name } }
      + program.symbols.filter { !interface.contains($0.name) }
  }

  /// The number of a size, which may be fixed.
  mutating func number(_ extent: Dimension) -> UInt32 {
    if let known = numbers[extent] { return UInt32(known) }
    let start = formulas.count
    append(extent)
    entries += [UInt32(start), UInt32(formulas.count - start)]
    numbers[extent] = numbers.count
    return UInt32(numbers.count - 1)
  }

  /// The words of the section, given how names are stored.
  mutating func words(_ name: (String) -> [UInt32]) -> [UInt32] {
    let steps = program.steps.flatMap { words(of: $0) }
    var bounds: [UInt32] = []
    for symbol in symbols {
      bounds += name(symbol.name) + wide(symbol.lower) + wide(symbol.upper ?? .max)
    }
    let given = program.inputSymbols.count
    let counts = [
      symbols.count, numbers.count, formulas.count, steps.count, given,
      given + program.outputSymbols.count,
    ]
    return counts.map { UInt32($0) } + bounds + entries + formulas + steps
  }

  // MARK: Formulas

  private mutating func append(_ extent: Dimension) {
    formulas += [0] + wide(extent.offset)
    for term in extent.terms {
      formulas += [0] + wide(term.coefficient)
      for factor in term.factors {
        append(factor)
        formulas.append(3)
      }
      formulas.append(2)
    }
  }

  private mutating func append(_ atom: Dimension.Atom) {
    switch atom {
    case .symbol(let name): formulas += [1, symbol(name)]
    case .quotient(let a, let b): append(a, b, 4)
    case .maximum(let a, let b): append(a, b, 5)
    case .minimum(let a, let b): append(a, b, 6)
    }
  }

  private mutating func append(_ a: Dimension, _ b: Dimension, _ operation: UInt32) {
    append(a)
    append(b)
    formulas.append(operation)
  }

  private func symbol(_ name: String) -> UInt32 {
    guard let number = symbols.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("the program declares symbol \(name)")
    }
    return UInt32(number)
  }

  // MARK: Steps

  private mutating func words(of step: Step) -> [UInt32] {
    switch step {
    case .run(let kernel): return [0, UInt32(kernel)]
    case .read(let name, let access): return [1, symbol(name)] + place(access)
    case .assign(let name, let value): return [2, symbol(name), number(value)]
    case .require(let value): return [3, number(value)]
    case .branch(let access, let yes, let no):
      let ways = [yes, no].map { $0.flatMap { words(of: $0) } }
      return [4] + place(access) + ways.map { UInt32($0.count) } + ways.flatMap(\.self)
    case .repeat(let counter, let limit, let condition, let body):
      let inner = body.flatMap { words(of: $0) }
      return [5, symbol(counter), number(limit)] + (condition.map { place($0) } ?? [.max, 0])
        + [UInt32(inner.count)] + inner
    }
  }

  private mutating func place(_ access: Access) -> [UInt32] {
    [UInt32(access.buffer.number), number(access.index.constant)]
  }

  private func wide(_ value: Int) -> [UInt32] {
    [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
  }
}

/// The formulas of a loaded program, read back.
struct SizeFormulas {
  private let entries: [(start: Int, count: Int)]
  private let words: [UInt32]
  private let symbols: [String]

  /// Formulas over symbols with given names; others are called by their number.
  init(_ program: apus_vm_program, symbols names: [String]) {
    let (symbolCount, sizeCount) = (Int(program.symbol_count), Int(program.size_count))
    symbols = (0..<symbolCount).map { $0 < names.count ? names[$0] : "symbol\($0)" }
    guard let base = program.sizes else {
      (entries, words) = ([], [])
      return
    }
    let table = base + 6 + 6 * symbolCount
    entries = (0..<sizeCount).map { (Int(table[2 * $0]), Int(table[2 * $0 + 1])) }
    words = Array(UnsafeBufferPointer(start: table + 2 * sizeCount, count: Int(base[2])))
  }

  /// The extent that a size stands for.
  func extent(_ size: Int) -> Dimension {
    let (start, count) = entries[size]
    var stack: [Dimension] = []
    var place = start
    while place < start + count {
      switch words[place] {
      case 0:
        let bits = UInt64(words[place + 1]) | UInt64(words[place + 2]) << 32
        stack.append(Dimension(Int(truncatingIfNeeded: bits)))
        place += 2
      case 1:
        stack.append(.symbol(symbols[Int(words[place + 1])]))
        place += 1
      case let operation:
        let b = stack.removeLast()
        let a = stack.removeLast()
        stack.append(SizeFormulas.result(operation, a, b))
      }
      place += 1
    }
    return stack.last ?? 0
  }

  private static func result(_ operation: UInt32, _ a: Dimension, _ b: Dimension) -> Dimension {
    switch operation {
    case 2: a + b
    case 3: a * b
    case 4: a / b
    case 5: .maximum(a, b)
    default: .minimum(a, b)
    }
  }
}
