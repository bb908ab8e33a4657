internal import ApusIR

extension Prescan {
  /// Refuses a singular field that stands twice and counts fields that have a limit.
  mutating func count(
    _ field: Field, _ number: Int, in frame: inout Frame
  ) throws(WireFault) {
    switch field.count {
    case .many: return
    case .limited(let most):
      frame.limited += 1
      try limit(
        frame.limited, limits.value(of: most), "\(field.name)", id: "too-many-fields", frame)
      return
    case .one: break
    case .oneOf:
      if frame.hasUnion {
        throw invalid("wire-union", "a second kind of value, \(field.name)", frame)
      }
      frame.hasUnion = true
    }
    let bit: UInt64 = 1 << UInt64(number)
    if frame.seen & bit != 0 {
      throw invalid("wire-duplicate", "a second \(field.name)", frame)
    }
    frame.seen |= bit
  }

  /// Checks the value of a field and copies what libprotobuf-c shall see of it.
  mutating func scan(
    _ field: Field, _ number: Int, _ wire: WireCursor.WireType, in frame: inout Frame,
    _ bytes: Span<UInt8>
  ) throws(WireFault) {
    switch field.content {
    case .integer32, .integer64, .fixed32, .fixed64:
      try scanNumbers(field, number, wire, in: &frame, bytes)
    default:
      guard wire == .delimited else { throw wrongType(field, frame) }
      let range = try frame.cursor.delimited(bytes)
      try scanDelimited(field, number, range, in: frame, bytes)
    }
  }

  private mutating func scanDelimited(
    _ field: Field, _ number: Int, _ range: Range<Int>, in frame: Frame, _ bytes: Span<UInt8>
  ) throws(WireFault) {
    switch field.content {
    case .name:
      try checkName(field, range, in: frame, bytes)
      try append(range, number, in: frame, bytes)
    case .bytes: try append(range, number, in: frame, bytes)
    case .payload: appendPayload(range, number)
    case .message(let kind): try appendMessage(kind, range, number, in: frame, bytes)
    case .hint: dropped.noteHint(frame.kind, number, field)
    case .unsupported:
      throw .diagnosed(
        Diagnostic(
          .error, .unsupported, id: "unsupported-field", "\(field.name) is not supported",
          file: file,
          place: .byte(frame.start), notes: ["inside a \(frame.kind.name)"]))
    case .documentation, .integer32, .integer64, .fixed32, .fixed64: return
    }
  }

  private func checkName(
    _ field: Field, _ range: Range<Int>, in frame: Frame, _ bytes: Span<UInt8>
  ) throws(WireFault) {
    let text = bytes.extracting(range)
    for index in text.indices where text[index] == 0 {
      throw invalid("name-nul", "\(field.name) holds a NUL byte", frame)
    }
    do {
      _ = try UTF8Span(validating: text)
    } catch {
      throw invalid("name-utf8", "\(field.name) is not UTF-8", frame)
    }
  }

  /// A fault of the model in the field that is being read.
  func invalid(_ id: String, _ message: String, _ frame: Frame) -> WireFault {
    .diagnosed(
      Diagnostic(
        .error, .invalidInput, id: id, message, file: file, place: .byte(frame.start),
        notes: ["inside a \(frame.kind.name)"]))
  }

  /// The fault of a known field with a wire type that is not its own.
  func wrongType(_ field: Field, _ frame: Frame) -> WireFault {
    invalid("wire-type", "\(field.name) is stored as another type than its own", frame)
  }
}
