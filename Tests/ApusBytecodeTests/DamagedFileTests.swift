import ApusIR
import ApusLoops
import CApusVM
import Testing

@testable import ApusBytecode

/// One field of a good file set to something that must be refused, and what the refusal says.
struct Damage: Sendable, CustomTestStringConvertible {
  let name: String
  let refusal: String
  /// Whether length and checksum are made right again.
  var sealed = true
  let apply: @Sendable (inout SampleFile) -> Void

  var testDescription: String { name }

  init(
    _ name: String, _ refusal: String, sealed: Bool = true,
    _ apply: @escaping @Sendable (inout SampleFile) -> Void
  ) {
    (self.name, self.refusal, self.sealed, self.apply) = (name, refusal, sealed, apply)
  }
}

/// Where fields lie; the file is that of `SampleFile.varied`.
private let table = 64
private let (arenaBytes, slots) = (32, 40)

private func opcode(_ name: apus_opcode, _ file: SampleFile) -> Int {
  file.places(of: name.rawValue)[0]
}

private func entry(_ section: SampleFile.Section) -> Int { table + 32 * (section.rawValue - 1) }

private let layout: [Damage] = [
  Damage("wrong magic", "not an .apb file") { $0.bytes[0] ^= 1 },
  Damage("other major version", "major version") { $0.bytes[8] = 2 },
  Damage("big-endian version", "major version") { $0.bytes.swapAt(8, 9) },
  Damage("flags", "section table") { $0[word: 12] = 1 },
  Damage("reserved header", "section table") { $0[wide: 56] = 1 },
  Damage("length without its bytes", "cut short", sealed: false) { $0[wide: 16] += 64 },
  Damage("cut at a slot", "section table") { $0.bytes.removeLast(64) },
  Damage("trailing byte", "cut short", sealed: false) { $0.bytes.append(0) },
  Damage("trailing zeros", "cut short") { $0.bytes += [UInt8](repeating: 0, count: 64) },
  Damage("checksum of another file", "checksum", sealed: false) { $0[wide: 24] = 1 },
  Damage("sections overlap", "section table") { $0[wide: entry(.code) + 8] -= 64 },
  Damage("hole between sections", "section table") { $0[wide: entry(.code) + 8] += 64 },
  Damage("sections out of order", "section table") { file in
    for place in 0..<32 { file.bytes.swapAt(entry(.code) + place, entry(.constants) + place) }
  },
  Damage("section twice", "section table") { $0[word: entry(.code)] = 3 },
  Damage("section beyond the end", "section table") { $0[wide: entry(.strings) + 16] = 1 << 20 },
  Damage("section that wraps", "section table") { $0[wide: entry(.code) + 16] = .max - 63 },
  Damage("offset that wraps", "section table") { $0[wide: entry(.code) + 8] = .max - 63 },
  Damage("reserved word of a section", "section table") { $0[wide: entry(.code) + 24] = 1 },
  Damage("flag of a section", "section table") { $0[word: entry(.code) + 4] = 2 },
  Damage("section missing", "section table") { $0[word: entry(.strings)] = 7 },
  Damage("gap that is not zero", "section table") { $0.bytes[$0.start(.code) - 1] = 1 },
  Damage("arena of 2^60 bytes", "limit") { $0[wide: arenaBytes] = 1 << 60 },
  Damage("2^32 - 1 slots", "limit") { $0[word: slots] = .max },
]

private let tables: [Damage] = [
  Damage("port names no buffer", "interface") { $0[word: $0.start(.ports) + 8] = 6 },
  Damage("port of rank 9", "interface") { $0[word: $0.start(.ports) + 12] = 9 },
  Damage("port larger than its buffer", "interface") { $0[wide: $0.start(.ports) + 24] = 65 },
  Damage("extents that wrap", "interface") { file in
    file[word: file.start(.ports) + 12] = 2
    file[wide: file.start(.ports) + 24] = 1 << 62
    file[wide: file.start(.ports) + 32] = 4
  },
  Damage("name beyond the strings", "interface") { $0[word: $0.start(.ports) + 20] = .max },
  Damage("output before an input", "interface") { $0[word: $0.start(.ports)] = 1 },
  Damage("unknown element type", "interface") { $0[word: $0.start(.buffers) + 4] = 8 },
  Damage("unknown storage", "buffer table") { $0[word: $0.start(.buffers) + 32 * 5] = 4 },
  Damage("reserved word of a buffer", "buffer table") { $0[wide: $0.start(.buffers) + 24] = 1 },
  Damage("view past the arena", "buffer table") { $0[wide: $0.start(.buffers) + 32 * 5 + 8] = 81 },
  Damage("arena offset past the end", "buffer table") {
    $0[wide: $0.start(.buffers) + 32 * 5 + 16] = 320
  },
  Damage("misaligned view", "buffer table") { file in
    file[wide: file.start(.buffers) + 32 * 5 + 8] = 1
    file[wide: file.start(.buffers) + 32 * 5 + 16] = 4
  },
  Damage("constant past its section", "buffer table") {
    $0[wide: $0.start(.buffers) + 32 * 4 + 8] = 1 << 20
  },
  Damage("second, larger view of an input", "buffer table") { file in
    file[word: file.start(.buffers) + 32 * 5] = 0
    file[wide: file.start(.buffers) + 32 * 5 + 8] = 1 << 30
  },
  Damage("second, larger view of an output", "buffer table") { file in
    file[word: file.start(.buffers) + 32 * 5] = 1
    file[wide: file.start(.buffers) + 32 * 5 + 8] = 1 << 30
  },
  Damage("kernel name beyond the strings", "section table") {
    $0[word: $0.start(.kernels) + 4] = .max
  },
  Damage("kernel beyond the code", "instruction") { $0[word: $0.start(.kernels) + 44] += 2 },
  Damage("code of no kernel", "instruction") { $0[word: $0.start(.kernels) + 16] = 2 },
]

private let code: [Damage] = [
  Damage("opcode 255", "instruction") { $0[code: 0] = 255 },
  Damage("unknown function", "instruction") { $0[code: opcode(APUS_OP_UNARY, $0)] |= 0xff00 },
  Damage("instruction of no words", "instruction") { $0[code: 1] &= 0xffff },
  Damage("instruction beyond the kernel", "instruction") { $0[code: 1] |= 0xffff_0000 },
  Damage("257 lanes", "instruction") {
    $0[code: opcode(APUS_OP_LOAD, $0)] = APUS_OP_LOAD.rawValue | 257 << 16
  },
  Damage("register = number of slots", "register") {
    $0[code: opcode(APUS_OP_LOAD, $0) + 2] = $0[word: slots]
  },
  Damage("buffer = number of buffers", "instruction") {
    $0[code: opcode(APUS_OP_LOAD, $0) + 3] = 9
  },
  Damage("tile's buffer = number of buffers", "instruction") {
    $0[code: opcode(APUS_OP_TILE, $0) + 13] = 9
  },
  Damage("variable 256", "instruction") { $0[code: 2] = 256 },
  Damage("variable that is not set", "register") { $0[code: opcode(APUS_OP_LOAD, $0) + 9] = 255 },
  Damage("register of another type", "register") {
    $0[code: opcode(APUS_OP_COMPARE, $0) + 1] ^= UInt32(APUS_F32.rawValue ^ APUS_I32.rawValue)
  },
  Damage("tile of whole numbers", "instruction") { $0[code: opcode(APUS_OP_TILE, $0) + 13] = 1 },
  Damage("fetch of reals", "instruction") { $0[code: opcode(APUS_OP_FETCH, $0) + 5] = 0 },
  Damage("register that is not set", "register") { $0[code: opcode(APUS_OP_UNARY, $0) + 3] += 1 },
  Damage("write to a constant", "read-only") { $0[code: $0.places(of: store)[2] + 3] = 4 },
  Damage("write to an input", "read-only") { $0[code: $0.places(of: store)[2] + 3] = 0 },
  Damage("read of the arena before its write", "before it is written") {
    $0[code: opcode(APUS_OP_LOAD, $0) + 3] = 5
  },
  Damage("load outside", "outside") { $0[code: opcode(APUS_OP_LOAD, $0) + 7] = 1 },
  Damage("lane stride that reaches outside", "outside") {
    $0[code: opcode(APUS_OP_LOAD, $0) + 4] = 2
  },
  Damage("tile row outside", "outside") { $0[code: opcode(APUS_OP_TILE, $0) + 25] = 64 },
  Damage("tile of bytes that reads past the last four", "outside") {
    $0[code: opcode(APUS_OP_DOT, $0) + 9] = 8
  },
  Damage("tile of bytes over reals", "instruction") { $0[code: opcode(APUS_OP_DOT, $0) + 13] = 4 },
  Damage("window tap outside", "outside") { $0[code: opcode(APUS_OP_WINDOW, $0) + 8] = 64 },
  Damage("negative trip count", "limit") { $0[code: 4] = 1 << 31 },
  Damage("trip count of 2^62", "limit") { $0[code: 4] = 1 << 30 },
  Damage("loop that is its own body", "instruction") { $0[code: 5] = .max - 5 },
  Damage("loop without a body", "instruction") { $0[code: 5] = 0 },
  Damage("loop that leaves its kernel", "instruction") { $0[code: 5] += 2 },
  Damage("loop that ends inside", "instruction") { $0[code: 5] -= 2 },
  Damage("divisor 0", "instruction") { $0[code: opcode(APUS_OP_QUOTIENT, $0) + 3] = 0 },
  Damage("truth value of 2", "instruction") { file in
    let place = opcode(APUS_OP_LITERAL, file)
    file[code: place + 1] ^= UInt32(APUS_F32.rawValue ^ APUS_BOOL.rawValue)
    file[code: place + 3] = 2
  },
  Damage("literal with more bits than its type", "instruction") {
    $0[code: opcode(APUS_OP_LITERAL, $0) + 4] = 1
  },
]

private let store = APUS_OP_STORE.rawValue

/// Damaged `.apb` files: refused with a reason before anything runs, or harmless.
@Suite struct DamagedFileTests {
  /// All but those that only programs with open sizes have; `OpenProgramTests` looks at these.
  private static let opcodes = (0..<APUS_OP_COUNT.rawValue).filter { opcode in
    ![APUS_OP_LOOPTO, APUS_OP_SIZE, APUS_OP_PRODUCT, APUS_OP_FETCHTO].contains(apus_opcode(opcode))
  }

  private func refusal(_ file: SampleFile) -> Diagnostic? {
    do {
      _ = try Session(file.bytes)
      return nil
    } catch { return error.diagnostics.first }
  }

  /// Runs what loads, on inputs that the file asks for.
  private func runIfAccepted(_ file: SampleFile) throws {
    let session: Session
    do {
      session = try Session(file.bytes, memoryLimit: 1 << 24, workLimit: 1 << 20)
    } catch {
      #expect([.invalidInput, .limitExceeded].contains(error.diagnostics.first?.category))
      return
    }
    let bytes = session.interface.inputs.reduce(0) {
      $0 + ($1.type.shape.elementCount.constant ?? 0)
    }
    guard bytes < 1 << 20 else { return }
    let inputs = try session.interface.inputs.map { port in
      let count = try #require(
        port.type.element.byteCount(of: port.type.shape.elementCount.constant ?? 0))
      return try #require(
        TensorData(port.type, in: TensorBuffer(count: count) { _ in }, range: 0..<count))
    }
    _ = try session.run(inputs)
  }

  @Test func goodFileIsAccepted() throws {
    let file = try SampleFile.varied()
    #expect(refusal(file) == nil)
    try runIfAccepted(file)
    #expect(DamagedFileTests.opcodes.allSatisfy { !file.places(of: $0).isEmpty })
  }

  @Test(arguments: layout + tables + code)
  func isRefused(_ damage: Damage) throws {
    var file = try SampleFile.varied()
    damage.apply(&file)
    if damage.sealed { file.seal() }
    let refusal = try #require(self.refusal(file))
    #expect(refusal.message.contains(damage.refusal), "\(refusal.message) \(refusal.notes)")
    #expect(refusal.category == (damage.refusal == "limit" ? .limitExceeded : .invalidInput))
  }

  /// Bits of the first two words that mean nothing for an opcode.
  @Test(arguments: opcodes)
  func reservedBitsAreZero(_ opcode: UInt32) throws {
    let file = try SampleFile.varied()
    let place = try #require(file.places(of: opcode).first)
    let name = apus_opcode(opcode)
    var unused: [(word: Int, bit: UInt32)] = []
    if ![APUS_OP_UNARY, APUS_OP_BINARY, APUS_OP_COMPARE, APUS_OP_ACROSS].contains(name) {
      unused.append((0, name == APUS_OP_CONVERT ? 9 : 8))
    }
    if opcode <= APUS_OP_FETCH.rawValue || opcode >= APUS_OP_TILE.rawValue || name == APUS_OP_INDEX
    {
      unused += [(0, 16), (1, 0)]
    }
    if name == APUS_OP_LOAD || name == APUS_OP_STORE { unused.append((1, 0)) }
    if name != APUS_OP_CONVERT { unused.append((1, 8)) }
    for (word, bit) in unused {
      var damaged = file
      damaged[code: place + word] ^= 1 << bit
      damaged.seal()
      #expect(refusal(damaged)?.message.contains("instruction") == true)
    }
  }

  @Test func buffersThatOverlapLoseWhatTheyHeld() throws {
    func copy(_ source: BufferID, _ target: BufferID) -> Kernel {
      Kernel(
        name: "copy\(source.number)_\(target.number)", origins: [],
        body: [.store(Access(target, Index(0)), .load(Access(source, Index(0))), lanes: 16)])
    }
    func file(secondAt offset: Int) throws -> SampleFile {
      var program = program(
        inputs: [TensorType(.f32, [16])], outputs: [TensorType(.f32, [16])],
        others: [0, offset].map {
          Buffer(name: "t", element: .f32, count: 16, storage: .arena(offset: $0))
        }, arena: 128, [])
      program.kernels = []
      program.steps = []
      for kernel in [copy(a, c), copy(a, BufferID(3)), copy(c, b)] { program.append(kernel) }
      return try SampleFile(program)
    }
    #expect(refusal(try file(secondAt: 64)) == nil)
    #expect(refusal(try file(secondAt: 0))?.message.contains("before it is written") == true)
  }

  @Test func noInstructions() throws {
    let type = TensorType(.f32, [16])
    let empty = program(inputs: [type], outputs: [], [])
    #expect(refusal(try SampleFile(empty)) == nil)
    let unset = program(inputs: [type], outputs: [type], [])
    #expect(refusal(try SampleFile(unset))?.message.contains("before it is written") == true)
  }

  @Test func blocksNest32Deep() throws {
    func nested(_ depth: Int) throws -> SampleFile {
      let copy = Statement.store(Access(b, Index(0)), .load(Access(a, Index(0))), lanes: 16)
      let type = TensorType(.f32, [16])
      return try SampleFile(
        program(
          inputs: [type], outputs: [type],
          (0..<depth).reduce([copy]) { [.loop(.serial, IndexVariable($1), extent: 1, $0)] }))
    }
    #expect(refusal(try nested(32)) == nil)
    #expect(refusal(try nested(33))?.message.contains("instruction") == true)
  }

  @Test func windowsCountAsWork() throws {
    let file = try SampleFile.varied()
    let session = try Session(file.bytes)
    // Tile 2 x 4 x 2, window 2 x 4 x 2; loads, stores and functions add to that.
    #expect(session.work > 16 + 16)
    #expect(throws: DiagnosticError.self) { try Session(file.bytes, workLimit: session.work - 1) }
  }

  /// Every single bit, with and without the checksum that belongs to it.
  @Test func everyFlippedBitIsRefusedOrHarmless() throws {
    let file = try SampleFile.varied()
    for bit in 0..<file.bytes.count * 8 {
      var flipped = file
      flipped.bytes[bit / 8] ^= 1 << (bit % 8)
      #expect(refusal(flipped) != nil)
      flipped.seal()
      try runIfAccepted(flipped)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let file = try SampleFile.varied()
    for count in 0..<file.bytes.count {
      var cut = file
      cut.bytes.removeLast(file.bytes.count - count)
      #expect(refusal(cut) != nil)
      guard count >= 64 else { continue }
      cut.seal()
      #expect(refusal(cut) != nil)
    }
  }
}
