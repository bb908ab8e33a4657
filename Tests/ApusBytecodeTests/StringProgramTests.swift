import ApusIR
import ApusLoops
import CApusVM
import Testing

@testable import ApusBytecode

/// Programs of strings whose elements, tables or pool are not what a compiler writes.
@Suite struct StringProgramTests {
  private static let strings = TensorType(.string, [4])

  /// Inputs x: string[4]; outputs y: string[4]; constants of elements and of the pool.
  private static func copy(
    of elements: [UInt64], pool: [UInt8] = Array("\0abc\0".utf8),
    _ value: (Expression) -> Expression = { $0 }, result: TensorType = strings
  ) -> Program {
    var text = program(
      inputs: [strings], outputs: [result],
      others: [
        constant("elements", .string, elements), constant("strings", .u8, pool),
        Buffer(name: "room", element: .u8, count: 64, storage: .arena(offset: 0)),
      ], arena: 64,
      [.store(Access(b, Index(0)), value(.load(Access(c, Index(0)))), lanes: 4)])
    text.pool = StringPool(constants: BufferID(3), room: BufferID(4))
    return text
  }

  private static func constant<Element: BitwiseCopyable>(
    _ name: String, _ element: ElementType, _ values: [Element]
  ) -> Buffer {
    let bytes = values.withUnsafeBytes { Array($0) }
    return Buffer(
      name: name, element: element, count: values.count,
      storage: .constant(ConstantData(byteCount: bytes.count) { $0.copyBytes(from: bytes) }))
  }

  private static func element(_ place: UInt64, _ length: UInt64) -> UInt64 { length << 32 | place }

  private let input = TensorData(strings: [[120], [], [121, 122], [120]], [4])

  private func strings(_ program: Program) throws -> [String] {
    let output = try Session(Bytecode.encode(program)).run([input])[0]
    return output.strings.map { String(decoding: $0, as: UTF8.self) }
  }

  private func refusal(_ program: Program) throws -> String {
    do {
      _ = try Session(Bytecode.encode(program))
      return "fine"
    } catch { return error.diagnostics.first?.message ?? "" }
  }

  @Test func elementsOutsideAreEmpty() throws {
    let e = Self.element
    let ends = Self.copy(of: [e(1, 3), e(1, 4), e(5, 0), e(6, 1)])
    #expect(try strings(ends) == ["abc", "", "", ""])
    let far = Self.copy(of: [e(4, 1), .max, e(0xffff_ffff, 1), e(1, 0xffff_ffff)])
    #expect(try strings(far) == ["", "", "", ""])
    // A part of a string is copied, because no zero follows.
    #expect(try strings(Self.copy(of: [e(1, 2), e(2, 1), e(2, 2), 0])) == ["ab", "b", "bc", ""])
  }

  @Test func inputsAreReadAndGivenBack() throws {
    var program = Self.copy(of: [0, 0, 0, 0])
    program.kernels[0].body = [.store(Access(b, Index(0)), .load(Access(a, Index(0))), lanes: 4)]
    #expect(try strings(program) == ["x", "", "yz", "x"])
  }

  @Test func wantOfRoomIsTold() throws {
    var program = Self.copy(of: [0, 0, 0, 0])
    program.kernels[0].body = [.store(Access(b, Index(0)), .load(Access(a, Index(0))), lanes: 4)]
    program.buffers[4].count = 6
    #expect { try strings(program) } throws: { error in
      (error as? DiagnosticError)?.diagnostics.first?.id == "string-room"
    }
    program.buffers[4].count = 7
    #expect(try strings(program) == ["x", "", "yz", "x"])
  }

  @Test func tablesOutsideRefuse() throws {
    let kinds = [UInt8](repeating: 0, count: 256)
    let tables: [([UInt8], Bool)] = [
      ([1, 0, 1, 0] + kinds + [1, 0, 0], true), ([1, 0, 1, 0] + kinds + [1, 1, 0], false),
      ([1, 0, 1, 0] + kinds + [1, 0xff, 0xff], false), ([1, 0, 1, 0] + kinds + [1, 0], false),
      ([2, 0, 1, 0] + kinds + [1, 0, 0], false), ([1, 0, 0, 0] + kinds + [1], false),
      ([0xff, 0xff, 0xff, 0xff] + kinds, false), ([0, 0, 0, 0] + kinds, false), ([], false),
    ]
    for (table, want) in tables {
      let text = Self.element(1, 3)
      let place = Self.element(5, UInt64(table.count))
      let program = Self.copy(
        of: [place, place, place, place], pool: Array("\0abc\0".utf8) + table + [0],
        { .binary(.matches, .load(Access(BufferID(5), Index(0))), $0) },
        result: TensorType(.bool, [4]))
      var whole = program
      whole.buffers.append(Self.constant("texts", .string, [text, text, text, text]))
      let output = try Session(Bytecode.encode(whole)).run([input])[0]
      #expect(output.elements(as: UInt8.self) == [UInt8](repeating: want ? 1 : 0, count: 4))
    }
  }

  @Test func refusesAPoolThatIsNone() throws {
    let good = Self.copy(of: [0, 0, 0, 0])
    #expect(try refusal(good) == "fine")
    var bad = good
    bad.pool = nil
    #expect(try refusal(bad).contains("buffer table"))
    for (constants, room) in [(4, 4), (3, 3), (2, 4), (0, 4), (3, 0), (9, 4)] {
      bad = good
      bad.pool = StringPool(constants: BufferID(constants), room: BufferID(room))
      #expect(try refusal(bad) != "fine")
    }
    #expect(try refusal(Self.copy(of: [0, 0, 0, 0], pool: Array("abc".utf8))) != "fine")
    bad = good
    bad.buffers.append(Buffer(name: "t", element: .u8, count: 8, storage: .arena(offset: 0)))
    #expect(try refusal(bad).contains("buffer table"))
  }

  @Test func refusesCodeThatMistakesPointers() throws {
    var bad = Self.copy(of: [0, 0, 0, 0])
    bad.kernels[0].body.append(
      .store(Access(b, Index(0)), .load(Access(b, Index(0))), lanes: 4))
    #expect(try refusal(bad).contains("instruction"))
    bad = Self.copy(of: [0, 0, 0, 0])
    bad.buffers[0].element = .i64
    #expect(try refusal(bad).contains("interface"))
    bad = Self.copy(of: [0, 0, 0, 0])
    bad.kernels[0].body.append(
      .store(Access(BufferID(4), Index(0)), .literal(.integer(1), .i32), lanes: 1))
    #expect(try refusal(bad).contains("read-only"))
    for function in [BinaryFunction.add, .min, .xor] {
      let sum = Self.copy(of: [0, 0, 0, 0], { .binary(function, $0, $0) })
      #expect(try refusal(sum).contains("instruction"))
    }
  }
}
