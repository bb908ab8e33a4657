internal import ApusIR

/// One linear pass over the raw bytes of a model, before libprotobuf-c sees any of them.
///
/// libprotobuf-c has no limit of depth or memory and merges repeated singular messages in
/// quadratic time. The pass walks the known schema, refuses whatever is out of line, and writes a
/// copy with known fields only, in which each `raw_data` holds the index of its byte range.
struct Prescan {
  /// What is known of one message while its fields are passed.
  struct Frame {
    let kind: MessageKind
    /// Messages around the fields, this one included.
    let depth: Int
    /// Graphs around the fields, the main graph not counted.
    let subgraphs: Int
    var cursor: WireCursor
    /// Where the field starts that is being read.
    var start = 0
    /// One bit for each field number that was seen.
    var seen: UInt64 = 0
    /// Whether one member of the message's union was seen.
    var hasUnion = false
    /// Occurrences of the field that has a limit; no message has two such fields.
    var limited = 0
  }

  /// The file, as the user named it.
  let file: String
  /// What the file may ask for.
  let limits: ImportLimits
  /// The bytes for libprotobuf-c.
  var copy: [UInt8] = []
  /// Where the elements of tensors lie in the file.
  var payloads: [Range<Int>] = []
  /// Fields that were left out.
  var dropped = DroppedFields()
  /// Nodes of all graphs so far.
  var nodes = 0
  /// Bytes that the parsed form may still take.
  var memory: Int

  /// Scans all of `bytes`.
  ///
  /// Linear in their number.
  init(_ bytes: Span<UInt8>, file: String, limits: ImportLimits) throws(DiagnosticError) {
    self.file = file
    self.limits = limits
    memory = limits.memory(forFileOf: bytes.count)
    var root = Frame(
      kind: .model, depth: 1, subgraphs: -1, cursor: WireCursor(0..<bytes.count))
    do {
      try scan(&root, bytes)
    } catch {
      throw DiagnosticError(error.diagnostic(in: root.kind, at: root.start, file: file))
    }
  }

  /// Passes over all fields of one message; a fault comes out with its place.
  mutating func scan(_ frame: inout Frame, _ bytes: Span<UInt8>) throws(WireFault) {
    try enter(frame)
    while !frame.cursor.isAtEnd {
      frame.start = frame.cursor.position
      do {
        try scanField(&frame, bytes)
      } catch {
        throw .diagnosed(error.diagnostic(in: frame.kind, at: frame.start, file: file))
      }
    }
  }

  private mutating func scanField(
    _ frame: inout Frame, _ bytes: Span<UInt8>
  ) throws(WireFault) {
    let (number, wire) = try frame.cursor.tag(bytes)
    if let field = frame.kind.field(number) {
      try count(field, number, in: &frame)
      try scan(field, number, wire, in: &frame, bytes)
    } else {
      try frame.cursor.skip(wire, bytes)
      dropped.noteUnknown(frame.kind, number)
    }
  }

  /// Counts a message against the limits.
  private mutating func enter(_ frame: Frame) throws(WireFault) {
    try spend(512, frame)
    if frame.kind == .node { nodes += 1 }
    try limit(nodes, limits.nodes, "nodes", id: "too-many-nodes", frame)
    try limit(frame.depth, limits.messageDepth, "nested messages", id: "too-deep", frame)
    try limit(frame.subgraphs, limits.subgraphDepth, "nested subgraphs", id: "too-deep", frame)
  }

  /// Takes `bytes` from the memory that the parsed form may use.
  mutating func spend(_ bytes: Int, _ frame: Frame) throws(WireFault) {
    memory -= bytes
    guard memory < 0 else { return }
    throw .diagnosed(
      Diagnostic(
        .error, .limitExceeded, id: "too-much-memory",
        "the parsed model would take much more memory than the file has bytes", file: file,
        place: .byte(frame.start)))
  }

  /// Checks one number against what is allowed.
  func limit(
    _ count: Int, _ most: Int, _ what: String, id: String, _ frame: Frame
  ) throws(WireFault) {
    guard count > most else { return }
    throw .diagnosed(
      Diagnostic(
        .error, .limitExceeded, id: id, "more than \(most) \(what)", file: file,
        place: .byte(frame.start), notes: ["inside a \(frame.kind.name)"]))
  }
}
