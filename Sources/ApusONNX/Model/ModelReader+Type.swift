internal import ApusIR
internal import CONNX
internal import CProtobufC

extension ModelReader {
  /// Reads a type; `nil` when the file leaves it or its element type open.
  mutating func type(
    _ message: UnsafePointer<Onnx__TypeProto>, of name: String
  ) throws(DiagnosticError) -> ONNXType? {
    let proto = message.pointee
    if let tensor = proto.tensor_type {
      guard let element = try element(tensor.pointee.elem_type, of: name) else { return nil }
      return .tensor(element, shape: try shape(tensor.pointee.shape, of: name))
    }
    if let tensor = proto.sparse_tensor_type {
      guard let element = try element(tensor.pointee.elem_type, of: name) else { return nil }
      return .sparse(element, shape: try shape(tensor.pointee.shape, of: name))
    }
    if let sequence = proto.sequence_type {
      return try inner(sequence.pointee.elem_type, of: name).map { .sequence($0) }
    }
    if let optional = proto.optional_type {
      return try inner(optional.pointee.elem_type, of: name).map { .optional($0) }
    }
    if let map = proto.map_type {
      guard let key = try element(map.pointee.key_type, of: name) else { return nil }
      guard key == .string || key.isInteger && key.bitWidth >= 8 else {
        throw invalid("type-map-key", "\(key) cannot be a key", place: .tensor(name))
      }
      return try inner(map.pointee.value_type, of: name).map { .map(key, $0) }
    }
    return proto.opaque_type.map {
      .opaque(domain: $0.pointee.domain.text, name: $0.pointee.name.text)
    }
  }

  private mutating func inner(
    _ message: UnsafeMutablePointer<Onnx__TypeProto>?, of name: String
  ) throws(DiagnosticError) -> ONNXType? {
    guard let message else { return nil }
    return try type(message, of: name)
  }

  private func element(_ code: Int32, of name: String) throws(DiagnosticError) -> ElementType? {
    if code == 0 { return nil }
    guard let element = ElementType(onnxDataType: Int(code)) else {
      throw unsupported("type-element", "element type \(code) is unknown", place: .tensor(name))
    }
    return element
  }

  private mutating func shape(
    _ message: UnsafeMutablePointer<Onnx__TensorShapeProto>?, of name: String
  ) throws(DiagnosticError) -> [ONNXDimension]? {
    guard let proto = message?.pointee else { return nil }
    var result: [ONNXDimension] = []
    for dimension in pointers(proto.n_dim, proto.dim) {
      result.append(try self.dimension(dimension.pointee, of: name))
    }
    return result
  }

  private mutating func dimension(
    _ proto: Onnx__TensorShapeProto__Dimension, of name: String
  ) throws(DiagnosticError) -> ONNXDimension {
    guard proto.has_dim_value != 0 else {
      let parameter = proto.dim_param.text
      return parameter.isEmpty ? .unknown : .parameter(parameter)
    }
    let extent = Int(proto.dim_value)
    if extent == -1 {
      warn("type-extent", "an extent of -1 is taken as unknown", place: .tensor(name))
      return .unknown
    }
    guard extent >= 0 else {
      throw invalid("type-extent", "extent \(extent) is negative", place: .tensor(name))
    }
    guard extent <= scan.limits.extent else {
      throw excessive("extent-too-large", "extent \(extent) is too large", place: .tensor(name))
    }
    return .extent(extent)
  }
}
