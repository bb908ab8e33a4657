import ApusIR

/// The fields of a `TensorProto` as they come, and the tensor they make.
struct TensorProtoFields {
  private(set) var name = ""
  private var extents: [Int] = []
  private var dataType = 0
  private var raw: FileBytes?
  private var strings: [[UInt8]] = []
  /// The elements of `float_data` and its kin, little-endian.
  private var typed: [UInt8] = []
  /// The number of the field that `typed` comes from.
  private var typedField: UInt64?

  /// Takes one field; `false` when its payload has the wrong form.
  ///
  /// Unknown fields are skipped.
  mutating func take(
    _ number: UInt64, _ payload: ProtobufReader.Payload, in file: FileBytes
  ) throws(DiagnosticError) -> Bool {
    switch (number, payload) {
    case (1, _): return try takeDimensions(payload)
    case (2, .varint(let value)): dataType = Int(truncatingIfNeeded: value)
    case (4, _), (5, _), (7, _), (10, _), (11, _):
      guard typedField == nil || typedField == number else { return false }
      typedField = number
      return try takeElements(number, payload)
    case (6, .bytes(let bytes)):
      guard let text = String(validating: bytes.array, as: UTF8.self) else {
        throw bytes.malformed("a string is not Unicode", id: "tensorproto-string")
      }
      strings.append(Array(text.utf8))
    case (8, .bytes(let bytes)):
      guard let text = String(validating: bytes.array, as: UTF8.self) else { return false }
      name = text
    case (9, .bytes(let bytes)): raw = bytes
    case (14, .varint(0)): break
    case (3, _), (13, _), (14, _):
      throw file.unsupported("external data or segments of a tensor", id: "tensorproto-external")
    case (2, _), (6, _), (8, _), (9, _): return false
    default: break
    }
    return true
  }

  private mutating func takeDimensions(
    _ payload: ProtobufReader.Payload
  ) throws(DiagnosticError) -> Bool {
    var values: [UInt64] = []
    switch payload {
    case .varint(let value): values = [value]
    case .bytes(let packed):
      var reader = ProtobufReader(packed)
      while !reader.isAtEnd { values.append(try reader.varint()) }
    case .fixed32, .fixed64: return false
    }
    extents += values.map { Int(Int64(bitPattern: $0)) }
    return extents.count <= rankLimit
  }

  /// The width of one number of `float_data`, `int32_data` and so on.
  private var typedWidth: Int { typedField == 4 || typedField == 5 ? 4 : 8 }

  private mutating func takeElements(
    _ number: UInt64, _ payload: ProtobufReader.Payload
  ) throws(DiagnosticError) -> Bool {
    switch (payload, number) {
    case (.fixed32(let value), 4): typed += little(value)
    case (.fixed64(let value), 10): typed += little(value)
    case (.bytes(let packed), 4), (.bytes(let packed), 10):
      guard packed.count % typedWidth == 0 else { return false }
      packed.buffer.withBytes(packed.range) { typed += $0 }
    case (.varint(let value), 5), (.varint(let value), 7), (.varint(let value), 11):
      append(value)
    case (.bytes(let packed), _):
      var reader = ProtobufReader(packed)
      while !reader.isAtEnd { append(try reader.varint()) }
    case (.varint, _), (.fixed32, _), (.fixed64, _): return false
    }
    return true
  }

  private mutating func append(_ value: UInt64) {
    typed += little(value).prefix(typedWidth)
  }

  /// The tensor that the fields make.
  func value(in file: FileBytes) throws(DiagnosticError) -> TensorData {
    guard let element = ElementType(onnxDataType: dataType) else {
      throw file.malformed("data type \(dataType) is unknown", id: "tensorproto-type")
    }
    guard let count = checkedCount(extents) else {
      throw file.malformed("the dimensions are negative or too large", id: "tensorproto-shape")
    }
    if element == .string {
      guard raw == nil, typed.isEmpty, strings.count == count else {
        throw file.malformed("not as many strings as the shape calls for", id: "tensor-size")
      }
      return TensorData(strings: strings, extents)
    }
    guard strings.isEmpty, raw == nil || typed.isEmpty else {
      throw file.malformed("elements in more than one field", id: "tensorproto-elements")
    }
    if let raw, element.isSixBits {
      guard raw.count == SixBits.byteCount(of: count) else {
        throw file.malformed("not as many bytes as the shape calls for", id: "tensor-size")
      }
      let spread = raw.array.withUnsafeBytes { SixBits.spread($0, count) }
      return try FileBytes(spread, path: file.path).tensor(element, extents)
    }
    if let raw { return try raw.tensor(element, extents) }
    guard typed.isEmpty || element.onnxField == typedField else {
      throw file.malformed("elements of \(element) in another type's field", id: "tensorproto-type")
    }
    // int32_data spends four bytes on each stored unit of a narrower type, uint64_data eight.
    let unit = min(max(element.bitWidth / 8, 1), typedWidth)
    let narrow = stride(from: 0, to: typed.count, by: typedWidth).flatMap {
      typed[$0..<$0 + unit]
    }
    return try FileBytes(narrow, path: file.path).tensor(element, extents)
  }
}

extension ElementType {
  /// The field of `TensorProto` that holds typed elements of this type.
  fileprivate var onnxField: UInt64 {
    switch self {
    case .f32, .c64: 4
    case .f64, .c128: 10
    case .i64: 7
    case .u32, .u64: 11
    case .string: 6
    case .i32, .i16, .i8, .i4, .i2, .u16, .u8, .u4, .u2, .bool, .f16, .bf16, .f8e4m3fn,
      .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2, .f4e2m1:
      5
    }
  }
}
