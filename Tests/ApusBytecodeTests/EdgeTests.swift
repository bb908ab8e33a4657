import ApusIR
import ApusLoops
import Glibc
import Testing

@testable import ApusBytecode

/// Every function of `f32` at the edges of its domain, against the C library in double precision.
@Suite struct EdgeTests {
  static let edges: [Float] = [
    0, -0.0, 0.5, 1.5, -2.1, 2.5, 0x1p-133, 1e10, 3e38, .infinity, -.infinity, .nan, -100,
    0.3, -0.7,
  ]
  static let pairs: (x: [Float], y: [Float]) = (
    edges.flatMap { x in edges.map { _ in x } }, edges.flatMap { _ in edges }
  )

  /// The results of an expression of the loads of `inputs`, by so many lanes at a time.
  func results<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    _ inputs: [[Float]], lanes: Int, to element: ElementType, as type: Element.Type,
    _ expression: ([Expression]) -> Expression
  ) throws -> [Element] {
    let count = inputs[0].count
    let rounds = (count + lanes - 1) / lanes
    let padded = rounds * lanes
    let place = Index(i) * lanes
    let loads = inputs.indices.map { Expression.load(Access(BufferID($0), place)) }
    let store = Statement.store(
      Access(BufferID(inputs.count), place), expression(loads), lanes: lanes)
    let program = program(
      inputs: inputs.map { _ in TensorType(.f32, [padded]) },
      outputs: [TensorType(element, [padded])],
      [.loop(.serial, i, extent: Dimension(rounds), [store])])
    let data = inputs.map { input in
      TensorData(.f32, [padded], input + [Float](repeating: 1, count: padded - count))
    }
    return Array(try result(program, data, as: type).prefix(count))
  }

  /// Whether `got` is `want` to within 4 units in the last place, zeros with their signs.
  static func agree(_ got: Float, _ exact: Double) -> Bool {
    let want = Float(exact)
    if want.isNaN || got.isNaN { return want.isNaN && got.isNaN }
    if want.isInfinite || got.isInfinite { return want == got }
    return got.sign == want.sign && abs(Double(got) - exact) <= 4 * Double(want.ulp)
  }

  static func exact(_ function: UnaryFunction, _ x: Double) -> Double? {
    switch function {
    case .negate: -x
    case .absolute: abs(x)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x.isNaN ? x : 0
    case .sqrt: x.squareRoot()
    case .exp: exp(x)
    case .log: log(x)
    case .sin: sin(x)
    case .cos: cos(x)
    case .tan: tan(x)
    case .asin: asin(x)
    case .acos: acos(x)
    case .atan: atan(x)
    case .sinh: sinh(x)
    case .cosh: cosh(x)
    case .tanh: tanh(x)
    case .asinh: asinh(x)
    case .acosh: acosh(x)
    case .atanh: atanh(x)
    case .erf: erf(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .reciprocal: 1 / x
    case .floor: floor(x)
    case .ceil: ceil(x)
    case .round: rint(x)
    case .not, .isNaN, .isInfinite, .upper, .lower: nil
    }
  }

  static func exact(_ function: BinaryFunction, _ x: Double, _ y: Double) -> Double? {
    switch function {
    case .add: x + y
    case .sub: x - y
    case .mul: x * y
    case .div: x / y
    case .truncatedMod: fmod(x, y)
    case .floorMod:
      fmod(x, y) != 0 && (fmod(x, y) < 0) != (y < 0) ? fmod(x, y) + y : fmod(x, y)
    case .pow: pow(x, y)
    case .atan2: atan2(x, y)
    case .min: x.isNaN || x < y ? x : y
    case .max: x.isNaN || x > y ? x : y
    case .and, .or, .xor, .shiftLeft, .shiftRight, .join, .head, .tail, .parts, .matches: nil
    }
  }

  @Test(arguments: UnaryFunction.allCases, [1, 16, 37])
  func unary(function: UnaryFunction, lanes: Int) throws {
    guard Self.exact(function, 1) != nil else { return }
    let y = try results([Self.edges], lanes: lanes, to: .f32, as: Float.self) {
      .unary(function, $0[0])
    }
    for (x, y) in zip(Self.edges, y) {
      let want = try #require(Self.exact(function, Double(x)))
      #expect(Self.agree(y, want), "\(function)(\(x)) = \(y)")
    }
  }

  @Test(arguments: [UnaryFunction.isNaN, .isInfinite], [1, 16, 37])
  func predicate(function: UnaryFunction, lanes: Int) throws {
    let y = try results([Self.edges], lanes: lanes, to: .bool, as: UInt8.self) {
      .unary(function, $0[0])
    }
    #expect(y == Self.edges.map { (function == .isNaN ? $0.isNaN : $0.isInfinite) ? 1 : 0 })
  }

  @Test(arguments: BinaryFunction.allCases, [1, 16, 37])
  func binary(function: BinaryFunction, lanes: Int) throws {
    guard Self.exact(function, 1, 1) != nil else { return }
    let (x, y) = Self.pairs
    let z = try results([x, y], lanes: lanes, to: .f32, as: Float.self) {
      .binary(function, $0[0], $0[1])
    }
    for ((x, y), z) in zip(zip(x, y), z) {
      let want = try #require(Self.exact(function, Double(x), Double(y)))
      #expect(Self.agree(z, want), "\(function)(\(x), \(y)) = \(z)")
    }
  }

  @Test(arguments: Comparison.allCases, [1, 16, 37])
  func comparison(test: Comparison, lanes: Int) throws {
    let (x, y) = Self.pairs
    let z = try results([x, y], lanes: lanes, to: .bool, as: UInt8.self) {
      .compare(test, $0[0], $0[1])
    }
    let want: [UInt8] = zip(x, y).map { x, y in
      switch test {
      case .equal: x == y ? 1 : 0
      case .notEqual: x != y ? 1 : 0
      case .less: x < y ? 1 : 0
      case .lessOrEqual: x <= y ? 1 : 0
      case .greater: x > y ? 1 : 0
      case .greaterOrEqual: x >= y ? 1 : 0
      }
    }
    #expect(z == want)
  }
}
