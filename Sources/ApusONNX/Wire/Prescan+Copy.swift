extension Prescan {
  /// Checks and copies a number, or a packed run of numbers where the field may repeat.
  mutating func scanNumbers(
    _ field: Field, _ number: Int, _ wire: WireCursor.WireType, in frame: inout Frame,
    _ bytes: Span<UInt8>
  ) throws(WireFault) {
    let first = frame.cursor.position
    if wire == .delimited, field.mayRepeat {
      let range = try frame.cursor.delimited(bytes)
      let count = try checkPacked(field, range, in: frame, bytes)
      if case .limited(let most) = field.count {
        frame.limited += max(count, 1) - 1
        try limit(
          frame.limited, limits.value(of: most), "\(field.name)", id: "too-many-fields", frame)
      }
      try spend(count * 16, frame)
    } else {
      try checkNumber(field, wire, &frame.cursor, frame, bytes)
      try spend(64, frame)
    }
    appendVarint(UInt64(number) << 3 | wire.rawValue)
    append(bytes, first..<frame.cursor.position)
  }

  /// Checks the numbers of a packed field and counts them.
  private func checkPacked(
    _ field: Field, _ range: Range<Int>, in frame: Frame, _ bytes: Span<UInt8>
  ) throws(WireFault) -> Int {
    let width = field.content.fixedWidth
    if width > 0 {
      guard range.count % width == 0 else { throw .truncated }
      return range.count / width
    }
    var cursor = WireCursor(range)
    var count = 0
    while !cursor.isAtEnd {
      try checkNumber(field, .varint, &cursor, frame, bytes)
      count += 1
    }
    return count
  }

  private func checkNumber(
    _ field: Field, _ wire: WireCursor.WireType, _ cursor: inout WireCursor, _ frame: Frame,
    _ bytes: Span<UInt8>
  ) throws(WireFault) {
    switch (field.content, wire) {
    case (.integer64, .varint): _ = try cursor.varint(bytes)
    case (.integer32, .varint):
      let value = Int64(bitPattern: try cursor.varint(bytes))
      // Some writers store a negative number in 32 bits instead of 64.
      guard value >= Int64(Int32.min), value <= Int64(UInt32.max) else {
        throw invalid("wire-int32", "\(field.name) has more than 32 bits", frame)
      }
    case (.fixed32, .fixed32): _ = try cursor.skip(4)
    case (.fixed64, .fixed64): _ = try cursor.skip(8)
    default: throw wrongType(field, frame)
    }
  }

  /// Copies a field of bytes.
  mutating func append(
    _ range: Range<Int>, _ number: Int, in frame: Frame, _ bytes: Span<UInt8>
  ) throws(WireFault) {
    try spend(96 + range.count, frame)
    appendVarint(UInt64(number) << 3 | WireCursor.WireType.delimited.rawValue)
    appendVarint(UInt64(range.count))
    append(bytes, range)
  }

  /// Writes the index of a byte range in place of the bytes.
  mutating func appendPayload(_ range: Range<Int>, _ number: Int) {
    appendVarint(UInt64(number) << 3 | WireCursor.WireType.delimited.rawValue)
    appendVarint(4)
    for shift in [0, 8, 16, 24] { copy.append(UInt8(truncatingIfNeeded: payloads.count >> shift)) }
    payloads.append(range)
  }

  /// Scans a message and copies it with its new length.
  mutating func appendMessage(
    _ kind: MessageKind, _ range: Range<Int>, _ number: Int, in frame: Frame,
    _ bytes: Span<UInt8>
  ) throws(WireFault) {
    appendVarint(UInt64(number) << 3 | WireCursor.WireType.delimited.rawValue)
    let place = copy.count
    copy.append(contentsOf: [0x80, 0x80, 0x80, 0x80, 0])
    var inner = Frame(
      kind: kind, depth: frame.depth + 1,
      subgraphs: frame.subgraphs + (kind == .graph ? 1 : 0),
      cursor: WireCursor(range), start: range.lowerBound)
    try scan(&inner, bytes)
    let count = copy.count - place - 5
    try limit(count, Int(Int32.max), "bytes", id: "message-too-large", frame)
    for index in 0..<5 {
      copy[place + index] |= UInt8(truncatingIfNeeded: (count >> (7 * index)) & 0x7f)
    }
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      copy.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    copy.append(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    bytes.extracting(range).withUnsafeBufferPointer { copy.append(contentsOf: $0) }
  }
}

extension Field {
  /// Whether numbers of this field may stand packed in one run.
  var mayRepeat: Bool {
    switch count {
    case .one, .oneOf: false
    case .many, .limited: true
    }
  }
}

extension Field.Content {
  /// The bytes of a number of fixed width; 0 for other content.
  var fixedWidth: Int {
    switch self {
    case .fixed32: 4
    case .fixed64: 8
    default: 0
    }
  }
}
