import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import ApusTestSupport
import ApusTransforms
import Foundation
import Testing

@testable import ApusDriver

/// Sums become codes without floating point, with the bytes that floats give.
@Suite struct RequantizationTests {
  /// A sum, a factor, and the two bounds of a result.
  static let graph = """
    graph @codes(%x: tensor<COUNTxi32>, %m: tensor<COUNTxf32>) -> (a: tensor<COUNTxu8>, \
    b: tensor<COUNTxi16>, c: tensor<COUNTxi32>) {
      %0 = map %x, %m {f = (a: i32, b: f32) u8(add(i32(round(max(min(mul(f32(a), b), 123.5:f32), \
    -131.0:f32))), 131:i32))} : tensor<COUNTxu8>
      %1 = map %x, %m {f = (a: i32, b: f32) i16(i32(round(max(min(mul(f32(a), b), 32767.0:f32), \
    -32768.0:f32))))} : tensor<COUNTxi16>
      %2 = map %x, %m {f = (a: i32, b: f32) i32(round(mul(f32(a), b)))} : tensor<COUNTxi32>
      return %0, %1, %2
    }

    """

  /// Sums on both sides of all places where a result changes, and where `f32` begins to round.
  private static func sums(_ factor: Float) -> [Int32] {
    var places: [Double] = []
    for code in -140...140 { places.append((Double(code) + 0.5) / Double(factor)) }
    for word in [32_766.5, -32_767.5] { places.append(word / Double(factor)) }
    for power in 20...30 {
      places.append(Double(1 << power))
      places.append(-Double(1 << power))
    }
    var sums: [Int32] = [.min, .max, 0]
    for place in places {
      for offset in -2...2 {
        if let sum = Int32(exactly: place.rounded() + Double(offset)) { sums.append(sum) }
      }
    }
    return sums
  }

  private static let cases: [(sum: Int32, factor: Float)] = {
    var random = SeededRandom(seed: 11)
    let drawn = (0..<48).map { place in
      Float(
        sign: .plus, exponent: -(place % 24), significand: Float.random(in: 1..<2, using: &random))
    }
    let special: [Float] = [0.5, 0.25, 0x1p-9, 1.5, 3, 0x1p-24, 0x1p-31, 0x1p24, 0, -0.37]
    return (drawn + special).flatMap { factor in sums(factor).map { ($0, factor) } }
      + [(0, .infinity), (5, .infinity), (-5, .infinity), (5, .nan), (.max, 0x1p-140)]
  }()

  private static func code(_ sum: Int32, _ factor: Float, _ low: Float, _ high: Float) -> Int32 {
    let product = Float(sum) * factor
    if product.isNaN { return 0 }
    let rounded = min(max(product, low), high).rounded(.toNearestOrEven)
    return Int32(exactly: rounded) ?? (rounded > 0 ? .max : .min)
  }

  @Test func integersGiveTheBytesOfFloats() throws {
    let cases = Self.cases
    let text = Self.graph.replacingOccurrences(of: "COUNT", with: "\(cases.count)")
    var target = Target.c99
    target.hasFloatingPoint = false
    let program = try Lowering.program(
      for: try Graph(parsing: text), target: target, name: "codes")
    let model = CModel(program, target: target, options: CModel.Options())
    #expect(model.source.contains("apus_requantize("))
    let folder = try TemporaryFolder()
    let library = try CCompiler().buildLibrary(model, target: target, in: folder.path)
    let results = try NativeModel(library: library, name: "codes").run([
      TensorData(.i32, [cases.count], cases.map(\.sum)),
      TensorData(.f32, [cases.count], cases.map(\.factor)),
    ])
    let bytes = cases.map { UInt8(Self.code($0.sum, $0.factor, -131, 123.5) + 131) }
    let words = cases.map { Int16(Self.code($0.sum, $0.factor, -32_768, 32_767)) }
    #expect(results[0].elements(as: UInt8.self) == bytes)
    #expect(results[1].elements(as: Int16.self) == words)
    #expect(
      results[2].elements(as: Int32.self)
        == cases.map { Self.code($0.sum, $0.factor, -.infinity, .infinity) })
  }

  /// Sums, factors and what the functions of gemmlowp make of them, worked out by hand: halves of
  /// the doubled product go up, those of the shift away from 0.
  private static let twice: [(sum: Int32, factor: Float, code: Int32)] = [
    (1, 0.5, 1), (-1, 0.5, 0), (3, 0.5, 2), (-3, 0.5, -1), (2, 0.25, 1), (-2, 0.25, -1),
    (1, 0.25, 1), (-1, 0.25, 0), (6, 0.25, 2), (10, 0.25, 3), (-10, 0.25, -3), (7, 1, 7),
    (7, 3, 21), (-7, 3, -21), (.max, 0x1p-31, 1), (1_000_000, 0x1p-40, 0), (500, 0.3, 124),
  ]

  @Test func roundsLikeTensorFlowLite() throws {
    let count = Self.twice.count
    var graph = try Graph(
      parsing: """
        graph @g(%x: tensor<\(count)xi32>) -> (y: tensor<\(count)xi8>) {
          %m = constant 0x\(Self.twice.map { $0.factor.bitPattern.littleEndianHex }.joined()) : \
        tensor<\(count)xf32>
          %0 = map %x, %m {f = (a: i32, b: f32) i8(i32(round(max(min(mul(f32(a), b), 123.6:f32), \
        -128.0:f32))))} : tensor<\(count)xi8>
          return %0
        }

        """)
    var options = Compilation.Options()
    options.rounding = .twice
    try Compilation.optimize(&graph, options)
    #expect(!graph.text.contains("round("))
    let input = TensorData(.i32, [count], Self.twice.map(\.sum))
    let want = Self.twice.map { Int8($0.code) }
    let machine = try Lowering.program(for: graph, target: .virtualMachine, name: "g")
    let interpreted = try Session(try Bytecode.encode(machine)).run([input])
    #expect(interpreted[0].elements(as: Int8.self) == want)
    let program = try Lowering.program(for: graph, target: .native, name: "g")
    let folder = try TemporaryFolder()
    let model = CModel(program, target: .native, options: CModel.Options())
    let library = try CCompiler().buildLibrary(model, target: .native, in: folder.path)
    let results = try NativeModel(library: library, name: "g").run([input])
    #expect(results[0].elements(as: Int8.self) == want)
  }
}

extension UInt32 {
  /// The bytes from the lowest one on, as text IR writes them.
  fileprivate var littleEndianHex: String {
    let digits = String(byteSwapped, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
