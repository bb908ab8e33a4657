public import ApusIR

/// Finds the bytes of a constant that the text names only by its digest.
public typealias ConstantDataResolver = (_ digest: UInt64, _ byteCount: Int) -> ConstantData?

extension Program {
  /// Reads the text form that `text` prints; printing the result gives the same text again.
  ///
  /// Checks the form and that buffers and registers exist, not that accesses stay in bounds.
  /// - Throws: `DiagnosticError` with the place of the first mistake.
  public init(
    parsing text: String, file: String? = nil,
    constants: ConstantDataResolver = { _, _ in nil }
  ) throws(DiagnosticError) {
    guard text.utf8.count <= 1 << 28 else {
      throw DiagnosticError(
        Diagnostic(
          .limitExceeded, id: "text-too-large", "the text is larger than 256 MiB", file: file))
    }
    var parser = ProgramParser(TextScanner(text, file: file, deepestNesting: 128))
    try parser.parse(constants)
    self = parser.program
  }
}

/// Reads one program.
struct ProgramParser {
  private(set) var program = Program(name: "")
  var scanner: TextScanner
  /// The registers of the kernel that is being read.
  var registers: [Int: Register] = [:]

  init(_ scanner: TextScanner) { self.scanner = scanner }

  mutating func parse(_ resolve: ConstantDataResolver) throws(DiagnosticError) {
    guard scanner.accept(word: "program") else { throw scanner.failure("'program' expected") }
    try scanner.expect("@", "before the name of the program")
    program.name = try scanner.name("name of the program")
    try scanner.expect("{")
    try scanner.expect("arena")
    program.arenaBytes = try scanner.integer()
    try scanner.expect("live")
    program.liveBytes = try scanner.integer()
    while scanner.accept(word: "symbol") { try symbol() }
    while scanner.isNext("b") { try buffer(resolve) }
    while scanner.accept(word: "input") { program.inputs.append(try port()) }
    while scanner.accept(word: "output") { program.outputs.append(try port()) }
    if scanner.accept(word: "strings") {
      program.pool = StringPool(constants: try bufferID(), room: try bufferID())
    }
    while scanner.accept(word: "kernel") { program.kernels.append(try kernel()) }
    program.steps = program.kernels.indices.map { .run($0) }
    if scanner.accept(word: "steps") { program.steps = try steps() }
    try scanner.expect("}", "after the kernels")
    scanner.skipSpace()
    guard scanner.current == nil else {
      throw scanner.failure("unexpected text after the program")
    }
  }

  private mutating func symbol() throws(DiagnosticError) {
    let name = try scanner.name("symbol")
    try scanner.expect("in", "after a symbol")
    let lower = try scanner.integer()
    try scanner.expect("..", "after the least value of a symbol")
    scanner.skipSpace()
    let upper = scanner.current?.isDigit ?? false ? try scanner.integer() : nil
    program.symbols.append(SymbolBounds(name: name, lower: lower, upper: upper))
  }

  private mutating func buffer(_ resolve: ConstantDataResolver) throws(DiagnosticError) {
    let place = scanner.offset
    guard try number(after: "b") == program.buffers.count else {
      throw scanner.failure("buffer b\(program.buffers.count) expected", at: place)
    }
    let name = scanner.isNext("\"") ? try scanner.quotedString() : ""
    try scanner.expect(":", "before the elements of a buffer")
    let element = try scanner.elementType()
    try scanner.expect("[")
    let count = try scanner.integer()
    try scanner.expect("]")
    guard count >= 0, let bytes = element.memoryBytes(of: count) else {
      throw scanner.failure("no such number of elements", id: "buffer-size", at: place)
    }
    let storage = try storage(bytes, resolve)
    program.buffers.append(Buffer(name: name, element: element, count: count, storage: storage))
  }

  private mutating func storage(
    _ byteCount: Int, _ resolve: ConstantDataResolver
  ) throws(DiagnosticError) -> Buffer.Storage {
    if scanner.accept(word: "input") { return .input }
    if scanner.accept(word: "output") { return .output }
    if scanner.accept(word: "arena") { return .arena(offset: try scanner.integer()) }
    guard scanner.accept(word: "constant") else {
      throw scanner.failure("'input', 'output', 'arena' or 'constant' expected")
    }
    let place = scanner.offset
    if scanner.accept("0x") {
      let bytes = try scanner.hexadecimalBytes()
      guard bytes.count == byteCount else {
        throw scanner.failure("\(byteCount) bytes expected", id: "constant-size", at: place)
      }
      return .constant(ConstantData(byteCount: byteCount) { $0.copyBytes(from: bytes) })
    }
    try scanner.expect("#")
    guard let digits = scanner.word(), let digest = UInt64(digits, radix: 16) else {
      throw scanner.failure("hexadecimal digits expected", at: place)
    }
    guard let data = resolve(digest, byteCount), data.byteCount == byteCount,
      data.tensor?.digest == digest
    else {
      throw scanner.failure(
        "the bytes of this constant are not at hand", id: "constant-unresolved", at: place)
    }
    return .constant(data)
  }

  private mutating func port() throws(DiagnosticError) -> Port {
    let name = try scanner.quotedString()
    try scanner.expect(":", "before a type")
    let type = try scanner.tensorType()
    try scanner.expect("=", "before a buffer")
    return Port(name: name, type: type, buffer: try bufferID())
  }

  private mutating func kernel() throws(DiagnosticError) -> Kernel {
    try scanner.expect("@", "before the name of a kernel")
    let name = try scanner.name("name of a kernel")
    var origins: [String] = []
    if scanner.accept("@") {
      repeat { origins.append(try scanner.quotedString()) } while scanner.accept(",")
    }
    registers = [:]
    return Kernel(name: name, origins: origins, body: try body())
  }

  // MARK: Numbered names

  /// The number of a name such as `b3`.
  mutating func number(after letter: String) throws(DiagnosticError) -> Int {
    guard scanner.accept(letter), scanner.current?.isDigit ?? false else {
      throw scanner.failure("'\(letter)' and a number expected")
    }
    return try scanner.integer()
  }

  mutating func bufferID() throws(DiagnosticError) -> BufferID {
    scanner.skipSpace()
    let place = scanner.offset
    let number = try number(after: "b")
    guard number < program.buffers.count else {
      throw scanner.failure("buffer b\(number) does not exist", id: "undefined-buffer", at: place)
    }
    return BufferID(number)
  }
}
