package import ApusIR

/// What the writer of a model noted about it, which changes no result and is not imported.
package struct ModelNotes: Sendable {
  /// Texts by what they are about, such as `producer_name`, `metadata_props author` or
  /// `doc_string of input image`; those of all nodes together as their number and a digest, which
  /// does not depend on their order.
  package private(set) var entries: [String: String] = [:]
  private var nodes = (count: 0, digest: UInt64(0))

  /// Reads the notes of a model file.
  ///
  /// Throws as reading the model does. Linear in the number of nodes and initializers.
  package init(
    contentsOf path: String, limits: ImportLimits = .default
  ) throws(DiagnosticError) {
    let buffer = try TensorBuffer.modelFile(path, limits)
    do throws(WireFault) {
      try buffer.withBytes(0..<buffer.count) { bytes in
        Result { () throws(WireFault) in
          try readModel(bytes.bindMemory(to: UInt8.self).span)
        }
      }.get()
    } catch {
      throw DiagnosticError(error.diagnostic(in: .model, at: 0, file: path))
    }
    guard nodes.count > 0 else { return }
    entries["doc_strings of nodes"] = "\(nodes.count), #\(String(nodes.digest, radix: 16))"
  }

  private mutating func readModel(_ bytes: Span<UInt8>) throws(WireFault) {
    var cursor = WireCursor(0..<bytes.count)
    while let field = try cursor.field(bytes) {
      switch (field.number, field.value) {
      case (2, .bytes(let range)): note("producer_name", bytes, range)
      case (3, .bytes(let range)): note("producer_version", bytes, range)
      case (4, .bytes(let range)): note("domain", bytes, range)
      case (5, .number(let version)) where version != 0: entries["model_version"] = "\(version)"
      case (6, .bytes(let range)): note("doc_string", bytes, range)
      case (7, .bytes(let range)): try readGraph(bytes, range)
      case (14, .bytes(let range)): try readEntry("metadata_props", bytes, range)
      default: continue
      }
    }
  }

  private mutating func readGraph(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(range)
    while let field = try cursor.field(bytes) {
      switch (field.number, field.value) {
      case (1, .bytes(let node)): try readNode(bytes, node)
      case (10, .bytes(let text)): note("doc_string of the graph", bytes, text)
      case (11, .bytes(let input)): try readValue("input", bytes, input)
      case (12, .bytes(let output)): try readValue("output", bytes, output)
      case (16, .bytes(let entry)): try readEntry("metadata_props of the graph", bytes, entry)
      default: continue
      }
    }
  }

  /// Counts the descriptions of a node; those of nodes in its bodies are not looked at.
  private mutating func readNode(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(range)
    while let field = try cursor.field(bytes) {
      guard [6, 9].contains(field.number), case .bytes(let text) = field.value, !text.isEmpty else {
        continue
      }
      var hash = StableHash()
      hash.combine(bytes.text(text))
      nodes = (nodes.count + 1, nodes.digest &+ hash.value)
    }
  }

  private mutating func readValue(
    _ kind: String, _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(WireFault) {
    let fields = try texts(bytes, range)
    if let text = fields[3], !text.isEmpty {
      entries["doc_string of \(kind) \(fields[1] ?? "")"] = text
    }
  }

  private mutating func readEntry(
    _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(WireFault) {
    let fields = try texts(bytes, range)
    entries["\(name) \(fields[1] ?? "")"] = fields[2] ?? ""
  }

  /// The texts of a message by the number of their field.
  private func texts(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(WireFault) -> [Int: String] {
    var cursor = WireCursor(range)
    var result: [Int: String] = [:]
    while let field = try cursor.field(bytes) {
      if case .bytes(let text) = field.value { result[field.number] = bytes.text(text) }
    }
    return result
  }

  private mutating func note(_ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>) {
    if !range.isEmpty { entries[name] = bytes.text(range) }
  }
}

/// The value of a field as far as notes have it.
private enum NoteValue {
  case number(UInt64)
  case bytes(Range<Int>)
  case other
}

extension WireCursor {
  /// The next field; `nil` at the end.
  fileprivate mutating func field(
    _ bytes: Span<UInt8>
  ) throws(WireFault) -> (number: Int, value: NoteValue)? {
    if isAtEnd { return nil }
    let (number, wire) = try tag(bytes)
    switch wire {
    case .varint: return (number, .number(try varint(bytes)))
    case .delimited: return (number, .bytes(try delimited(bytes)))
    case .fixed64, .startGroup, .endGroup, .fixed32:
      try skip(wire, bytes)
      return (number, .other)
    }
  }
}

extension Span<UInt8> {
  /// The bytes of a range as text.
  fileprivate func text(_ range: Range<Int>) -> String {
    extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}
