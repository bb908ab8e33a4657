public import ApusIR

/// What is recorded for one input or output of a model: as ONNX keeps it, in one `.pb` file.
public enum RecordedValue: Hashable, Sendable {
  /// A `TensorProto`.
  case tensor(TensorData)
  /// A `SequenceProto` of tensors.
  case sequence([TensorData])
  /// An `OptionalProto` with nothing in it.
  case absent

  /// Reads the message of a sequence of tensors.
  ///
  /// - Throws: `invalidInput` for malformed bytes, `unsupported` for sequences of anything else.
  public init(sequence file: FileBytes) throws(DiagnosticError) {
    var elements: [TensorData] = []
    var reader = ProtobufReader(file)
    while let (number, payload) = try reader.field() {
      switch (number, payload) {
      case (3, .bytes(let tensor)): elements.append(try TensorProtoFile.decode(tensor).value)
      case (4...7, _):
        throw file.unsupported("a sequence of anything but tensors", id: "sequenceproto")
      default: break
      }
    }
    self = .sequence(elements)
  }

  /// Reads the message of an optional tensor or sequence.
  ///
  /// - Throws: `invalidInput` for malformed bytes, `unsupported` for anything else inside.
  public init(optional file: FileBytes) throws(DiagnosticError) {
    self = .absent
    var reader = ProtobufReader(file)
    while let (number, payload) = try reader.field() {
      switch (number, payload) {
      case (3, .bytes(let tensor)): self = .tensor(try TensorProtoFile.decode(tensor).value)
      case (5, .bytes(let sequence)): self = try RecordedValue(sequence: sequence)
      case (4, _), (6, _), (7, _):
        throw file.unsupported("an optional map, sparse tensor or optional", id: "optionalproto")
      default: break
      }
    }
  }
}
