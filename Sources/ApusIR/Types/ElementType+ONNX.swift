extension ElementType {
  /// The order of `TensorProto.DataType`, which starts at 1 (onnx.proto, IR version 12).
  private static let onnxOrder: [ElementType] = [
    .f32, .u8, .i8, .u16, .i16, .i32, .i64, .string, .bool, .f16, .f64, .u32, .u64, .c64, .c128,
    .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .u4, .i4, .f4e2m1, .f8e8m0, .u2, .i2,
    .f6e2m3, .f6e3m2,
  ]

  /// The element type with a number of `TensorProto.DataType`, or `nil` when there is none.
  public init?(onnxDataType number: Int) {
    guard (1...Self.onnxOrder.count).contains(number) else { return nil }
    self = Self.onnxOrder[number - 1]
  }

  /// The number of `TensorProto.DataType`.
  public var onnxDataType: Int { (Self.onnxOrder.firstIndex(of: self) ?? -1) + 1 }
}
