import ApusBytecode
import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// Sequences and optional values as inputs and outputs.
extension GraphImportTests {
  private func port(_ name: String, _ type: ONNXType) -> ONNXValueInfo {
    ONNXValueInfo(name: name, type: type)
  }

  private func forms(
    _ sequences: [String: Int], absent: Set<String> = [], shapes: [String: [Int]] = [:]
  ) -> ImportOptions {
    var options = ImportOptions()
    (options.sequences, options.absent, options.shapes) = (sequences, absent, shapes)
    return options
  }

  private var anySequence: ONNXType { .sequence(.tensor(.f32, shape: nil)) }

  @Test func elementsArePorts() throws {
    let model = body(
      [node("SequenceInsert", ["s", "x", "zero"], ["t"])],
      in: [port("s", anySequence), value("x", .f32, [1])], out: [port("t", anySequence)],
      constants: [integers("zero", [], [0])])
    let options = forms(["s": 2], shapes: ["s": [1], "s.1": [2]])
    let graph = try imported(model, options)
    #expect(graph.inputs.map { graph[$0].name } == ["s.0", "s.1", "x"])
    #expect(graph.outputNames == ["t.0", "t.1", "t.2"])
    let found = try results(model, [reals([1]), reals([2, 3]), reals([4])], options)
    #expect(found.map { $0.elements(as: Float.self) } == [[4], [1], [2, 3]])
    let error = #expect(throws: DiagnosticError.self) { try imported(model) }
    #expect(error?.diagnostics.first?.id == "sequence-length")
    #expect(error?.exitCode == 4)
  }

  @Test(arguments: [["t": 4], ["nothing": 1]]) func wrongLengthsAreRefused(
    _ lengths: [String: Int]
  ) {
    let model = body(
      [node("SequenceConstruct", ["x"], ["t"])], in: [value("x", .f32, [1])],
      out: [port("t", anySequence)])
    let error = #expect(throws: DiagnosticError.self) { try imported(model, forms(lengths)) }
    #expect(error?.exitCode == 2)
  }

  @Test(arguments: [true, false]) func optionalValuesAreThereOrNot(_ isThere: Bool) throws {
    let model = body(
      [node("OptionalHasElement", ["o"], ["has"]), node("Identity", ["o"], ["same"])],
      in: [port("o", .optional(.tensor(.f32, shape: [.extent(1)])))],
      out: [value("has", .bool, []), port("same", .optional(.tensor(.f32, shape: nil)))])
    let options = forms([:], absent: isThere ? [] : ["o"])
    let found = try results(model, isThere ? [reals([7])] : [], options)
    #expect(found.count == (isThere ? 2 : 1))
    #expect(found[0].withBytes { $0.first } == (isThere ? 1 : 0))
  }

  /// Three turns put 0, 1 and 2 behind each other; another number of turns is an error of the run.
  @Test func loopsThatCarrySequencesUnroll() throws {
    let integers = ONNXType.sequence(.tensor(.i64, shape: nil))
    let inner = body(
      [
        node("Identity", ["go"], ["goes"]), node("SequenceInsert", ["old", "turn"], ["new"]),
      ], in: [value("turn", .i64, []), value("go", .bool, []), port("old", integers)],
      out: [value("goes", .bool, []), port("new", integers)])
    let model = body(
      [
        node("SequenceEmpty", [], ["none"], [int("dtype", 7)]),
        node("Loop", ["count", "", "none"], ["all"], [graph("body", inner)]),
      ], in: [value("count", .i64, [])], out: [port("all", integers)])
    func run(_ count: Int64) throws -> [[Int64]] {
      try results(model, [TensorData(.i64, [], [count])], forms(["all": 3]))
        .map { $0.elements(as: Int64.self) }
    }
    #expect(try run(3) == [[0], [1], [2]])
    #expect(throws: DiagnosticError.self) { try run(4) }
    let open = #expect(throws: DiagnosticError.self) { try imported(model) }
    #expect(open?.diagnostics.first?.id == "sequence-length")
  }

  @Test func computedSplitsAndPositions() throws {
    let model = body(
      [
        node("SplitToSequence", ["x", "size"], ["parts"]),
        node("SequenceAt", ["parts", "place"], ["part"]),
      ],
      in: [value("x", .f32, [5]), value("size", .i64, []), value("place", .i64, [])],
      out: [port("parts", anySequence), value("part", .f32, [-1])])
    func run(_ size: Int64, _ place: Int64) throws -> [[Float]] {
      let numbers = [size, place].map { TensorData(.i64, [], [$0]) }
      return try results(model, [reals([1, 2, 3, 4, 5])] + numbers, forms(["parts": 3]))
        .map { $0.elements(as: Float.self) }
    }
    #expect(try run(2, -1) == [[1, 2], [3, 4], [5], [5]])
    #expect(try run(2, 1)[3] == [3, 4])
    #expect(throws: DiagnosticError.self) { try run(3, 0) }
    #expect(throws: DiagnosticError.self) { try run(2, 3) }
  }
}
