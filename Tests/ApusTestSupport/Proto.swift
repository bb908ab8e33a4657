/// Writes protobuf messages byte by byte, independently of the code under test.
package struct Proto {
  package var bytes: [UInt8]

  /// The fields that `bytes` hold.
  package init(bytes: [UInt8] = []) { self.bytes = bytes }

  package static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }

  package func int(_ number: Int, _ value: Int) -> Proto {
    Proto(
      bytes: bytes + Proto.varint(UInt64(number) << 3)
        + Proto.varint(UInt64(bitPattern: Int64(value))))
  }

  package func data(_ number: Int, _ value: [UInt8]) -> Proto {
    Proto(
      bytes: bytes + Proto.varint(UInt64(number) << 3 | 2) + Proto.varint(UInt64(value.count))
        + value)
  }

  package func text(_ number: Int, _ value: String) -> Proto { data(number, Array(value.utf8)) }

  package func message(_ number: Int, _ value: Proto) -> Proto { data(number, value.bytes) }

  package func packed(_ number: Int, _ values: [Int]) -> Proto {
    data(number, values.flatMap { Proto.varint(UInt64(bitPattern: Int64($0))) })
  }

  package func raw(_ value: [UInt8]) -> Proto { Proto(bytes: bytes + value) }
}
