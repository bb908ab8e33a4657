import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import ApusTestSupport
import Foundation
import Testing

@testable import ApusDriver

/// Functions of emitted C keep the error that `--fast-math` allows (`make accuracy`: all numbers).
@Suite struct FastMathTests {
  /// A function, its values in double precision, and the largest value it may have.
  struct Function: Sendable {
    var name: String
    var exact: @Sendable (Double) -> Double
    var top = Float.infinity
  }

  static let functions = [
    Function(name: "exp") { exp($0) }, Function(name: "log") { log($0) },
    Function(name: "tanh", exact: { tanh($0) }, top: 1),
    Function(name: "sigmoid", exact: { 1 / (1 + exp(-$0)) }, top: 1),
    Function(name: "erf", exact: { erf($0) }, top: 1),
    Function(name: "sin", exact: { sin($0) }, top: 1),
    Function(name: "cos", exact: { cos($0) }, top: 1),
  ]

  /// Numbers of every size, those where functions bend, and the special ones.
  static let numbers: [Float] = {
    let special: [Float] = [
      0, -0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, -1, 88.7,
      -87.3,
      -103.9, -104.1, 131_071.99, 131_072,
    ]
    let everywhere = (0..<20_000).map { Float(bitPattern: UInt32($0) &* 214_748) }
    let near = (-20_000..<20_000).map { Float($0) / 1_999 }
    let all = special + everywhere + near
    return all + [Float](repeating: 0.5, count: (16 - all.count % 16) % 16)
  }()

  /// Runs `graph`, a graph named `functions`, as C.
  private func run(_ graph: String, _ inputs: [[Float]], _ target: Target) throws -> [[Float]] {
    let program = try Lowering.program(
      for: try Graph(parsing: graph), target: target, name: "functions")
    let folder = try TemporaryFolder()
    let library = try CCompiler().buildLibrary(
      CModel(program, target: target, options: CModel.Options()), target: target, in: folder.path)
    let model = try NativeModel(library: library, name: "functions")
    return try model.run(inputs.map { TensorData(.f32, [$0.count], $0) })
      .map { $0.elements(as: Float.self) }
  }

  private func values(_ target: Target) throws -> [[Float]] {
    let type = "tensor<\(Self.numbers.count)xf32>"
    let outputs = Self.functions.map { "\($0.name): \(type)" }.joined(separator: ", ")
    let lines = Self.functions.map {
      "  %\($0.name) = map %x {f = (a: f32) \($0.name)(a)} : \(type)\n"
    }
    let graph = """
      graph @functions(%x: \(type)) -> (\(outputs)) {
      \(lines.joined())  return \(Self.functions.map { "%\($0.name)" }.joined(separator: ", "))
      }

      """
    return try run(graph, [Self.numbers], target)
  }

  /// Units in the last place between a result and the exact one; infinite where a special result,
  /// the sign of zero or saturation is wrong.
  private func error(_ result: Float, _ exact: Double, atEnd: Bool, top: Float) -> Double {
    let near = Float(exact)
    if near.isNaN { return result.isNaN ? 0 : .infinity }
    if near.isInfinite || atEnd || exact == 0 {
      return result == near && result.sign == near.sign ? 0 : .infinity
    }
    guard abs(result) <= top else { return .infinity }
    return abs(Double(result) - exact) / Double(Float(abs(exact)).ulp)
  }

  @Test(arguments: [2, 3, 8, 64, 4096, 1 << 23], [Target.native, .c99])
  func functionsKeepTheErrorThatIsAllowed(_ allowed: Int, _ machine: Target) throws {
    var target = machine
    target.functionError = allowed
    for (function, results) in zip(Self.functions, try values(target)) {
      let errors = zip(Self.numbers, results).map {
        error($1, function.exact(Double($0)), atEnd: $0.isInfinite, top: function.top)
      }
      let worst = try #require(zip(errors, Self.numbers).max { $0.0 < $1.0 })
      #expect(worst.0 <= Double(allowed), "\(function.name)(\(worst.1))")
    }
  }

  @Test(arguments: [Target.native, .c99])
  func powersOfSpecialNumbersAreThoseOfC(_ target: Target) throws {
    let numbers: [Float] = [
      0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, 1e-38, -1e38, 16_777_215, .infinity, -.infinity,
      .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.0000001,
    ]
    let pairs = numbers.flatMap { x in numbers.map { (x, $0) } }
    let type = "tensor<\(pairs.count)xf32>"
    let graph = """
      graph @functions(%x: \(type), %y: \(type)) -> (z: \(type)) {
        %z = map %x, %y {f = (a: f32, b: f32) pow(a, b)} : \(type)
        return %z
      }

      """
    let results = try run(graph, [pairs.map(\.0), pairs.map(\.1)], target)[0]
    for ((x, y), result) in zip(pairs, results) {
      let isEnd = x.isInfinite || y.isInfinite
      let off = error(result, pow(Double(x), Double(y)), atEnd: isEnd, top: .infinity)
      #expect(off <= 2, "pow(\(x), \(y)) is \(result)")
    }
  }

  @Test func theDefaultIs2AndOthersDiffer() throws {
    let folder = try TemporaryFolder()
    func source(_ words: String...) throws -> String {
      let words = ["compile", Files.digits, "--dim", "N=1", "--target", "c99"] + words
      let output = folder.path + "/out"
      #expect(apus(words + ["-o", output]).code == 0)
      return try String(contentsOfFile: output + "/digits.c", encoding: .utf8)
    }
    let standard = try source()
    #expect(try source("--fast-math=2") == standard)
    #expect(try source("--fast-math=7") == standard)
    #expect(try source("--fast-math=64") != standard)
  }
}
