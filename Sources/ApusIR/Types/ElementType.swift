/// The type of one tensor element.
///
/// Covers every type of ONNX `TensorProto.DataType`; sub-byte types are packed, low bits first.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case f32, f64, f16, bf16
  case i8, i16, i32, i64
  case u8, u16, u32, u64
  case bool, string
  case c64, c128
  case f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz, f8e8m0
  case f6e2m3, f6e3m2, f4e2m1
  case i4, u4, i2, u2

  /// The width of one element in bits as it is stored; that of a reference for `string`.
  public var bitWidth: Int {
    switch self {
    case .i2, .u2: 2
    case .i4, .u4, .f4e2m1: 4
    case .bool, .i8, .u8, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0: 8
    case .f6e2m3, .f6e3m2: 8
    case .f16, .bf16, .i16, .u16: 16
    case .f32, .i32, .u32: 32
    case .f64, .i64, .u64, .c64, .string: 64
    case .c128: 128
    }
  }

  /// The bytes that `count` packed elements take, or `nil` when that overflows.
  public func byteCount(of count: Int) -> Int? {
    let (bits, overflow) = count.multipliedReportingOverflow(by: bitWidth)
    guard !overflow, bits >= 0 else { return nil }
    return bits / 8 + (bits % 8 == 0 ? 0 : 1)
  }

  /// The element at a place of bytes that hold integers of at most 8 bits, low bits first.
  package func integer(at place: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    let bit = place * bitWidth
    let bits = Int(bytes[bit / 8]) >> (bit % 8) & (1 << bitWidth - 1)
    let sign = kind == .signed ? 1 << (bitWidth - 1) : 0
    return (bits ^ sign) - sign
  }

  /// What arithmetic the elements take part in.
  public enum Kind: Hashable, Sendable { case float, signed, unsigned, bool, complex, string }

  /// The kind of arithmetic of this type.
  public var kind: Kind {
    switch self {
    case .f32, .f64, .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3,
      .f6e3m2, .f4e2m1:
      .float
    case .i2, .i4, .i8, .i16, .i32, .i64: .signed
    case .u2, .u4, .u8, .u16, .u32, .u64: .unsigned
    case .bool: .bool
    case .c64, .c128: .complex
    case .string: .string
    }
  }

  /// Whether the type holds real floating-point numbers.
  public var isFloat: Bool { kind == .float }

  /// Whether the type holds signed or unsigned integers.
  public var isInteger: Bool { kind == .signed || kind == .unsigned }
}

extension ElementType: CustomStringConvertible {
  public var description: String { rawValue }
}
