import ApusIR
import ApusONNX
import ApusTestSupport
import Testing

/// The exit code of importing `bytes`; 0 when it succeeds.
///
/// Checks the form of the messages too.
func importCode(_ bytes: [UInt8], folder: String? = nil) -> Int32 {
  do {
    _ = try ONNXModel(bytes: bytes, name: "test.onnx", folder: folder)
    return 0
  } catch {
    for diagnostic in error.diagnostics {
      #expect(!diagnostic.message.isEmpty && !diagnostic.message.contains("\n"))
      #expect(!diagnostic.id.isEmpty)
    }
    return error.exitCode
  }
}

/// A model of `depth` graphs inside one another.
func nestedIf(_ depth: Int) -> [UInt8] {
  var inner = Proto()
  for _ in 0..<depth {
    let attribute = Proto().text(1, "then_branch").int(20, 5).message(6, inner)
    inner = Proto().message(1, Proto().text(4, "If").message(5, attribute))
  }
  return model(inner)
}

private func nestedSequence(_ depth: Int) -> [UInt8] {
  var type = Proto()
  for _ in 0..<depth { type = Proto().message(4, Proto().message(1, type)) }
  return model(graph().message(13, Proto().text(1, "v").message(2, type)))
}

private let opset = Proto().message(8, Proto().int(2, 17))
private let headed = Proto().int(1, 8)

@Suite struct WireTests {
  static let bad: [(String, Int32, [UInt8])] = [
    ("A1 empty", 3, []), ("A2 one byte", 3, [8]),
    ("A3 text", 3, Array("hello, world\n".utf8)),
    ("A3 png", 3, [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    ("A3 zip", 3, Array("PK\u{3}\u{4}aaaaaaaa".utf8)), ("A3 gguf", 3, Array("GGUF\u{3}".utf8)),
    ("A3 tflite", 3, [0x1c, 0, 0, 0] + Array("TFL3".utf8)),
    ("A4 trailing", 3, smallModel + [0, 1, 2]),
    ("A6 length 2^31", 3, headed.raw([0x3a] + Proto.varint(1 << 31)).bytes),
    ("A6 length 2^63-1", 3, headed.raw([0x3a] + Proto.varint(UInt64(Int64.max))).bytes),
    ("A6 long varint", 3, [8] + [UInt8](repeating: 0xff, count: 10) + [1]),
    ("A7 unterminated", 3, [8, 0xff]), ("A8 group", 3, headed.raw([0x3b, 0x3c]).bytes),
    ("A9 field 0", 3, headed.raw([0, 0]).bytes),
    ("A10 34", 5, nestedIf(34)), ("A10 178", 5, nestedIf(178)), ("A10 2911", 5, nestedIf(2911)),
    ("A11 sequence", 5, nestedSequence(3000)),
    (
      "A12 repeated graph", 3,
      headed.raw(
        [UInt8](repeating: 0, count: 320_000).enumerated().map { $0.0 % 2 == 0 ? 0x3a : 0 }
      )
      .bytes
    ),
    ("A14 wire type", 3, Proto().text(1, "x").bytes),
    ("NUL in name", 3, model(graph().message(1, node("a\0b")))),
    ("UTF-8 in name", 3, model(Proto().data(2, [0xff]))),
    ("B1 no graph", 3, headed.raw(opset.bytes).bytes),
    ("B2 no version", 3, Proto().message(7, graph()).raw(opset.bytes).bytes),
    ("B2 version 99", 4, Proto().int(1, 99).message(7, graph()).raw(opset.bytes).bytes),
    ("B3 no opset", 3, headed.message(7, graph()).bytes),
    ("B3 duplicate", 3, headed.message(7, graph()).raw(opset.bytes + opset.bytes).bytes),
    ("B6 no operator", 3, model(graph(nil, Proto().text(1, "x")))),
    ("B18 duplicate", 3, attributed(int("a"), int("a"))),
    ("B18 tag", 3, attributed(Proto().text(1, "a").int(20, 1).int(3, 1))),
    ("B18 two values", 3, attributed(Proto().text(1, "a").int(20, 2).int(3, 1).text(4, "s"))),
    ("B25 training", 4, headed.message(7, graph()).raw(opset.bytes).data(20, []).bytes),
    ("B27 reference", 3, attributed(Proto().text(1, "a").text(21, "b"))),
  ]

  static func int(_ name: String) -> Proto { Proto().text(1, name).int(20, 2).int(3, 1) }

  static func attributed(_ attributes: Proto...) -> [UInt8] {
    model(graph(nil, attributes.reduce(node()) { $0.message(5, $1) }))
  }

  @Test(.timeLimit(.minutes(1)), arguments: bad)
  func refuses(_ name: String, _ code: Int32, _ bytes: [UInt8]) {
    #expect(importCode(bytes) == code)
  }

  @Test func names() throws {
    let model = try ONNXModel(bytes: smallModel, name: "small")
    #expect(model.graph.nodes.map(\.operatorType) == ["Relu"])
    #expect(
      model.graph.inputs.first?.type == .tensor(.f32, shape: [.parameter("N"), .extent(4)]))
    #expect(model.opsets.map(\.version) == [17])
    #expect(model.warnings.isEmpty)
  }

  @Test func saysWhatAnotherFileIs() {
    #expect {
      _ = try ONNXModel(bytes: Array("GGUF\u{3}\0\0\0".utf8), name: "m")
    } throws: { error in
      (error as? DiagnosticError)?.diagnostics.first?.message.contains("GGUF") == true
    }
  }

  @Test func acceptsUnknownFieldsWithOneWarning() throws {
    let bytes = smallModel + Proto().int(99, 1).int(99, 2).text(98, "x").bytes
    #expect(try ONNXModel(bytes: bytes, name: "m").warnings.map(\.id) == ["unknown-field"])
  }

  @Test func acceptsSubgraphsUpToTheLimit() { #expect(importCode(nestedIf(32)) == 0) }

  @Test func refusesEachTruncation() {
    for count in smallModel.indices {
      #expect(importCode(Array(smallModel.prefix(count))) == 3)
    }
  }

  @Test func survivesEachBitFlip() {
    for bit in 0..<smallModel.count * 8 {
      var bytes = smallModel
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect([0, 3, 4, 5, 2].contains(importCode(bytes)))
    }
  }

  @Test func boundsMemoryOfEmptyNodes() {
    let nodes = (0..<1_000_001).flatMap { _ in [0x0a, 0] as [UInt8] }
    #expect(importCode(model(Proto(bytes: nodes))) == 5)
  }
}
