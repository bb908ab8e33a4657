package import ApusIR

extension TensorData {
  /// The real numbers per element: 2 for complex types, else 1.
  package var realsPerElement: Int { type.element.kind == .complex ? 2 : 1 }

  /// Calls `body` with a function that gives the real number at an index.
  ///
  /// Complex numbers are pairs of real ones. 64-bit integers are rounded.
  package func withReals<Result>(_ body: ((Int) -> Double) throws -> Result) rethrows -> Result {
    try withBytes { bytes in try body(reader(of: bytes)) }
  }

  private func reader(of bytes: UnsafeRawBufferPointer) -> (Int) -> Double {
    switch type.element {
    case .f32, .c64: { Double(bytes.at($0, Float.self)) }
    case .f64, .c128: { bytes.at($0, Double.self) }
    case .i8: { Double(bytes.at($0, Int8.self)) }
    case .i16: { Double(bytes.at($0, Int16.self)) }
    case .i32: { Double(bytes.at($0, Int32.self)) }
    case .i64: { Double(bytes.at($0, Int64.self)) }
    case .u8, .bool: { Double(bytes[$0]) }
    case .u16: { Double(bytes.at($0, UInt16.self)) }
    case .u32: { Double(bytes.at($0, UInt32.self)) }
    case .u64: { Double(bytes.at($0, UInt64.self)) }
    case .f8e8m0:
      { index in
        let exponent = Int(bytes[index])
        return exponent == 255
          ? .nan : Double(sign: .plus, exponent: exponent - 127, significand: 1)
      }
    case .i2, .i4, .u2, .u4: packedInteger(bytes)
    case .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f6e2m3, .f6e3m2, .f4e2m1:
      smallFloat(bytes)
    case .string: { _ in .nan }
    }
  }

  private func smallFloat(_ bytes: UnsafeRawBufferPointer) -> (Int) -> Double {
    guard let format = SmallFloat(type.element) else { return { _ in .nan } }
    return switch type.element.bitWidth {
    case 16: { format.decode(bytes.at($0, UInt16.self)) }
    case 4: { format.decode(UInt16(bytes[$0 / 2] >> ($0 % 2 * 4) & 15)) }
    default: { format.decode(UInt16(bytes[$0])) }
    }
  }

  private func packedInteger(_ bytes: UnsafeRawBufferPointer) -> (Int) -> Double {
    let width = type.element.bitWidth
    let isSigned = type.element.kind == .signed
    return { index in
      let (byte, place) = (index * width).quotientAndRemainder(dividingBy: 8)
      let bits = Int(bytes[byte]) >> place & (1 << width - 1)
      return Double(isSigned && bits >> (width - 1) == 1 ? bits - 1 << width : bits)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian number at an index of an array of its type.
  fileprivate func at<Number: BitwiseCopyable>(_ index: Int, _: Number.Type) -> Number {
    loadUnaligned(fromByteOffset: index * MemoryLayout<Number>.stride, as: Number.self)
  }
}
