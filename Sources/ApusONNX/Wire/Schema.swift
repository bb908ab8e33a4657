/// The protobuf messages of an ONNX file.
enum MessageKind: Int, CaseIterable {
  case model, graph, function, node, attribute, tensor, sparseTensor
  case valueInfo, type, tensorType, sequenceType, optionalType, mapType, opaqueType
  case shape, dimension, operatorSet, stringEntry
}

/// What the scan knows about one field of a message.
struct Field {
  /// What the value of a field is and what becomes of it.
  enum Content {
    /// A varint that must fit `int32`.
    case integer32
    /// Any varint.
    case integer64
    /// Four bytes.
    case fixed32
    /// Eight bytes.
    case fixed64
    /// Bytes of any value.
    case bytes
    /// UTF-8 without NUL.
    case name
    /// Tensor elements: stay where they are in the file; the copy holds the index of their range.
    case payload
    /// A message that is scanned.
    case message(MessageKind)
    /// Text for people; dropped.
    case documentation
    /// Advice that does not change results; dropped with a warning.
    case hint
    /// Something the compiler cannot do.
    case unsupported
  }

  /// How often a field may stand in one message.
  enum Count {
    /// At most once.
    case one
    /// At most once, and without any other field of this kind in the same message.
    case oneOf
    /// Any number of times.
    case many
    /// Any number up to what the limits say.
    case limited(Limit)
  }

  /// Which of the limits holds for a field.
  enum Limit { case nodes, attributesPerNode, rank }

  /// The name in the standard.
  let name: StaticString
  /// What it holds.
  let content: Content
  /// How often it may stand there.
  let count: Count
}
