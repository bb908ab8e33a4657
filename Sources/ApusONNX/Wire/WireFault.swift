internal import ApusIR

/// What is wrong with the bytes of a message.
enum WireFault: Error {
  case truncated, varint, fieldNumber, group
  case wireType(Int)
  case length(UInt64, left: Int)
  /// A fault of the model rather than of its encoding, or one whose place is already known.
  case diagnosed(Diagnostic)

  /// The diagnostic for a fault in the field that starts at byte `start` of a `kind`.
  func diagnostic(in kind: MessageKind, at start: Int, file: String) -> Diagnostic {
    if case .diagnosed(let diagnostic) = self { return diagnostic }
    return Diagnostic(
      .error, .invalidInput, id: id, message, file: file, place: .byte(start),
      notes: ["inside a \(kind.name)"], help: "write the model again; the file looks damaged")
  }

  private var id: String {
    switch self {
    case .truncated: "wire-truncated"
    case .varint: "wire-varint"
    case .fieldNumber: "wire-field-number"
    case .group, .wireType, .diagnosed: "wire-type"
    case .length: "wire-length"
    }
  }

  private var message: String {
    switch self {
    case .truncated: "the bytes end inside a field"
    case .varint: "a number has more than 64 bits"
    case .fieldNumber: "a field number is 0 or too large"
    case .group: "a group, which ONNX does not use"
    case .wireType(let type): "wire type \(type), which protobuf does not have"
    case .length(let length, let left): "a field of \(length) bytes where \(left) bytes are left"
    case .diagnosed(let diagnostic): diagnostic.message
    }
  }
}
