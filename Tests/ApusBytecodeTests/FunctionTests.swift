import ApusIR
import ApusLoops
import Glibc
import Testing

@testable import ApusBytecode

@Suite struct FunctionTests {
  static let exact: [(UnaryFunction, @Sendable (Double) -> Double)] = [
    (.negate, { -$0 }), (.absolute, { abs($0) }), (.sqrt, { $0.squareRoot() }), (.exp, { exp($0) }),
    (.log, { log($0) }), (.sin, { sin($0) }), (.cos, { cos($0) }), (.tanh, { tanh($0) }),
    (.erf, { erf($0) }), (.sigmoid, { 1 / (1 + exp(-$0)) }), (.reciprocal, { 1 / $0 }),
    (.floor, { floor($0) }), (.ceil, { ceil($0) }), (.round, { rint($0) }), (.atan, { atan($0) }),
  ]

  @Test(arguments: exact.indices)
  func unary(place: Int) throws {
    let (function, exact) = Self.exact[place]
    let program = program(
      inputs: [TensorType(.f32, [200])], outputs: [TensorType(.f32, [200])],
      [.store(Access(b, Index(0)), .unary(function, .load(Access(a, Index(0)))), lanes: 200)])
    let x: [Float] = (0..<200).map { (n: Int) -> Float in Float(n - 100) * 0.0625 }
    let y = try result(program, [TensorData(.f32, [200], x)], as: Float.self)
    for (x, y) in zip(x, y) {
      let want = Float(exact(Double(x)))
      #expect((want.isNaN && y.isNaN) || abs(y - want) <= 4 * want.ulp || y == want)
    }
  }

  @Test(arguments: [
    (BinaryFunction.div, [Int32(0), .min, -3, 0, 2]), (.floorMod, [0, 0, 1, 0, 1]),
    (.truncatedMod, [0, 0, -1, 0, 1]), (.shiftLeft, [7, 0, -28, 0, 20]),
    (.sub, [7, -2_147_483_647, -9, 1, 3]),
  ])
  func wholeNumbers(function: BinaryFunction, want: [Int32]) throws {
    let type = TensorType(.i32, [5])
    let program = program(
      inputs: [type, type], outputs: [type],
      [
        .store(
          Access(c, Index(0)),
          .binary(function, .load(Access(a, Index(0))), .load(Access(b, Index(0)))), lanes: 5)
      ])
    let x = TensorData(.i32, [5], [Int32(7), .min, -7, 0, 5])
    let y = TensorData(.i32, [5], [Int32(0), -1, 2, -1, 2])
    #expect(try result(program, [x, y], as: Int32.self) == want)
  }

  @Test(arguments: [(ElementType.f32, ElementType.i32), (.f16, .u16), (.u8, .f8e5m2), (.i64, .f64)])
  func bitsAreKept(from: ElementType, to: ElementType) throws {
    let program = Self.reinterpret(from: from, to: to)
    let bytes = [UInt8]((0..<from.bitWidth / 8 * 3).map { UInt8($0 * 37 % 251) })
    let buffer = TensorBuffer(count: bytes.count) { $0.copyBytes(from: bytes) }
    let data = try #require(
      TensorData(TensorType(from, [3]), in: buffer, range: 0..<bytes.count))
    let output = try Session(Bytecode.encode(program)).run([data])[0]
    #expect(output.withBytes { Array($0) } == bytes)
  }

  @Test func bitsOfAnotherWidthAreRefused() {
    let program = Self.reinterpret(from: .f32, to: .i64)
    #expect(throws: DiagnosticError.self) { try Session(Bytecode.encode(program)) }
  }

  private static func reinterpret(from: ElementType, to: ElementType) -> Program {
    program(
      inputs: [TensorType(from, [3])], outputs: [TensorType(to, [3])],
      [
        .store(
          Access(b, Index(0)), .reinterpret(.load(Access(a, Index(0))), from: from, to: to),
          lanes: 3)
      ])
  }

  @Test func text() throws {
    let text = try Bytecode.text(Bytecode.encode(VerifierTests.copy()))
    #expect(text.contains("0: loop 0 4 0"))
    #expect(text.contains("  load x16"))
  }
}
