internal import ApusIR
internal import CONNX
internal import CProtobufC

/// The ways in which a tensor can hold its elements.
enum TensorStorage {
  case raw, float, int32, string, int64, double, uint64, external
}

extension ModelReader {
  /// Reads a constant tensor and checks that its elements fit its type.
  mutating func tensor(
    _ message: UnsafePointer<Onnx__TensorProto>
  ) throws(DiagnosticError) -> ONNXTensor {
    let proto = message.pointee
    let name = proto.name.text
    let place = name.isEmpty ? node : Diagnostic.Place.tensor(name)
    guard proto.data_type != 0 else {
      throw invalid("tensor-element", "the tensor has no element type", place: place)
    }
    guard let element = ElementType(onnxDataType: Int(proto.data_type)) else {
      throw unsupported(
        "tensor-element", "element type \(proto.data_type) is unknown", place: place)
    }
    let type = try TensorFrame(
      element: element, extents: extents(proto, place: place), place: place, reader: self)
    let storage = try storage(of: proto, type)
    let data =
      element == .string
      ? TensorData(strings: try strings(proto, storage, type), type.extents)
      : try data(proto, storage, type)
    return ONNXTensor(name: name, element: element, extents: type.extents, data: data)
  }

  private func extents(
    _ proto: Onnx__TensorProto, place: Diagnostic.Place
  ) throws(DiagnosticError) -> [Int] {
    let extents = numbers(proto.n_dims, proto.dims).map { Int($0) }
    if let extent = extents.first(where: { $0 < 0 }) {
      throw invalid("tensor-extent", "extent \(extent) is negative", place: place)
    }
    return extents
  }

  /// The one way in which the tensor holds its elements; `nil` when it holds none.
  private func storage(
    of proto: Onnx__TensorProto, _ type: TensorFrame
  ) throws(DiagnosticError) -> TensorStorage? {
    guard proto.data_location == 0 || proto.data_location == 1 else {
      throw invalid(
        "tensor-location", "data location \(proto.data_location) is unknown", place: type.place)
    }
    guard proto.data_location == 1 || proto.n_external_data == 0 else {
      throw invalid(
        "tensor-location", "the tensor has external data and is not marked so", place: type.place)
    }
    var present = proto.storages
    if let range = payload(proto), !range.isEmpty { present.append(.raw) }
    guard present.count <= 1 else {
      throw invalid(
        "tensor-storage", "the elements are stored twice", place: type.place,
        help: "they stand as \(present.map { "\($0)" }.joined(separator: " and "))")
    }
    return present.first
  }

  /// Where `raw_data` lies in the file.
  private func payload(_ proto: Onnx__TensorProto) -> Range<Int>? {
    guard proto.has_raw_data != 0, proto.raw_data.len == 4 else { return nil }
    let index = proto.raw_data.buffer.reversed().reduce(0) { $0 << 8 | Int($1) }
    return scan.payloads.indices.contains(index) ? scan.payloads[index] : nil
  }

  private func strings(
    _ proto: Onnx__TensorProto, _ storage: TensorStorage?, _ type: TensorFrame
  ) throws(DiagnosticError) -> [[UInt8]] {
    guard storage == nil || storage == .string else {
      throw wrongStorage(storage, type)
    }
    guard proto.n_string_data == type.count else { throw wrongCount(proto.n_string_data, type) }
    return numbers(proto.n_string_data, proto.string_data).map(\.bytes)
  }

  private mutating func data(
    _ proto: Onnx__TensorProto, _ storage: TensorStorage?, _ type: TensorFrame
  ) throws(DiagnosticError) -> TensorData {
    switch storage {
    case .raw:
      let range = payload(proto) ?? 0..<0
      guard range.count == type.storedBytes else {
        throw invalid(
          "tensor-bytes", "raw data has \(range.count) bytes, the type needs \(type.storedBytes)",
          place: type.place)
      }
      return try stored(Window(buffer: buffer, range: range), type)
    case .external:
      let window = try externalWindow(proto, byteCount: type.storedBytes, place: type.place)
      return try stored(window, type)
    case nil:
      guard type.count == 0 else { throw wrongCount(0, type) }
      return try elements([UInt8](), type)
    case .float, .int32, .string, .int64, .double, .uint64:
      return try typed(proto, storage, type)
    }
  }
}

extension ModelReader {
  /// The fault of a tensor with elements in a field that is not for its type.
  func wrongStorage(_ storage: TensorStorage?, _ type: TensorFrame) -> DiagnosticError {
    invalid(
      "tensor-storage",
      "elements of type \(type.element) are stored as \(storage.map { "\($0)" } ?? "nothing")",
      place: type.place)
  }

  /// The fault of a tensor with another number of elements than its extents say.
  func wrongCount(_ found: Int, _ type: TensorFrame) -> DiagnosticError {
    invalid(
      "tensor-count", "the tensor has \(found) stored elements, its type needs another number",
      place: type.place,
      help: "its type is \(TensorType(type.element, type.extents)) with \(type.count) elements")
  }
}

extension Onnx__TensorProto {
  /// The storage that is in use, `raw_data` left out.
  fileprivate var storages: [TensorStorage] {
    let present: [(TensorStorage, Bool)] = [
      (.float, n_float_data > 0), (.int32, n_int32_data > 0), (.string, n_string_data > 0),
      (.int64, n_int64_data > 0), (.double, n_double_data > 0), (.uint64, n_uint64_data > 0),
      (.external, data_location == 1),
    ]
    return present.filter(\.1).map(\.0)
  }
}
