import ApusIR
import Testing

@testable import ApusRuntime

@Suite struct TensorProtoFileTests {
  func decode(_ bytes: [UInt8]) throws -> NamedTensor {
    try TensorProtoFile.decode(FileBytes(bytes, path: "t.pb"))
  }

  @Test(arguments: ElementType.allCases.filter { $0 != .string })
  func survivesTheRoundTrip(_ element: ElementType) throws {
    let size = try #require(element.byteCount(of: 8))
    let data = try FileBytes([UInt8](repeating: 1, count: size), path: "").tensor(element, [2, 4])
    let tensor = NamedTensor("weight", data)
    #expect(try decode(TensorProtoFile.encode(tensor)) == tensor)
    #expect(ElementType(onnxDataType: element.onnxDataType) == element)
  }

  @Test func packsSixBits() throws {
    let data = try FileBytes([1, 2, 3, 0x3f, 0x21], path: "").tensor(.f6e2m3, [5])
    let bytes = TensorProtoFile.encode(NamedTensor("", data))
    // Four elements are 24 bits, low bits first, the fifth begins the next byte.
    #expect(bytes.suffix(5) == [4, 0x81, 0x30, 0xfc, 0x21])
    #expect(throws: DiagnosticError.self) { try decode(bytes.dropLast() + [0x21, 0]) }
  }

  @Test func keepsStrings() throws {
    let tensor = NamedTensor("s", TensorData(strings: ["", "ü"].map { Array($0.utf8) }, [2]))
    #expect(try decode(TensorProtoFile.encode(tensor)) == tensor)
  }

  @Test(arguments: [
    // dims = 2, data_type, then the typed field, packed or not
    (ElementType.f32, [8, 2, 16, 1, 0x22, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], [1.0, 2]),
    (.f32, [8, 2, 16, 1, 0x25, 0, 0, 0x80, 0x3f, 0x25, 0, 0, 0, 0x40], [1, 2]),
    (.i32, [10, 1, 2, 16, 6, 0x2a, 2, 5, 6], [5, 6]),
    (.i8, [8, 2, 16, 3, 0x28, 1] + [0x28] + [UInt8](repeating: 0xff, count: 9) + [1], [1, -1]),
    (.f16, [8, 2, 16, 10, 0x2a, 5, 0x80, 0x78, 0x80, 0x80, 1], [1, 2]),
    (.i64, [8, 2, 16, 7, 0x38, 7, 0x38, 8], [7, 8]),
    (.u64, [8, 2, 16, 13, 0x5a, 2, 7, 8], [7, 8]),
    (.u32, [8, 2, 16, 12, 0x5a, 2, 7, 8], [7, 8]),
    (.u4, [8, 2, 16, 21, 0x28, 0x21], [1, 2]),
  ])
  func readsTypedFields(_ element: ElementType, _ bytes: [UInt8], _ want: [Double]) throws {
    let data = try decode(bytes).value
    #expect(data.type.element == element)
    #expect(data.withReals { real in (0..<2).map(real) } == want)
  }

  @Test(arguments: [
    ([0x08], "protobuf-number"), ([0x00], "protobuf-field"), ([0x0b], "protobuf-field"),
    ([16, 1, 0x4a, 200, 1], "protobuf-field"), ([16, 99], "tensorproto-type"),
    ([0x4a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "protobuf-field"),
    ([8, 2, 16, 1, 0x4a, 4, 0, 0, 0, 0], "tensor-size"),
    ([8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 16, 1], "tensor-size"),
    ([8, 1, 16, 1, 0x2a, 1, 1], "tensorproto-type"), ([0x72, 1, 1], "tensorproto-external"),
    ([8, 1, 16, 8], "tensor-size"), ([8, 1, 16, 9, 0x4a, 1, 2], "tensor-bool"),
    ([16, 1, 0x22, 3, 0, 0, 0], "tensorproto-field"),
  ])
  func refusesMalformedBytes(_ bytes: [UInt8], _ id: String) {
    #expect(
      diagnosticID { () throws(DiagnosticError) in
        _ = try TensorProtoFile.decode(FileBytes(bytes, path: ""))
      } == id)
  }
}
