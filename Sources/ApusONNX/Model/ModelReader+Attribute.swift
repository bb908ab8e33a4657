internal import ApusIR
internal import CONNX
internal import CProtobufC

/// The kinds of attributes, by their numbers in ONNX `AttributeType`.
private enum AttributeKind: Int32, CaseIterable {
  case float = 1
  case int, string, tensor, graph, floats, ints, strings, tensors, graphs
  case sparseTensor, sparseTensors, type, types

  /// Whether a writer that leaves out zeros may leave out the value.
  var hasDefault: Bool {
    switch self {
    case .float, .int, .string, .floats, .ints, .strings, .tensors, .graphs, .types: true
    case .tensor, .graph, .sparseTensor, .sparseTensors, .type: false
    }
  }
}

extension ModelReader {
  /// Reads attributes and refuses a name that stands twice.
  mutating func attributes(
    _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__AttributeProto>?>?
  ) throws(DiagnosticError) -> [ONNXAttribute] {
    var seen: Set<String> = []
    var result: [ONNXAttribute] = []
    for message in pointers(count, messages) {
      let name = message.pointee.name.text
      guard !name.isEmpty else { throw invalid("attribute-name", "an attribute has no name") }
      guard seen.insert(name).inserted else {
        throw invalid("attribute-duplicate", "attribute \"\(name)\" stands twice")
      }
      result.append(ONNXAttribute(name: name, value: try value(message, of: name)))
    }
    return result
  }

  private mutating func value(
    _ message: UnsafePointer<Onnx__AttributeProto>, of name: String
  ) throws(DiagnosticError) -> ONNXAttribute.Value {
    let proto = message.pointee
    let present = proto.presentKinds
    if proto.has_ref_attr_name != 0, proto.ref_attr_name.len > 0 {
      guard isInFunction else {
        throw invalid("attribute-reference", "attribute \"\(name)\" refers to one of a function")
      }
      guard present.isEmpty else {
        throw invalid("attribute-values", "attribute \"\(name)\" has a reference and a value")
      }
      return .reference(proto.ref_attr_name.text)
    }
    guard present.count <= 1 else {
      throw invalid(
        "attribute-values", "attribute \"\(name)\" has values of two types",
        help: "they are \(present.map { "\($0)" }.joined(separator: " and "))")
    }
    return try value(proto, kind: try kind(proto, present.first, name), of: name)
  }

  private func kind(
    _ proto: Onnx__AttributeProto, _ present: AttributeKind?, _ name: String
  ) throws(DiagnosticError) -> AttributeKind {
    if proto.type == 0 {
      if let present { return present }
      throw invalid("attribute-type", "attribute \"\(name)\" has neither type nor value")
    }
    guard let kind = AttributeKind(rawValue: proto.type) else {
      throw invalid("attribute-type", "type \(proto.type) of attribute \"\(name)\" is unknown")
    }
    guard let present else {
      if kind.hasDefault { return kind }
      throw invalid("attribute-value", "attribute \"\(name)\" has no value")
    }
    guard kind == present else {
      throw invalid(
        "attribute-type", "attribute \"\(name)\" is called \(kind) and holds \(present)")
    }
    return kind
  }

  private mutating func value(
    _ proto: Onnx__AttributeProto, kind: AttributeKind, of name: String
  ) throws(DiagnosticError) -> ONNXAttribute.Value {
    switch kind {
    case .float: return .float(proto.f)
    case .int: return .int(Int(proto.i))
    case .string: return .string(proto.s.bytes)
    case .floats: return .floats(Array(numbers(proto.n_floats, proto.floats)))
    case .ints: return .ints(numbers(proto.n_ints, proto.ints).map { Int($0) })
    case .strings: return .strings(numbers(proto.n_strings, proto.strings).map(\.bytes))
    case .tensors: return .tensors(try tensors(proto))
    case .graphs: return .graphs(try graphs(proto))
    case .types: return .types(try types(proto, of: name))
    case .tensor: if let message = proto.t { return .tensor(try tensor(message)) }
    case .graph: if let message = proto.g { return .graph(try graph(message)) }
    case .type:
      if let message = proto.tp, let type = try type(message, of: name) { return .type(type) }
    case .sparseTensor, .sparseTensors:
      throw unsupported("sparse-tensor", "attribute \"\(name)\" is a sparse tensor")
    }
    throw invalid("attribute-value", "attribute \"\(name)\" has no value")
  }

  private mutating func tensors(
    _ proto: Onnx__AttributeProto
  ) throws(DiagnosticError) -> [ONNXTensor] {
    try list(proto.n_tensors, proto.tensors) {
      (reader, message) throws(DiagnosticError) in try reader.tensor(message)
    }
  }

  private mutating func graphs(
    _ proto: Onnx__AttributeProto
  ) throws(DiagnosticError) -> [ONNXGraph] {
    try list(proto.n_graphs, proto.graphs) {
      (reader, message) throws(DiagnosticError) in try reader.graph(message)
    }
  }

  private mutating func types(
    _ proto: Onnx__AttributeProto, of name: String
  ) throws(DiagnosticError) -> [ONNXType] {
    try list(proto.n_type_protos, proto.type_protos) {
      (reader, message) throws(DiagnosticError) in
      if let type = try reader.type(message, of: name) { return type }
      throw reader.invalid("attribute-value", "attribute \"\(name)\" holds an unknown type")
    }
  }
}

extension Onnx__AttributeProto {
  /// The kinds whose fields hold something.
  fileprivate var presentKinds: [AttributeKind] {
    AttributeKind.allCases.filter { kind in
      switch kind {
      case .float: has_f != 0
      case .int: has_i != 0
      case .string: has_s != 0
      case .tensor: t != nil
      case .graph: g != nil
      case .floats: n_floats > 0
      case .ints: n_ints > 0
      case .strings: n_strings > 0
      case .tensors: n_tensors > 0
      case .graphs: n_graphs > 0
      case .sparseTensor: sparse_tensor != nil
      case .sparseTensors: n_sparse_tensors > 0
      case .type: tp != nil
      case .types: n_type_protos > 0
      }
    }
  }
}
