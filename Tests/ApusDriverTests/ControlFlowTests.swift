import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import ApusTransforms
import Testing

@testable import ApusDriver

/// Branches, loops and sizes that are known at run time only, on both back ends.
@Suite struct ControlFlowTests {
  /// A program made once for each back end.
  private struct Both {
    let native: NativeModel
    let machine: Session
    private let folder: TemporaryFolder

    init(_ text: String, level: OptimizationLevel = .full) throws {
      var graph = try Graph(parsing: text)
      var options = Compilation.Options()
      options.level = level
      try Compilation.optimize(&graph, options)
      let program = try Lowering.program(for: graph, target: .native, name: "model")
      folder = try TemporaryFolder()
      let library = try CCompiler().buildLibrary(
        CModel(program, target: .native, options: CModel.Options()), target: .native,
        in: folder.path)
      native = try NativeModel(library: library, name: "model")
      machine = try Session(
        Bytecode.encode(
          Lowering.program(for: graph, target: .virtualMachine, name: "model")))
    }

    /// The results of both, which must be of the same types.
    func run(_ inputs: [TensorData]) throws -> [(
      type: TensorType, native: [Float], machine: [Float]
    )] {
      let (a, b) = (try native.run(inputs), try machine.run(inputs))
      #expect(a.map(\.type) == b.map(\.type))
      return zip(a, b).map { ($0.type, $0.elements(as: Float.self), $1.elements(as: Float.self)) }
    }
  }

  private static let loop = """
    graph @loop(%go: tensor<bool>, %x: tensor<2xf32>, %size: tensor<1xi64>) -> \
    (y: tensor<2xf32>, all: tensor<nx2xf32>) where n = 0..8 {
      bind %size {values = [n]}
      %0 = if %go, %x : tensor<2xf32> do (%a: tensor<2xf32>) -> (r: tensor<2xf32>) {
        return %a
      }
      else (%a: tensor<2xf32>) -> (r: tensor<2xf32>) {
        %0 = map %a {f = (a: f32) neg(a)} : tensor<2xf32>
        return %0
      }
      %y, %all = repeat %0, %x {turns = [t, n, n], carried = 1} : tensor<2xf32>, tensor<nx2xf32> \
    do (%s: tensor<2xf32>, %b: tensor<2xf32>) -> (s: tensor<2xf32>, row: tensor<2xf32>) {
        %0 = map %s, %b {f = (a: f32, b: f32) add(a, b)} : tensor<2xf32>
        return %0, %0
      }
      return %y, %all
    }

    """

  @Test(arguments: OptimizationLevel.allCases)
  func loopsRunAsOftenAsTheDataSays(_ level: OptimizationLevel) throws {
    let both = try Both(Self.loop, level: level)
    for (go, start) in [(true, Float(1)), (false, -1)] {
      for count in [0, 1, 3, 8] {
        let results = try both.run([
          TensorData(.bool, [], [go]), TensorData(.f32, [2], [Float(1), 10]),
          TensorData(.i64, [1], [Int64(count)]),
        ])
        let rows = (0..<count).flatMap { row in
          [Float(1), 10].map { $0 * (start + Float(row) + 1) }
        }
        let last = [Float(1), 10].map { $0 * (start + Float(count)) }
        #expect(results[1].type == TensorType(.f32, [count, 2]))
        for (number, want) in [last, rows].enumerated() {
          #expect(results[number].native == want)
          #expect(results[number].machine == want)
        }
      }
    }
  }

  @Test func sizesOutOfBoundsStopTheRun() throws {
    let both = try Both(Self.loop)
    for count in [-1, 9, Int64.max] {
      let inputs = [
        TensorData(.bool, [], [true]), TensorData(.f32, [2], [Float(1), 2]),
        TensorData(.i64, [1], [count]),
      ]
      #expect(throws: DiagnosticError.self) { try both.native.run(inputs) }
      #expect(throws: DiagnosticError.self) { try both.machine.run(inputs) }
    }
  }

  /// States that change places must not be overwritten too early.
  @Test func statesMaySwap() throws {
    let both = try Both(
      """
      graph @swap(%a: tensor<3xf32>, %b: tensor<3xf32>) -> (x: tensor<3xf32>, y: tensor<3xf32>) {
        %0, %1 = repeat %a, %b {turns = [t, 3, 3], carried = 2} : tensor<3xf32>, tensor<3xf32> \
      do (%p: tensor<3xf32>, %q: tensor<3xf32>) -> (p: tensor<3xf32>, q: tensor<3xf32>) {
          return %q, %p
        }
        return %0, %1
      }

      """)
    let (a, b) = ([Float(1), 2, 3], [Float(4), 5, 6])
    let results = try both.run([TensorData(.f32, [3], a), TensorData(.f32, [3], b)])
    #expect(results.map(\.native) == [b, a])
    #expect(results.map(\.machine) == [b, a])
  }

  /// A loop that ends when its condition says so; the counter is a number that the body sees.
  @Test func conditionsEndLoops() throws {
    let both = try Both(
      """
      graph @until(%x: tensor<f32>) -> (y: tensor<f32>, seen: tensor<kxi64>) where k = 0..5 {
        %yes = constant 0x01 : tensor<bool>
        %0, %1 = repeat %yes, %x {turns = [t, 5, k], tests = true, carried = 1} : tensor<f32>, \
      tensor<kxi64> do (%s: tensor<f32>) -> (go: tensor<bool>, s: tensor<f32>, n: tensor<i64>) {
          %0 = map %s {f = (a: f32) mul(a, 2.0:f32)} : tensor<f32>
          %1 = map %0 {f = (a: f32) lt(a, 10.0:f32)} : tensor<bool>
          %2 = extents {of = <t>} : tensor<1xi64>
          %3 = reshape %2 {shape = <>} : tensor<i64>
          return %1, %0, %3
        }
        return %0, %1
      }

      """)
    for (start, last, count) in [(Float(1), Float(16), 4), (20, 40, 1), (0.1, 3.2, 5)] {
      let input = [TensorData(.f32, [], [start])]
      for results in [try both.native.run(input), try both.machine.run(input)] {
        #expect(results[0].elements(as: Float.self) == [last])
        #expect(results[1].type == TensorType(.i64, [count]))
        #expect(results[1].elements(as: Int64.self) == (0..<count).map { Int64($0) })
      }
    }
  }

  /// One artefact serves many sizes, through contractions, rows and joins.
  @Test func oneProgramServesManySizes() throws {
    let both = try Both(
      """
      graph @rows(%x: tensor<Nx3xf32>, %w: tensor<3x2xf32>) -> (y: tensor<(2*N)x2xf32>) \
      where N = 0..9 {
        %0 = matmul %x, %w : tensor<Nx2xf32>
        %1 = map %0 {f = (a: f32) max(a, 0.0:f32)} : tensor<Nx2xf32>
        %2 = softmax %0 {axis = 0} : tensor<Nx2xf32>
        %3 = concat %1, %2 {axis = 0} : tensor<(2*N)x2xf32>
        return %3
      }

      """)
    let weights: [Float] = [1, -1, 0, 2, 1, 1]
    for count in 0...9 {
      let x = (0..<count * 3).map { Float($0 % 7) - 3 }
      var product: [Float] = []
      for row in 0..<count {
        let line = x[row * 3..<row * 3 + 3]
        let (a, b, c) = (line[row * 3], line[row * 3 + 1], line[row * 3 + 2])
        product += [a + c, 2 * b - a + c]
      }
      let results = try both.run([
        TensorData(.f32, [count, 3], x), TensorData(.f32, [3, 2], weights),
      ])
      #expect(results[0].type == TensorType(.f32, [2 * count, 2]))
      for result in [results[0].native, results[0].machine] {
        #expect(Array(result.prefix(count * 2)) == product.map { max($0, 0) })
        let shares = Array(result.suffix(count * 2))
        for column in 0..<2 where count > 0 {
          let places = stride(from: column, to: count * 2, by: 2)
          let sum = places.reduce(Float(0)) { $0 + shares[$1] }
          let largest = places.max { product[$0] < product[$1] } ?? 0
          #expect(abs(sum - 1) < 1e-5)
          #expect(places.allSatisfy { shares[$0] <= shares[largest] })
        }
      }
    }
    #expect(throws: DiagnosticError.self) {
      try both.native.run([
        TensorData(.f32, [10, 3], [Float](repeating: 0, count: 30)),
        TensorData(.f32, [3, 2], weights),
      ])
    }
  }
}
