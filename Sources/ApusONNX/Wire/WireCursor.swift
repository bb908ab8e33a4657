internal import ApusIR

/// A place in the raw bytes of a protobuf message, and the reading of its smallest parts.
struct WireCursor {
  /// How a field is stored.
  enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
    case startGroup = 3
    case endGroup = 4
    case fixed32 = 5
  }

  /// The next byte to read.
  var position: Int
  /// One past the last byte of the message.
  let end: Int

  /// A cursor over `range`.
  init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// Whether the message has no more bytes.
  var isAtEnd: Bool { position >= end }

  /// Reads a base-128 number of at most 64 bits.
  mutating func varint(_ bytes: Span<UInt8>) throws(WireFault) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<10 {
      guard position < end else { throw .truncated }
      let byte = bytes[position]
      position += 1
      if index == 9 && byte > 1 { throw .varint }
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte < 0x80 { return value }
    }
    throw .varint
  }

  /// Reads a field's number and how it is stored.
  mutating func tag(_ bytes: Span<UInt8>) throws(WireFault) -> (number: Int, wire: WireType) {
    let value = try varint(bytes)
    guard value <= UInt64(UInt32.max) else { throw .fieldNumber }
    guard value >> 3 != 0 else { throw .fieldNumber }
    guard let wire = WireType(rawValue: value & 7) else { throw .wireType(Int(value & 7)) }
    guard wire != .startGroup && wire != .endGroup else { throw .group }
    return (Int(value >> 3), wire)
  }

  /// Reads a length and passes over as many bytes; returns their range.
  mutating func delimited(_ bytes: Span<UInt8>) throws(WireFault) -> Range<Int> {
    let length = try varint(bytes)
    guard let count = Int(exactly: length), count <= end - position else {
      throw .length(length, left: end - position)
    }
    return try skip(count)
  }

  /// Passes over `count` bytes; returns their range.
  mutating func skip(_ count: Int) throws(WireFault) -> Range<Int> {
    guard count <= end - position else { throw .truncated }
    defer { position += count }
    return position..<position + count
  }

  /// Passes over the value of a field that is not known.
  mutating func skip(_ wire: WireType, _ bytes: Span<UInt8>) throws(WireFault) {
    switch wire {
    case .varint: _ = try varint(bytes)
    case .fixed64: _ = try skip(8)
    case .delimited: _ = try delimited(bytes)
    case .fixed32: _ = try skip(4)
    case .startGroup, .endGroup: throw .group
    }
  }
}
