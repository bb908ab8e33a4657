import ApusIR

/// Reads the fields of one protobuf message in order; never recurses and never copies.
struct ProtobufReader {
  /// The payload of a field.
  enum Payload {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(FileBytes)
  }

  private let file: FileBytes
  private(set) var position = 0

  init(_ file: FileBytes) { self.file = file }

  /// Whether all bytes are read.
  var isAtEnd: Bool { position == file.count }

  /// The next field, or `nil` at the end.
  mutating func field() throws(DiagnosticError) -> (number: UInt64, payload: Payload)? {
    guard !isAtEnd else { return nil }
    let start = position
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29, let payload = try payload(wireType: key & 7) else {
      throw file.malformed("not a protobuf field", id: "protobuf-field", at: start)
    }
    return (key >> 3, payload)
  }

  /// A base-128 number of at most ten bytes.
  mutating func varint() throws(DiagnosticError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = file.integer(UInt8.self, at: position) else { break }
      position += 1
      if shift == 63 && byte > 1 { break }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw file.malformed("a protobuf number is cut short", id: "protobuf-number", at: position)
  }

  private mutating func payload(wireType: UInt64) throws(DiagnosticError) -> Payload? {
    switch wireType {
    case 0: return .varint(try varint())
    case 1: return file.integer(UInt64.self, at: advance(8)).map { .fixed64($0) }
    case 2:
      guard let count = Int(exactly: try varint()), count <= file.count,
        let bytes = file.window(at: advance(count), count: count)
      else { return nil }
      return .bytes(bytes)
    case 5: return file.integer(UInt32.self, at: advance(4)).map { .fixed32($0) }
    default: return nil
    }
  }

  /// Moves on by `count` bytes and gives the place before.
  private mutating func advance(_ count: Int) -> Int {
    defer { position += count }
    return position
  }
}
