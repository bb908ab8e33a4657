import ApusBytecode
import ApusIR
import ApusLoops
import ApusRuntime
import ApusTestSupport
import Testing

extension Graph {
  /// A graph from its text; inputs whose names begin with `const` become constants of random data.
  init(text: String, seed: UInt64 = 1) throws {
    var parsed: Graph
    do {
      parsed = try Graph(parsing: text)
    } catch {
      Issue.record("\(error.diagnostics.map(\.text).joined())\n\(text)")
      throw error
    }
    parsed.drawConstants(seed)
    self = parsed
  }

  private mutating func drawConstants(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var result = Graph(name: name)
    var moved: [ValueID: ValueID] = [:]
    for input in inputs {
      let (name, type) = (self[input].name ?? "", type(of: input))
      let isConstant = name.hasPrefix("const")
      moved[input] =
        isConstant
        ? result.constant(TensorData(random: type, using: &random), name: name)
        : result.addInput(name, type)
    }
    for node in nodes {
      let results = result.copy(
        node.reading { moved[$0] ?? $0 }, typed: node.results.map { type(of: $0) })
      for (old, new) in zip(node.results, results) { moved[old] = new }
    }
    for (output, name) in zip(outputs, outputNames) {
      result.addOutput(moved[output] ?? output, name: name)
    }
    self = result
  }

  /// What the graph computes in the interpreter from random inputs.
  func outcome(seed: UInt64) throws(DiagnosticError) -> [TensorData] {
    var random = SeededRandom(seed: seed)
    let tensors = inputs.map { TensorData(random: type(of: $0), using: &random) }
    return try interpreted(tensors)
  }

  /// What the graph computes in the interpreter.
  func interpreted(_ tensors: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    let program = try Lowering.program(for: self, target: .virtualMachine, name: "test")
    return try Session(try Bytecode.encode(program)).run(tensors)
  }
}

/// Runs a graph without inputs, as constant folding does.
@Sendable func evaluate(_ graph: Graph) -> [TensorData]? { try? graph.interpreted([]) }

/// Rounding that differs between two orders of summation.
let rounding = Tolerance(absolute: 1e-5, relative: 1e-4)

/// Expects both graphs to compute the same on random inputs.
func expectSame(
  _ got: Graph, _ want: Graph, seed: UInt64 = 7, _ tolerance: Tolerance = .exact,
  _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  do throws(DiagnosticError) {
    let (a, b) = (try got.outcome(seed: seed), try want.outcome(seed: seed))
    #expect(a.count == b.count, sourceLocation: sourceLocation)
    for (place, (x, y)) in zip(a, b).enumerated() {
      let comparison = TensorComparison(x, with: y, tolerance: tolerance)
      guard comparison?.isMatch != true else { continue }
      let worst = comparison?.worst.map { "\($0)" } ?? "other types"
      Issue.record(
        "\(comment) output \(place): \(worst)\nwant \(want.text)\ngot \(got.text)",
        sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record(
      "\(comment)\(error.diagnostics.map(\.text).joined())\n\(got.text)",
      sourceLocation: sourceLocation)
  }
}

extension TensorData {
  /// Random elements: numbers from -2 to 2, of integers from -2 to 3, truth values, short strings.
  init(random type: TensorType, using random: inout SeededRandom) {
    let extents = type.shape.extents ?? []
    let places = 0..<extents.reduce(1, *)
    switch type.element {
    case .f64:
      self.init(
        .f64, extents, places.map { _ in Double.random(in: -2...2, using: &random) })
    case .i64:
      self.init(.i64, extents, places.map { _ in Int64.random(in: -2...3, using: &random) })
    case .i32:
      self.init(.i32, extents, places.map { _ in Int32.random(in: -2...3, using: &random) })
    case .i8:
      self.init(.i8, extents, places.map { _ in Int8.random(in: -2...3, using: &random) })
    case .u8:
      self.init(.u8, extents, places.map { _ in UInt8.random(in: 0...6, using: &random) })
    case .string:
      self.init(
        strings: places.map { _ in
          (0..<Int.random(in: 0...4, using: &random)).map { _ in
            UInt8.random(in: 96...99, using: &random)
          }
        }, extents)
    case .u4, .i4, .u2, .i2:
      let bytes = (0..<(type.element.byteCount(of: places.count) ?? 0)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      guard let data = TensorData(.u8, [bytes.count], bytes).reinterpreted(as: type) else {
        preconditionFailure("as many bytes as the elements take")
      }
      self = data
    case .bool:
      self.init(.bool, extents, places.map { _ in UInt8.random(in: 0...1, using: &random) })
    default:
      self.init(
        .f32, extents, places.map { _ in Float.random(in: -2...2, using: &random) })
    }
  }
}
