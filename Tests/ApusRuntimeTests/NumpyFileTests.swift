import ApusIR
import Testing

@testable import ApusRuntime

@Suite struct NumpyFileTests {
  /// An `.npy` file with the given header text and body.
  static func file(_ header: String, _ body: [UInt8], version: UInt8 = 1) -> FileBytes {
    let text = Array((header + "\n").utf8)
    let length = version == 1 ? little(UInt16(text.count)) : little(UInt32(text.count))
    return FileBytes(
      [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + body, path: "t.npy")
  }

  @Test(arguments: [
    ElementType.bool, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f16, .f32, .f64, .c64, .c128,
  ])
  func survivesTheRoundTrip(_ element: ElementType) throws {
    let bytes = (0..<6 * element.bitWidth / 8).map { UInt8(element == .bool ? $0 % 2 : $0) }
    let data = try FileBytes(bytes, path: "").tensor(element, [2, 3])
    let encoded = try NumpyFile.encode(data)
    #expect(encoded.count % 64 == bytes.count % 64)
    #expect(try NumpyFile.decode(FileBytes(encoded, path: "")) == data)
  }

  @Test(arguments: [[], [0], [5], [1, 5], [5, 1, 1]])
  func keepsShapes(_ extents: [Int]) throws {
    let data = TensorData(.u8, extents, [UInt8](repeating: 7, count: extents.reduce(1, *)))
    let encoded = try NumpyFile.encode(data)
    #expect(try NumpyFile.decode(FileBytes(encoded, path: "")).type.shape.extents == extents)
  }

  @Test(arguments: [UInt8(1), 2, 3]) func readsFortranOrder(version: UInt8) throws {
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }"
    let value = try NumpyFile.decode(Self.file(header, [1, 4, 2, 5, 3, 6], version: version))
    #expect(value == TensorData(.u8, [2, 3], [UInt8](1...6)))
  }

  private func words(_ extents: [Int], _ texts: String...) -> TensorData {
    TensorData(strings: texts.map { Array($0.utf8) }, extents)
  }

  @Test func readsStrings() throws {
    let bytes = "{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }"
    #expect(
      try NumpyFile.decode(Self.file(bytes, Array("abcd\0\0".utf8)))
        == words([2], "abc", "d"))
    let unicode = "{'descr': '<U2', 'fortran_order': False, 'shape': (), }"
    #expect(
      try NumpyFile.decode(Self.file(unicode, [0xe9, 0, 0, 0, 0, 0, 0, 0]))
        == words([], "é"))
    let value = words([3], "", "x", "äß")
    #expect(try NumpyFile.decode(FileBytes(NumpyFile.encode(value), path: "")) == value)
  }

  @Test(arguments: [
    ("", "npy-header"),
    ("{'descr': '|u1'", "npy-header"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (3}", "npy-header"),
    ("{'descr': '|u1', 'fortran_order': 1, 'shape': (3,)}", "npy-header"),
    ("{'descr': '|u1', 'descr': '|u1', 'shape': (3,)}", "npy-header"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}", "npy-header"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (-3,)}", "npy-shape"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "npy-shape"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}", "npy-size"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}", "npy-size"),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "npy-size"),
    ("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", "tensor-bool"),
    ("{'descr': '|S0', 'fortran_order': False, 'shape': (3,)}", "npy-size"),
    ("{'descr': '>f4', 'fortran_order': False, 'shape': (3,)}", "npy-type"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", "npy-type"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", "npy-type"),
  ])
  func refusesMalformedHeaders(_ header: String, _ id: String) throws {
    #expect(
      diagnosticID { () throws(DiagnosticError) in
        _ = try NumpyFile.decode(Self.file(header, [1, 2, 3]))
      } == id)
  }

  @Test func readsFortranOrderWithoutElements() throws {
    let huge = "(0, 4611686018427387904, 4611686018427387904)"
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': \(huge)}"
    #expect(try NumpyFile.decode(Self.file(header, [])).type.shape[0] == 0)
  }

  @Test func refusesEveryTruncation() throws {
    let bytes = try NumpyFile.encode(TensorData(.f32, [2], [Float(1), 2]))
    for count in 0..<bytes.count {
      #expect(throws: DiagnosticError.self) {
        try NumpyFile.decode(FileBytes(Array(bytes[..<count]), path: ""))
      }
    }
  }

  @Test func refusesTypesThatNumpyLacks() {
    let data = TensorData(.bf16, [1], [UInt16(0)])
    #expect(throws: DiagnosticError.self) { try NumpyFile.encode(data) }
  }
}

/// The ID of the first diagnostic that `body` throws; `nil` when it throws none.
func diagnosticID(_ body: () throws(DiagnosticError) -> Void) -> String? {
  do throws(DiagnosticError) { try body() } catch { return error.diagnostics.first?.id }
  return nil
}
