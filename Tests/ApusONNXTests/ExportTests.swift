import ApusBytecode
import ApusIR
import ApusLoops
import ApusTestSupport
import Foundation
import Testing

@testable import ApusONNX

/// A graph as text, and the operators of the model that it becomes.
private struct ExportCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var graph: String
  var operators: [String]
}

private let cases: [ExportCase] = [
  ExportCase(
    testDescription: "relu",
    graph: """
      graph @g(%x: tensor<4xf32>) -> (y: tensor<4xf32>) {
        %0 = map %x {f = (a: f32) max(a, 0.0:f32)} : tensor<4xf32>  @ "Relu act"
        return %0
      }
      """, operators: ["Relu"]),
  ExportCase(
    testDescription: "formula",
    graph: """
      graph @g(%x: tensor<4xf32>, %z: tensor<2x4xf32>) -> (y: tensor<2x4xf32>) {
        %0 = map %x, %z {f = (a: f32, b: f32) exp(mul(a, b))} : tensor<2x4xf32>
        return %0
      }
      """, operators: ["Mul", "Exp"]),
  ExportCase(
    testDescription: "narrow integers are computed in 32 bits",
    graph: """
      graph @g(%x: tensor<4xi8>) -> (y: tensor<4xi8>) {
        %0 = map %x {f = (a: i8) mul(a, a)} : tensor<4xi8>
        return %0
      }
      """, operators: ["Cast", "Mul", "Cast"]),
  ExportCase(
    testDescription: "symbols are read from shapes",
    graph: """
      graph @g(%x: tensor<Nx4xf32>) -> (y: tensor<2xNx2xf32>) {
        %0 = reshape %x {shape = <2xNx2>} : tensor<2xNx2xf32>
        return %0
      }
      """, operators: ["Reshape"]),
  ExportCase(
    testDescription: "a function that keeps within bounds",
    graph: """
      graph @g(%x: tensor<4xf32>) -> (y: tensor<4xf32>) {
        %0 = map %x {f = (a: f32) min(max(a, 0.0:f32), 6.0:f32)} : tensor<4xf32>
        return %0
      }
      """, operators: ["Clip"]),
  ExportCase(
    testDescription: "a mean of images",
    graph: """
      graph @g(%x: tensor<1x2x4x4xf32>) -> (y: tensor<1x2x1x1xf32>) {
        %0 = reduce %x {axes = [2, 3], kind = sum} : tensor<1x2x1x1xf32>
        %1 = map %0 {f = (a: f32) mul(a, 0.0625:f32)} : tensor<1x2x1x1xf32>
        return %1
      }
      """, operators: ["GlobalAveragePool", "Identity"]),
  ExportCase(
    testDescription: "weights by axis and a bias as integers",
    graph: """
      graph @g(%x: tensor<1x4xf32>, %w: tensor<4x3xi8>, %s: tensor<3xf32>, %b: tensor<3xi32>)
        -> (y: tensor<1x3xf32>) {
        %0 = map %w, %s {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<4x3xf32>
        %1 = matmul %x, %0 : tensor<1x3xf32>
        %2 = constant 0x0000003f0000003f0000003f : tensor<3xf32>
        %3 = map %b, %2 {f = (a: i32, b: f32) mul(f32(a), b)} : tensor<3xf32>
        %4 = map %1, %3 {f = (a: f32, b: f32) add(a, b)} : tensor<1x3xf32>
        return %4
      }
      """, operators: ["DequantizeLinear", "DequantizeLinear", "Gemm", "Identity"]),
  ExportCase(
    testDescription: "an input as output",
    graph: """
      graph @g(%x: tensor<4xf32>) -> (y: tensor<4xf32>) {
        return %x
      }
      """, operators: ["Identity"]),
]

@Suite struct ExportTests {
  @Test(arguments: cases) fileprivate func writesOperators(_ test: ExportCase) throws {
    var exporter = GraphExporter(try Graph(parsing: test.graph))
    let model = try exporter.run()
    #expect(model.graph.nodes.map(\.operatorType) == test.operators)
    #expect(model.graph.outputs.map(\.name) == ["y"])
  }

  @Test func nodesKeepTheirNames() throws {
    var exporter = GraphExporter(try Graph(parsing: cases[0].graph))
    #expect(try exporter.run().graph.nodes.map(\.name) == ["act"])
  }

  @Test func refusesWhatONNXHasNoWordsFor() throws {
    let graph = try Graph(
      parsing: """
        graph @g(%x: tensor<4xf32>) -> (y: tensor<4xf32>) {
          %0 = map %x {f = (a: f32) atan2(a, a)} : tensor<4xf32>  @ "Angle phase"
          return %0
        }
        """)
    let error = #expect(throws: DiagnosticError.self) { try graph.exported() }
    #expect(error?.exitCode == 4)
    #expect(error?.diagnostics.first?.id == "export-function")
    #expect(error?.diagnostics.first?.text.contains("phase") == true)
  }

  /// Graphs of all operators compute the same after they were written and read again.
  @Test(arguments: UInt64(0)..<120) func randomGraphsComeBack(_ seed: UInt64) throws {
    let graph = RandomGraph.runnable(seed: seed, size: 12).withoutDeadNodes()
    guard let expected = try? graph.results(seed), let model = try? graph.exported() else { return }
    let again = try Graph(importing: model.bytes, named: "seed \(seed)")
    let results = try again.results(seed)
    #expect(results.map(\.type) == expected.map(\.type))
    for (result, wanted) in zip(results, expected) where result.type.element == .f32 {
      for (got, want) in zip(result.elements(as: Float.self), wanted.elements(as: Float.self)) {
        let distance = abs(got - want)
        #expect(
          distance <= 1e-4 + 1e-4 * abs(want) || got == want || want.isNaN,
          "\(got) in place of \(want), seed \(seed)\n\(graph.text)")
      }
    }
  }

  @Test func mostRandomGraphsAreWritten() {
    let count = (UInt64(0)..<120).count { seed in
      let graph = RandomGraph.runnable(seed: seed, size: 12).withoutDeadNodes()
      return (try? graph.results(seed)) != nil && (try? graph.exported()) != nil
    }
    #expect(count >= 60)
  }

  @Test func weightsMayStandInAFileOfTheirOwn() throws {
    var graph = Graph(name: "g")
    for number in 0..<2 {
      let value = graph.constant(TensorData(.f32, [3], [1, 2, Float(number)]), name: "w\(number)")
      graph.addOutput(value, name: "y\(number)")
    }
    let model = try graph.exported(ExportOptions(embeddedBytes: 8))
    #expect(model.weights.map(\.byteCount) == [12, 12])
    var weights = Data()
    model.forEachPiece { weights.append(contentsOf: $0) }
    #expect(weights.count == 2 * ExportedModel.alignment)

    let folder = FileManager.default.temporaryDirectory.appending(path: "export-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(model.bytes).write(to: folder.appending(path: "model.onnx"))
    try weights.write(to: folder.appending(path: "weights.bin"))
    let again = try Graph(importing: folder.path + "/model.onnx")
    for (old, new) in zip(graph.outputs, again.outputs) {
      // The importer may keep the Identity that gives the output its name.
      let made = again.producer(of: new)?.operands.first.flatMap { again.constant($0) }
      #expect((again.constant(new) ?? made) == graph.constant(old))
    }
  }
}

extension Graph {
  /// What the interpreter computes from seeded numbers.
  fileprivate func results(_ seed: UInt64) throws(DiagnosticError) -> [TensorData] {
    var random = SeededRandom(seed: seed)
    let tensors = inputs.map { input in
      let type = type(of: input)
      let extents = type.shape.extents ?? []
      let numbers = (0..<extents.reduce(1, *)).map { _ in Float.random(in: -2...2, using: &random) }
      return switch type.element {
      case .i64: TensorData(.i64, extents, numbers.map { Int64($0) })
      case .i8: TensorData(.i8, extents, numbers.map { Int8($0) })
      case .string:
        TensorData(strings: numbers.map { Array("\($0)".utf8) }, extents)
      case .bool: TensorData(.bool, extents, numbers.map { UInt8($0 > 0 ? 1 : 0) })
      default: TensorData(type.element, extents, numbers)
      }
    }
    let program = try Lowering.program(for: self, target: .virtualMachine, name: "test")
    return try Session(try Bytecode.encode(program)).run(tensors)
  }
}
