internal import ApusIR

extension ElementType {
  /// The number of this type in ONNX `TensorProto.DataType`, for the types the machine knows.
  var machineNumber: UInt32? {
    switch self {
    case .f32, .u8, .i8, .u16, .i16, .i32, .i64, .bool, .f16, .f64, .u32, .u64, .bf16, .f8e4m3fn,
      .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2, .f4e2m1, .i4, .u4, .i2, .u2,
      .string:
      UInt32(onnxDataType)
    case .c64, .c128: nil
    }
  }

  /// The type whose number is `number`.
  init?(machineNumber number: Int32) {
    let found = ElementType.allCases.first { $0.machineNumber == UInt32(bitPattern: number) }
    guard let found else { return nil }
    self = found
  }

  /// The type that a register holds after a load.
  var widened: ElementType {
    switch self {
    case .u8, .i8, .u16, .i16: .i32
    case .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2,
      .f4e2m1:
      .f32
    default: self
    }
  }
}
