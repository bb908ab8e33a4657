internal import ApusIR

extension ProgramParser {
  /// `{ steps }`.
  mutating func steps() throws(DiagnosticError) -> [Step] {
    try scanner.expect("{")
    try scanner.enter()
    var steps: [Step] = []
    while !scanner.accept("}") { steps.append(try step()) }
    scanner.leave()
    return steps
  }

  private mutating func step() throws(DiagnosticError) -> Step {
    if scanner.accept(word: "run") { return .run(try kernelNumber()) }
    if scanner.accept(word: "require") {
      let value = try scanner.dimension()
      try scanner.expect("= 0", "after what is required")
      return .require(value)
    }
    if scanner.accept(word: "if") {
      let access = try access()
      let yes = try steps()
      guard scanner.accept(word: "else") else { throw scanner.failure("'else' expected") }
      return .branch(access, yes, try steps())
    }
    if scanner.accept(word: "repeat") {
      let counter = try scanner.name("symbol")
      try scanner.expect("in 0..<", "after the counter")
      let limit = try scanner.dimension()
      let condition = scanner.accept(word: "while") ? try access() : nil
      return .repeat(counter, limit: limit, condition: condition, try steps())
    }
    let symbol = try scanner.name("step")
    try scanner.expect("=", "after a symbol")
    guard scanner.accept("(") else { return .read(symbol, try access()) }
    let value = try scanner.dimension()
    try scanner.expect(")", "after an extent")
    return .assign(symbol, value)
  }

  private mutating func kernelNumber() throws(DiagnosticError) -> Int {
    try scanner.expect("@", "before the name of a kernel")
    let place = scanner.offset
    let name = try scanner.name("name of a kernel")
    guard let number = program.kernels.firstIndex(where: { $0.name == name }) else {
      throw scanner.failure(
        "kernel \(name) does not exist", id: "undefined-kernel", at: place)
    }
    return number
  }
}
