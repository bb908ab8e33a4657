import ApusIR
import ApusLoops
import CApusVM
import Testing

@testable import ApusBytecode

@Suite struct VerifierTests {
  static func copy(
    from index: Index = Index(0), to target: BufferID = b, extent: Int = 4
  ) -> Program {
    program(
      inputs: [TensorType(.f32, [64])], outputs: [TensorType(.f32, [64])],
      others: [Buffer(name: "t", element: .f32, count: 64, storage: .arena(offset: 0))],
      arena: 256,
      [
        .loop(
          .serial, i, extent: Dimension(extent),
          [
            .store(
              Access(target, Index(i) * 16), .load(Access(a, Index(i) * 16 + index)), lanes: 16)
          ])
      ])
  }

  func status(_ program: Program) throws -> String {
    do {
      _ = try Session(Bytecode.encode(program))
      return "fine"
    } catch { return error.diagnostics.first?.message ?? "" }
  }

  @Test func accessesAreInBounds() throws {
    #expect(try status(Self.copy()) == "fine")
    #expect(try status(Self.copy(from: Index(1))).contains("outside"))
    #expect(try status(Self.copy(from: Index(-1))).contains("outside"))
    #expect(try status(Self.copy(extent: 5)).contains("outside"))
    #expect(try status(Self.copy(from: Index(.max))).contains("outside"))
    #expect(try status(Self.copy(extent: .max)).contains("limit"))
  }

  @Test func writesAndReads() throws {
    #expect(try status(Self.copy(to: a)).contains("read-only"))
    // Output b is never written.
    #expect(try status(Self.copy(to: c)).contains("before it is written"))
    var unset = Self.copy()
    unset.kernels[0].body = [.store(Access(b, Index(0)), .load(Access(c, Index(0))), lanes: 64)]
    #expect(try status(unset).contains("before it is written"))
    unset = Self.copy()
    unset.arenaBytes = 64
    #expect(try status(unset).contains("buffer table"))
  }

  @Test func truncatedAndFlipped() throws {
    let file = try Bytecode.encode(Self.copy())
    for count in 0..<file.count {
      #expect(throws: DiagnosticError.self) { try Session(Array(file[0..<count])) }
    }
    #expect(throws: DiagnosticError.self) { try Session(file + [0]) }
    for bit in 0..<file.count * 8 {
      var flipped = file
      flipped[bit / 8] ^= 1 << (bit % 8)
      // The minor version may grow, but the checksum covers it.
      #expect(throws: DiagnosticError.self) { try Session(flipped) }
    }
  }

  /// What the verifier lets through must run clean.
  @Test func mutationsWithRightChecksum() throws {
    let file = try Bytecode.encode(Self.copy())
    var random = SystemRandomNumberGenerator()
    let input = f32([64]) { Float($0) }
    for round in 0..<20_000 {
      var mutated = file
      for _ in 0...round % 3 {
        let place = Int.random(in: 32..<file.count, using: &random)
        mutated[place] ^= UInt8.random(in: 1...255, using: &random)
      }
      mutated.replaceSubrange(
        24..<32, with: withUnsafeBytes(of: Bytecode.checksum(mutated)) { Array($0) })
      let session: Session
      do {
        session = try Session(mutated, memoryLimit: 1 << 24, workLimit: 1 << 20)
      } catch { continue }
      if session.interface.inputs.map(\.type) == [input.type] { _ = try session.run([input]) }
    }
  }

  @Test func tablesAgree() {
    for (place, name) in ["LOOP", "WITHIN", "LOOPTO", "END", "AFFINE"].enumerated() {
      #expect(String(cString: apus_opcode_name(UInt32(place))) == name)
    }
    #expect(UnaryFunction.allCases.count == Int(APUS_U_COUNT.rawValue))
    #expect(BinaryFunction.allCases.count == Int(APUS_B_COUNT.rawValue))
    #expect(Comparison.allCases.count == Int(APUS_C_COUNT.rawValue))
    #expect(UnaryFunction.sigmoid.number == APUS_U_sigmoid.rawValue)
    #expect(BinaryFunction.shiftRight.number == APUS_B_shr.rawValue)
  }
}
