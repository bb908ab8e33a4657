import ApusBytecode
import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// A tensor as the bytes that files hold.
struct Stored: Hashable, Sendable {
  var element: ElementType
  var extents: [Int]
  var bytes: [UInt8]

  init(_ element: ElementType, _ extents: [Int], _ bytes: [UInt8]) {
    (self.element, self.extents, self.bytes) = (element, extents, bytes)
  }

  init<Number: BitwiseCopyable>(_ element: ElementType, _ extents: [Int], of numbers: [Number]) {
    self.init(element, extents, numbers.withUnsafeBytes { Array($0) })
  }

  init(_ data: TensorData) {
    self.init(data.type.element, data.type.shape.extents ?? [], data.withBytes { Array($0) })
  }

  func data() throws -> TensorData {
    let buffer = TensorBuffer(count: bytes.count) { $0.copyBytes(from: bytes) }
    return try #require(
      TensorData(TensorType(element, extents), in: buffer, range: 0..<bytes.count))
  }
}

private func f32(_ extents: [Int], _ numbers: [Float]) -> Stored {
  Stored(.f32, extents, of: numbers)
}

private func i8(_ extents: [Int], _ numbers: [Int8]) -> Stored { Stored(.i8, extents, of: numbers) }

private func u8(_ extents: [Int], _ numbers: [UInt8]) -> Stored { Stored(.u8, extents, numbers) }

/// One node between tensors of any type, worked out by hand from the operator's text.
struct QuantizedCase: Sendable, CustomTestStringConvertible {
  var name: String
  var domain = ""
  var attributes: [String: ONNXAttribute.Value] = [:]
  var inputs: [Stored]
  var expected: [Stored]

  var testDescription: String { name }
}

private let casts: [QuantizedCase] = [
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(17)],
    inputs: [f32([6], [464, -465, .infinity, .nan, 0x1p-10, 0x1.8p-9])],
    expected: [Stored(.f8e4m3fn, [6], [0x7e, 0xfe, 0x7e, 0x7f, 0, 2])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(17), "saturate": .int(0)],
    inputs: [f32([3], [464, -465, .infinity])],
    expected: [Stored(.f8e4m3fn, [3], [0x7e, 0xff, 0x7f])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(19), "saturate": .int(0)],
    inputs: [f32([3], [61440, 61439, -.infinity])],
    expected: [Stored(.f8e5m2, [3], [0x7c, 0x7b, 0xfc])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(23)], inputs: [f32([5], [5, 0.25, -2.5, 100, 0.75])],
    expected: [Stored(.f4e2m1, [5], [0x06, 0x7c, 0x02])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(24)], inputs: [f32([4], [1, 1.25, 0, 3e38])],
    expected: [Stored(.f8e8m0, [4], [127, 128, 0, 254])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(24), "round_mode": .string(Array("down".utf8))],
    inputs: [f32([3], [1.75, 0x1p-126, 3e38])], expected: [Stored(.f8e8m0, [3], [127, 1, 254])]),
  QuantizedCase(
    name: "Cast",
    attributes: [
      "to": .int(24), "round_mode": .string(Array("nearest".utf8)), "saturate": .int(0),
    ],
    inputs: [f32([5], [1.25, 1.5, 0, .infinity, .nan])],
    expected: [Stored(.f8e8m0, [5], [127, 128, 255, 255, 255])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(22)], inputs: [f32([3], [-9, 7.9, .nan])],
    expected: [Stored(.i4, [3], [0x77, 0])]),
  QuantizedCase(
    name: "Cast", attributes: ["to": .int(3)], inputs: [Stored(.i2, [5], [0b10_11_01_00, 0b11])],
    expected: [i8([5], [0, 1, -1, -2, -1])]),
  QuantizedCase(
    name: "BitCast", attributes: ["to": .int(6)], inputs: [f32([1], [-0.0])],
    expected: [Stored(.i32, [1], of: [Int32.min])]),
  QuantizedCase(
    name: "BitCast", attributes: ["to": .int(21)], inputs: [Stored(.f4e2m1, [3], [0x9f, 0x04])],
    expected: [Stored(.u4, [3], [0x9f, 0x04])]),
  QuantizedCase(
    name: "BitCast", attributes: ["to": .int(5)], inputs: [Stored(.f16, [1], of: [UInt16(0xfc01)])],
    expected: [Stored(.i16, [1], of: [Int16(bitPattern: 0xfc01)])]),
]

private let quantization: [QuantizedCase] = [
  QuantizedCase(
    name: "QuantizeLinear",
    inputs: [f32([6], [0, 2, 3, 1000, -254, -1000]), f32([], [2]), u8([], [128])],
    expected: [u8([6], [128, 129, 130, 255, 1, 0])]),
  QuantizedCase(
    name: "QuantizeLinear", attributes: ["output_dtype": .int(22)],
    inputs: [f32([5], [-100, -1.5, 2.5, 100, 5]), f32([], [1])],
    expected: [Stored(.i4, [5], [0xe8, 0x72, 0x05])]),
  QuantizedCase(
    name: "QuantizeLinear", attributes: ["axis": .int(-2)],
    inputs: [f32([2, 2], [8, 9, 8, 9]), f32([2], [1, 2]), i8([2], [0, 1])],
    expected: [i8([2, 2], [8, 9, 5, 5])]),
  QuantizedCase(
    name: "DequantizeLinear",
    inputs: [Stored(.u4, [3], [0x21, 0x0f]), f32([], [0.5]), Stored(.u4, [], [1])],
    expected: [f32([3], [0, 0.5, 7])]),
  QuantizedCase(
    name: "DequantizeLinear", attributes: ["axis": .int(0), "block_size": .int(2)],
    inputs: [i8([5], [1, 2, 3, 4, 5]), f32([3], [1, 10, 100]), i8([3], [0, 1, 2])],
    expected: [f32([5], [1, 2, 20, 30, 300])]),
  QuantizedCase(
    name: "DynamicQuantizeLinear", inputs: [f32([3], [-1, 0.5, 254])],
    expected: [u8([3], [0, 1, 255]), f32([], [1]), u8([], [1])]),
  QuantizedCase(
    name: "MatMulInteger",
    inputs: [u8([1, 2], [3, 5]), i8([2, 1], [2, -3]), u8([], [1]), i8([1], [0])],
    expected: [Stored(.i32, [1, 1], of: [Int32(-8)])]),
  QuantizedCase(
    // Padding counts as the zero point.
    name: "ConvInteger", attributes: ["pads": .ints([0, 1, 0, 1])],
    inputs: [u8([1, 1, 1, 2], [5, 7]), u8([1, 1, 1, 3], [1, 1, 1]), u8([], [5])],
    expected: [Stored(.i32, [1, 1, 1, 2], of: [Int32(2), 2])]),
  QuantizedCase(
    name: "QLinearConv",
    inputs: [
      u8([1, 1, 2], [10, 20]), f32([], [0.5]), u8([], [0]), i8([2, 1, 1], [3, -3]),
      f32([2], [2, 4]), i8([2], [0, 0]), f32([], [4]), u8([], [100]),
      Stored(.i32, [2], of: [Int32(7), 0]),
    ],
    // (30 + 7) / 4 = 9.25, (60 + 7) / 4 = 16.75, -30 / 2, -60 / 2
    expected: [u8([1, 2, 2], [109, 117, 85, 70])]),
  QuantizedCase(
    name: "QLinearMatMul",
    inputs: [
      i8([2, 1], [10, 11]), f32([2], [0.5, 1]), i8([2], [0, 1]), i8([1, 1], [5]), f32([], [1]),
      i8([], [0]), f32([], [10]), i8([], [-1]),
    ],
    // 25 / 10 rounds to 2, 50 / 10 to 5.
    expected: [i8([2, 1], [1, 4])]),
  QuantizedCase(
    name: "QLinearAdd", domain: "com.microsoft",
    inputs: [
      u8([1], [10]), f32([], [1]), u8([], [0]), u8([1], [7]), f32([], [2]), u8([], [2]),
      f32([], [4]), u8([], [1]),
    ], expected: [u8([1], [6])]),
  QuantizedCase(
    name: "MatMulNBits", domain: "com.microsoft",
    attributes: ["N": .int(1), "K": .int(16), "block_size": .int(16)],
    inputs: [
      f32([1, 16], Array(repeating: 1, count: 16)),
      u8([1, 1, 8], Array(repeating: 0x98, count: 8)),
      f32([1], [0.5]),
    ], expected: [f32([1, 1], [4])]),
]

private func rejects(
  _ name: String, domain: String = "", _ attributes: [String: ONNXAttribute.Value] = [:],
  _ inputs: [Stored]
) -> QuantizedCase {
  QuantizedCase(name: name, domain: domain, attributes: attributes, inputs: inputs, expected: [])
}

private let refused: [QuantizedCase] = [
  rejects("BitCast", ["to": .int(1)], [i8([4], [0, 0, 0, 0])]),
  rejects("Cast", ["to": .int(24), "round_mode": .string([0x78])], [f32([1], [0])]),
  rejects("QuantizeLinear", ["precision": .int(6)], [f32([1], [0]), f32([], [1])]),
  rejects("QuantizeLinear", ["output_dtype": .int(2)], [f32([1], [0]), f32([], [1]), i8([], [0])]),
  rejects("DequantizeLinear", ["axis": .int(7)], [i8([2], [0, 1]), f32([2], [1, 1])]),
  rejects("DequantizeLinear", ["axis": .int(0)], [i8([3], [0, 1, 2]), f32([2], [1, 1])]),
  rejects(
    "DequantizeLinear", ["axis": .int(0), "block_size": .int(-1)],
    [i8([3], [0, 1, 2]), f32([2], [1, 1])]),
  rejects(
    "DequantizeLinear", ["axis": .int(0), "block_size": .int(.max)],
    [i8([3], [0, 1, 2]), f32([2], [1, 1])]),
  rejects("MatMulInteger", [:], [u8([1, 2], [3, 5]), i8([2, 1], [2, -3]), i8([], [1])]),
  rejects(
    "MatMulNBits", domain: "com.microsoft",
    ["N": .int(.max), "K": .int(.max), "block_size": .int(16)],
    [f32([1, 1], [1]), u8([1], [0]), f32([1], [1])]),
]

@Suite struct QuantizedOperatorTests {
  private func results(_ test: QuantizedCase) throws -> [Stored] {
    var graph = Graph(name: "case")
    let operands = test.inputs.enumerated().map { place, input in
      graph.addInput("x\(place)", TensorType(input.element, input.extents))
    }
    var importer = NodeImporter(graph: graph)
    let rule = try #require(OperatorRegistry.rule(test.name, domain: test.domain))
    let attributes = test.attributes.map { ONNXAttribute(name: $0, value: $1) }
    importer.begin(
      ONNXNode(
        name: "", operatorType: test.name, domain: test.domain, overload: "",
        inputs: operands.indices.map { "x\($0)" }, outputs: ["y"], attributes: attributes),
      version: test.domain.isEmpty ? 28 : 1, operands: operands)
    let results = try rule.body(&importer)
    try importer.end()
    for (place, value) in results.enumerated() {
      importer.graph.addOutput(value, name: "y\(place)")
    }
    let program = try Lowering.program(
      for: importer.graph, target: .virtualMachine, name: "case")
    let session = try Session(try Bytecode.encode(program))
    return try session.run(test.inputs.map { try $0.data() }).map { Stored($0) }
  }

  @Test(arguments: casts + quantization) func computes(_ test: QuantizedCase) throws {
    #expect(try results(test) == test.expected)
  }

  @Test(arguments: refused) func refuses(_ test: QuantizedCase) {
    #expect(throws: ImportFailure.self) { try results(test) }
  }
}
