/// The checksum of zip archives (ISO 3309, reflected polynomial 0xedb88320).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0xedb8_8320 : crc >> 1 }
  }

  /// The checksum of `bytes`, in linear time.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      ~bytes.reduce(~UInt32(0)) { crc, byte in
        table[Int((crc ^ UInt32(byte)) & 255)] ^ (crc >> 8)
      }
    }
  }
}
