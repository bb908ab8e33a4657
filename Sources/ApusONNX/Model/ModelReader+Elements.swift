internal import ApusIR
internal import CONNX
internal import CProtobufC

extension ModelReader {
  /// The elements in `window`, which stay where they are unless their form has to change.
  func stored(_ window: Window, _ type: TensorFrame) throws(DiagnosticError) -> TensorData {
    let (buffer, range) = (window.buffer, window.range)
    if type.element == .bool {
      let isValid = buffer.withBytes(range) { bytes in bytes.allSatisfy { $0 <= 1 } }
      guard isValid else {
        throw invalid("tensor-value", "a bool is neither 0 nor 1", place: type.place)
      }
    }
    if type.element.isSixBits {
      return try elements(buffer.withBytes(range) { SixBits.spread($0, type.count) }, type)
    }
    let rest = type.count % max(8 / max(type.element.bitWidth, 1), 1) * type.element.bitWidth
    if rest > 0, buffer.withBytes(range, { ($0.last ?? 0) >> UInt8(rest) }) != 0 {
      return try elements(buffer.withBytes(range) { Array($0) }, type)
    }
    return try data(in: buffer, range, type)
  }

  /// The elements in a typed field.
  func typed(
    _ proto: Onnx__TensorProto, _ storage: TensorStorage?, _ type: TensorFrame
  ) throws(DiagnosticError) -> TensorData {
    switch (storage, type.element) {
    case (.float, .f32), (.float, .c64):
      return try elements(numbers(proto.n_float_data, proto.float_data).map(\.bitPattern), type)
    case (.double, .f64), (.double, .c128):
      return try elements(numbers(proto.n_double_data, proto.double_data).map(\.bitPattern), type)
    case (.int64, .i64):
      return try elements(Array(numbers(proto.n_int64_data, proto.int64_data)), type)
    case (.uint64, .u64):
      return try elements(Array(numbers(proto.n_uint64_data, proto.uint64_data)), type)
    case (.uint64, .u32):
      var values: [UInt32] = []
      for value in numbers(proto.n_uint64_data, proto.uint64_data) {
        guard let value = UInt32(exactly: value) else { throw outOfRange("\(value)", type) }
        values.append(value)
      }
      return try elements(values, type)
    case (.int32, _): return try int32Elements(proto, type)
    default: throw wrongStorage(storage, type)
    }
  }

  private func int32Elements(
    _ proto: Onnx__TensorProto, _ type: TensorFrame
  ) throws(DiagnosticError) -> TensorData {
    guard let allowed = type.element.int32Range else { throw wrongStorage(.int32, type) }
    let values = numbers(proto.n_int32_data, proto.int32_data)
    if let value = values.first(where: { !allowed.contains($0) }) {
      throw outOfRange("\(value)", type)
    }
    return switch type.element.bitWidth {
    case 32: try elements(Array(values), type)
    case 16: try elements(values.map { UInt16(truncatingIfNeeded: $0) }, type)
    default: try elements(values.map { UInt8(truncatingIfNeeded: $0) }, type)
    }
  }

  /// Copies elements, or the bytes of packed elements, into a buffer of their own.
  func elements<Value: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Value], _ type: TensorFrame
  ) throws(DiagnosticError) -> TensorData {
    let width = MemoryLayout<Value>.size
    let (count, overflow) = values.count.multipliedReportingOverflow(by: width)
    guard !overflow, count == type.element.byteCount(of: type.count) else {
      throw wrongCount(values.count, type)
    }
    let rest = type.element.bitWidth < 8 ? type.count * type.element.bitWidth % 8 : 0
    let buffer = TensorBuffer(count: count) { bytes in
      for (index, value) in values.enumerated() {
        bytes.storeBytes(of: value.littleEndian, toByteOffset: index * width, as: Value.self)
      }
      // Padding in the last byte may hold anything; equal tensors shall have equal bytes.
      if rest > 0, count > 0 { bytes[count - 1] &= UInt8(1 << rest) - 1 }
    }
    return try data(in: buffer, 0..<count, type)
  }

  private func data(
    in buffer: TensorBuffer, _ range: Range<Int>, _ type: TensorFrame
  ) throws(DiagnosticError) -> TensorData {
    let tensorType = TensorType(type.element, type.extents)
    guard let data = TensorData(tensorType, in: buffer, range: range) else {
      throw wrongCount(range.count, type)
    }
    return data
  }

  private func outOfRange(_ value: String, _ type: TensorFrame) -> DiagnosticError {
    invalid(
      "tensor-value", "element \(value) is out of range for \(type.element)", place: type.place)
  }
}
