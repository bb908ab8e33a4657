// The fields of ONNX, IR version 14. Keep in step with Sources/CONNX/onnx.proto.

extension MessageKind {
  /// The field called `number`, or `nil` when the standard has none.
  func field(_ number: Int) -> Field? {
    let fields = MessageKind.table[rawValue]
    return fields.indices.contains(number) ? fields[number] : nil
  }

  /// The name of the message in the standard.
  var name: String { MessageKind.names[rawValue] }

  private static let names = [
    "ModelProto", "GraphProto", "FunctionProto", "NodeProto", "AttributeProto", "TensorProto",
    "SparseTensorProto", "ValueInfoProto", "TypeProto", "TypeProto.Tensor",
    "TypeProto.Sequence", "TypeProto.Optional", "TypeProto.Map", "TypeProto.Opaque",
    "TensorShapeProto", "TensorShapeProto.Dimension", "OperatorSetIdProto",
    "StringStringEntryProto",
  ]

  /// Fields by message and number.
  private static let table: [[Field?]] = allCases.map { kind in
    let fields = kind.fields
    var row = [Field?](repeating: nil, count: (fields.map(\.number).max() ?? 0) + 1)
    for (number, field) in fields { row[number] = field }
    return row
  }

  private var fields: [(number: Int, field: Field)] {
    switch self {
    case .model: MessageKind.modelFields
    case .graph: MessageKind.graphFields
    case .function: MessageKind.functionFields
    case .node: MessageKind.nodeFields
    case .attribute: MessageKind.attributeFields
    case .tensor: MessageKind.tensorFields
    case .sparseTensor:
      [
        one(1, "values", .message(.tensor)), one(2, "indices", .message(.tensor)),
        (3, Field(name: "dims", content: .integer64, count: .limited(.rank))),
      ]
    case .valueInfo:
      [
        one(1, "name", .name), one(2, "type", .message(.type)),
        one(3, "doc_string", .documentation), many(4, "metadata_props", .documentation),
      ]
    case .type: MessageKind.typeFields
    case .tensorType: [one(1, "elem_type", .integer32), one(2, "shape", .message(.shape))]
    case .sequenceType, .optionalType: [one(1, "elem_type", .message(.type))]
    case .mapType: [one(1, "key_type", .integer32), one(2, "value_type", .message(.type))]
    case .opaqueType: [one(1, "domain", .name), one(2, "name", .name)]
    case .shape:
      [(1, Field(name: "dim", content: .message(.dimension), count: .limited(.rank)))]
    case .dimension:
      [
        oneOf(1, "dim_value", .integer64), oneOf(2, "dim_param", .name),
        one(3, "denotation", .documentation),
      ]
    case .operatorSet: [one(1, "domain", .name), one(2, "version", .integer64)]
    case .stringEntry: [one(1, "key", .name), one(2, "value", .name)]
    }
  }

  private static let modelFields = [
    one(1, "ir_version", .integer64), one(2, "producer_name", .name),
    one(3, "producer_version", .name), one(4, "domain", .name),
    one(5, "model_version", .integer64), one(6, "doc_string", .documentation),
    one(7, "graph", .message(.graph)), many(8, "opset_import", .message(.operatorSet)),
    many(14, "metadata_props", .message(.stringEntry)), many(20, "training_info", .unsupported),
    many(25, "functions", .message(.function)), many(26, "configuration", .hint),
  ]

  private static let graphFields = [
    (1, Field(name: "node", content: .message(.node), count: .limited(.nodes))),
    one(2, "name", .name), many(5, "initializer", .message(.tensor)),
    one(10, "doc_string", .documentation), many(11, "input", .message(.valueInfo)),
    many(12, "output", .message(.valueInfo)), many(13, "value_info", .message(.valueInfo)),
    many(14, "quantization_annotation", .hint), many(15, "sparse_initializer", .unsupported),
    many(16, "metadata_props", .documentation),
  ]

  private static let functionFields = [
    one(1, "name", .name), many(4, "input", .name), many(5, "output", .name),
    many(6, "attribute", .name),
    (7, Field(name: "node", content: .message(.node), count: .limited(.nodes))),
    one(8, "doc_string", .documentation), many(9, "opset_import", .message(.operatorSet)),
    one(10, "domain", .name), many(11, "attribute_proto", .message(.attribute)),
    many(12, "value_info", .message(.valueInfo)), one(13, "overload", .name),
    many(14, "metadata_props", .documentation),
  ]

  private static let nodeFields = [
    many(1, "input", .name), many(2, "output", .name), one(3, "name", .name),
    one(4, "op_type", .name),
    (
      5,
      Field(name: "attribute", content: .message(.attribute), count: .limited(.attributesPerNode))
    ),
    one(6, "doc_string", .documentation), one(7, "domain", .name), one(8, "overload", .name),
    many(9, "metadata_props", .documentation), many(10, "device_configurations", .hint),
  ]

  private static let attributeFields = [
    one(1, "name", .name), one(2, "f", .fixed32), one(3, "i", .integer64), one(4, "s", .bytes),
    one(5, "t", .message(.tensor)), one(6, "g", .message(.graph)), many(7, "floats", .fixed32),
    many(8, "ints", .integer64), many(9, "strings", .bytes),
    many(10, "tensors", .message(.tensor)), many(11, "graphs", .message(.graph)),
    one(13, "doc_string", .documentation), one(14, "tp", .message(.type)),
    many(15, "type_protos", .message(.type)), one(20, "type", .integer32),
    one(21, "ref_attr_name", .name), one(22, "sparse_tensor", .unsupported),
    many(23, "sparse_tensors", .unsupported),
  ]

  private static let tensorFields = [
    (1, Field(name: "dims", content: .integer64, count: .limited(.rank))),
    one(2, "data_type", .integer32), one(3, "segment", .unsupported),
    many(4, "float_data", .fixed32), many(5, "int32_data", .integer32),
    many(6, "string_data", .bytes), many(7, "int64_data", .integer64), one(8, "name", .name),
    one(9, "raw_data", .payload), many(10, "double_data", .fixed64),
    many(11, "uint64_data", .integer64), one(12, "doc_string", .documentation),
    many(13, "external_data", .message(.stringEntry)), one(14, "data_location", .integer32),
    many(16, "metadata_props", .documentation),
  ]

  private static let typeFields = [
    oneOf(1, "tensor_type", .message(.tensorType)),
    oneOf(4, "sequence_type", .message(.sequenceType)),
    oneOf(5, "map_type", .message(.mapType)), one(6, "denotation", .documentation),
    oneOf(7, "opaque_type", .message(.opaqueType)),
    oneOf(8, "sparse_tensor_type", .message(.tensorType)),
    oneOf(9, "optional_type", .message(.optionalType)),
  ]
}

private func one(
  _ number: Int, _ name: StaticString, _ content: Field.Content
) -> (number: Int, field: Field) {
  (number, Field(name: name, content: content, count: .one))
}

private func oneOf(
  _ number: Int, _ name: StaticString, _ content: Field.Content
) -> (number: Int, field: Field) {
  (number, Field(name: name, content: content, count: .oneOf))
}

private func many(
  _ number: Int, _ name: StaticString, _ content: Field.Content
) -> (number: Int, field: Field) {
  (number, Field(name: name, content: content, count: .many))
}
