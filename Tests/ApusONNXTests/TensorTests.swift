import ApusIR
import ApusONNX
import ApusTestSupport
import Testing

private func loaded(_ tensor: Proto) throws -> ONNXTensor {
  try #require(ONNXModel(bytes: model(graph(tensor)), name: "t").graph.initializers.first)
}

private func bytes(_ tensor: Proto) throws -> [UInt8] {
  try loaded(tensor).data.withBytes { Array($0) }
}

@Suite struct TensorTests {
  static let bad: [(String, Int32, Proto)] = [
    ("C1 negative", 3, tensor(1, [-1]).data(9, [])),
    ("C2 wraps", 3, tensor(1, [1 << 32, 1 << 32])), ("C2 overflows", 3, tensor(1, [1 << 62, 4])),
    ("C2 extent", 5, tensor(1, [1 << 32])), ("C2 size", 5, tensor(1, [1 << 30, 1 << 20])),
    ("C3 little data", 3, tensor(1, [65536, 65536]).data(9, [0, 0, 0, 0])),
    ("C4 short", 3, tensor(1, [1]).data(9, [0, 0, 0])),
    ("C4 long", 3, tensor(1, [1]).data(9, [0, 0, 0, 0, 0])),
    ("C5 both", 3, tensor(1, [1]).data(9, [0, 0, 0, 0]).data(4, [0, 0, 0, 0])),
    ("C6 field", 3, tensor(1, [1]).packed(7, [1])),
    ("C6 strings", 3, tensor(1, [1]).text(6, "a")), ("C7 type 0", 3, tensor(0, [1])),
    ("C7 type 29", 4, tensor(29, [1])), ("C7 type 2^31", 4, tensor(1 << 31, [1])),
    ("C8 u8 300", 3, tensor(2, [1]).packed(5, [300])),
    ("C8 bool 2", 3, tensor(9, [1]).packed(5, [2])),
    ("C8 raw bool 2", 3, tensor(9, [1]).data(9, [2])),
    ("C10 zero size", 3, tensor(1, [0]).data(9, [1])),
    ("C12 rank 65", 5, tensor(1, Array(repeating: 1, count: 65))),
    ("C12 rank 1e6", 5, Proto().packed(1, Array(repeating: 1, count: 1_000_000)).int(2, 1)),
    ("C15 segment", 4, tensor(1, [1]).message(3, Proto().int(1, 0))),
    ("no data", 3, tensor(1, [1])), ("location", 3, tensor(1, [1]).int(14, 7)),
    (
      "external without folder", 2,
      tensor(1, [1]).int(14, 1).message(13, Proto().text(1, "location").text(2, "w"))
    ),
  ]

  @Test(arguments: bad)
  func refuses(_ name: String, _ code: Int32, _ tensor: Proto) {
    #expect(importCode(model(graph(tensor))) == code)
  }

  @Test(arguments: [
    (9, 8), (2, 8), (3, 8), (4, 16), (5, 16), (6, 32), (7, 64), (10, 16), (11, 64), (12, 32),
    (13, 64), (14, 64), (15, 128), (16, 16), (17, 8), (18, 8), (19, 8), (20, 8), (24, 8), (1, 32),
  ])
  func keepsRawBits(_ code: Int, _ width: Int) throws {
    let raw = (0..<3 * width / 8).map { code == 9 ? UInt8($0 % 2) : UInt8(0xff - $0) }
    #expect(try bytes(tensor(code, [3]).data(9, raw)) == raw)
    #expect(try bytes(tensor(code, [0]).data(9, [])).isEmpty)
    #expect(try bytes(tensor(code, []).data(9, Array(raw.prefix(width / 8)))).count == width / 8)
  }

  @Test func readsTypedFields() throws {
    #expect(try bytes(tensor(1, [1]).data(4, [1, 0, 0xa0, 0x7f])) == [1, 0, 0xa0, 0x7f])
    #expect(try bytes(tensor(14, [1]).data(4, Array(0..<8))) == Array(0..<8))
    #expect(try bytes(tensor(11, [1]).data(10, Array(0..<8))) == Array(0..<8))
    #expect(try bytes(tensor(15, [1]).data(10, Array(0..<16))) == Array(0..<16))
    #expect(try bytes(tensor(6, [2]).packed(5, [-2, 1])) == [254, 255, 255, 255, 1, 0, 0, 0])
    #expect(try bytes(tensor(3, [2]).int(5, -2).int(5, 1)) == [254, 1])
    #expect(try bytes(tensor(5, [1]).packed(5, [-2])) == [254, 255])
    #expect(try bytes(tensor(10, [1]).packed(5, [0x3c00])) == [0, 0x3c])
    #expect(try bytes(tensor(16, [1]).packed(5, [0x3f80])) == [0x80, 0x3f])
    #expect(try bytes(tensor(17, [1]).packed(5, [0xff])) == [0xff])
    #expect(try bytes(tensor(7, [1]).packed(7, [-1])) == [UInt8](repeating: 255, count: 8))
    #expect(try bytes(tensor(12, [1]).packed(11, [258])) == [2, 1, 0, 0])
    #expect(try bytes(tensor(13, [1]).packed(11, [258])) == [2, 1, 0, 0, 0, 0, 0, 0])
    #expect(try bytes(tensor(9, [2]).packed(5, [1, 0])) == [1, 0])
  }

  @Test func readsPackedElements() throws {
    #expect(try bytes(tensor(22, [3]).data(9, [0x21, 0xf3])) == [0x21, 3])
    #expect(try bytes(tensor(21, [3]).packed(5, [0x21, 0xf3])) == [0x21, 3])
    #expect(try bytes(tensor(25, [5]).data(9, [0xe4, 0xfd])) == [0xe4, 1])
    #expect(try bytes(tensor(23, [2]).data(9, [0x7f])) == [0x7f])
    #expect(try bytes(tensor(27, [5]).data(9, [0x81, 0x30, 0x10, 0x05])) == [1, 2, 3, 4, 5])
    #expect(try bytes(tensor(28, [2]).packed(5, [63, 1])) == [63, 1])
  }

  @Test func readsStrings() throws {
    let data = try loaded(tensor(8, [2]).text(6, "a").text(6, "")).data
    #expect(data.strings == [[97], []])
  }
}
