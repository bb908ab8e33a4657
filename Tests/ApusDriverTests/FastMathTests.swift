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

  private func values(_ target: Target) throws -> [[Float]] {
    let type = "tensor<\(Self.numbers.count)xf32>"
    let outputs = Self.functions.map { "\($0.name): \(type)" }.joined(separator: ", ")
    let lines = Self.functions.map {
      "  %\($0.name) = map %x {f = (a: f32) \($0.name)(a)} : \(type)\n"
    }
    let graph = try Graph(
      parsing: """
        graph @functions(%x: \(type)) -> (\(outputs)) {
        \(lines.joined())  return \(Self.functions.map { "%\($0.name)" }.joined(separator: ", "))
        }

        """)
    let program = try Lowering.program(for: graph, target: target, name: "functions")
    let folder = try TemporaryFolder()
    let library = try CCompiler().buildLibrary(
      CModel(program, target: target, options: CModel.Options()), target: target, in: folder.path)
    let model = try NativeModel(library: library, name: "functions")
    return try model.run([TensorData(.f32, [Self.numbers.count], Self.numbers)])
      .map { $0.elements(as: Float.self) }
  }

  /// Units in the last place between a result and the exact one; infinite where a special result,
  /// the sign of zero or saturation is wrong.
  private func error(_ result: Float, _ function: Function, at x: Float) -> Double {
    let exact = function.exact(Double(x))
    let near = Float(exact)
    if near.isNaN { return result.isNaN ? 0 : .infinity }
    if near.isInfinite || x.isInfinite || exact == 0 {
      return result == near && result.sign == near.sign ? 0 : .infinity
    }
    guard abs(result) <= function.top else { return .infinity }
    return abs(Double(result) - exact) / Double(Float(abs(exact)).ulp)
  }

  @Test(arguments: [2, 3, 8, 64, 4096, 1 << 23], [Target.native, .c99])
  func functionsKeepTheErrorThatIsAllowed(_ allowed: Int, _ machine: Target) throws {
    var target = machine
    target.functionError = allowed
    for (function, results) in zip(Self.functions, try values(target)) {
      let errors = zip(Self.numbers, results).map { error($1, function, at: $0) }
      let worst = try #require(zip(errors, Self.numbers).max { $0.0 < $1.0 })
      #expect(worst.0 <= Double(allowed), "\(function.name)(\(worst.1))")
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
