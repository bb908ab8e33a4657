import ApusIR
import Testing

@testable import ApusRuntime

@Suite struct NumpyArchiveTests {
  static let tensors = [
    NamedTensor("in:x", TensorData(.f32, [2], [Float(1), 2])),
    NamedTensor("out:y", TensorData(.i64, [], [Int64(-3)])),
  ]

  @Test func survivesTheRoundTrip() throws {
    let bytes = try NumpyArchive.encode(Self.tensors)
    #expect(try NumpyArchive.decode(FileBytes(bytes, path: "")) == Self.tensors)
    let empty = try NumpyArchive.encode([])
    #expect(try NumpyArchive.decode(FileBytes(empty, path: "")).isEmpty)
  }

  /// The archive with each size and place moved to zip64 fields, as numpy writes large files.
  static func zip64() throws -> [UInt8] {
    let body = try NumpyFile.encode(Self.tensors[0].value)
    let name = Array("a.npy".utf8)
    let crc = little(body.withUnsafeBytes(CRC32.checksum))
    let none = [UInt8](repeating: 0xff, count: 8)
    let size = little(UInt64(body.count))
    let common = [45, 0, 0, 8, 0, 0, 0, 0, 0x21, 0] + crc + none + little(UInt16(name.count))
    var bytes = [0x50, 0x4b, 3, 4] + common + [20, 0] + name + [1, 0, 16, 0] + size + size + body
    let directory = UInt64(bytes.count)
    bytes += [0x50, 0x4b, 1, 2, 45, 0] + common + [28, 0] + [UInt8](repeating: 0, count: 10)
    bytes += [0xff, 0xff, 0xff, 0xff] + name + [1, 0, 24, 0] + size + size + little(UInt64(0))
    let end = UInt64(bytes.count)
    bytes += [0x50, 0x4b, 6, 6] + little(UInt64(44)) + [45, 0, 45, 0] + little(UInt64(0))
    bytes += little(UInt64(1)) + little(UInt64(1)) + little(end - directory) + little(directory)
    bytes += [0x50, 0x4b, 6, 7, 0, 0, 0, 0] + little(end) + [1, 0, 0, 0]
    bytes += [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + none + [0xff, 0xff, 0xff, 0xff, 0, 0]
    return bytes
  }

  @Test func readsZip64() throws {
    let tensors = try NumpyArchive.decode(FileBytes(Self.zip64(), path: ""))
    #expect(tensors == [NamedTensor("a", Self.tensors[0].value)])
  }

  @Test func neverTrapsOnDamage() throws {
    for original in [try NumpyArchive.encode(Self.tensors), try Self.zip64()] {
      for index in original.indices {
        for damage in [UInt8(0), 0x7f, 0xff, original[index] ^ 1] {
          var bytes = original
          bytes[index] = damage
          _ = try? NumpyArchive.decode(FileBytes(bytes, path: ""))
        }
        _ = try? NumpyArchive.decode(FileBytes(Array(original[..<index]), path: ""))
      }
    }
  }

  @Test func checksTheChecksum() throws {
    var bytes = try NumpyArchive.encode(Self.tensors)
    bytes[40 + 128] ^= 1
    #expect(
      diagnosticID { () throws(DiagnosticError) in
        _ = try NumpyArchive.decode(FileBytes(bytes, path: ""))
      } == "zip-checksum")
  }
}
