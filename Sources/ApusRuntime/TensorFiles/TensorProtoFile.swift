public import ApusIR

/// One ONNX `TensorProto` message as a file, as the backend tests hold them (`.pb`).
public enum TensorProtoFile {
  /// Reads one message; raw data is not copied.
  ///
  /// - Throws: `invalidInput` for malformed bytes, `unsupported` for external data and segments.
  public static func decode(_ file: FileBytes) throws(DiagnosticError) -> NamedTensor {
    var message = TensorProtoFields()
    var reader = ProtobufReader(file)
    while let (number, payload) = try reader.field() {
      guard try message.take(number, payload, in: file) else {
        throw file.malformed(
          "field \(number) of TensorProto has another form", id: "tensorproto-field",
          at: reader.position)
      }
    }
    return NamedTensor(message.name, try message.value(in: file))
  }

  /// Writes one message with raw data, or `string_data` for strings.
  public static func encode(_ tensor: NamedTensor) -> [UInt8] {
    var bytes: [UInt8] = []
    let element = tensor.value.type.element
    for extent in tensor.value.type.shape.extents ?? [] {
      bytes += key(1, 0) + varint(UInt64(extent))
    }
    bytes += key(2, 0) + varint(UInt64(element.onnxDataType))
    if element == .string {
      for text in tensor.value.strings { bytes += key(6, 2) + varint(UInt64(text.count)) + text }
    } else {
      let stored = tensor.value.withBytes { element.isSixBits ? SixBits.packed($0) : [UInt8]($0) }
      bytes += key(9, 2) + varint(UInt64(stored.count)) + stored
    }
    if !tensor.name.isEmpty {
      bytes += key(8, 2) + varint(UInt64(tensor.name.utf8.count)) + tensor.name.utf8
    }
    return bytes
  }

  private static func key(_ number: UInt64, _ wireType: UInt64) -> [UInt8] {
    varint(number << 3 | wireType)
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
