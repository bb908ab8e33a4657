internal import ApusIR

/// Tensors of random numbers that depend on a seed alone (SplitMix64).
///
/// Floating-point numbers are uniform in -1..<1 (those of 8 bits have random bits instead), whole
/// numbers in 0...9, truth values even; types of less than 8 bits take any value, complex ones 0;
/// strings have up to four letters.
struct RandomTensors {
  private var state: UInt64

  /// A generator with its seed.
  init(seed: UInt64) { state = seed }

  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  private mutating func unit() -> Double { Double(next() >> 40) * 0x1p-23 - 1 }

  /// A tensor of a type without symbols; `nil` for symbolic shapes.
  mutating func tensor(_ type: TensorType) -> TensorData? {
    guard let count = type.shape.elementCount.constant,
      let bytes = type.element.byteCount(of: count)
    else { return nil }
    if type.element == .string, let extents = type.shape.extents {
      return TensorData(strings: (0..<count).map { _ in word() }, extents)
    }
    let rest = type.element.bitWidth < 8 ? count * type.element.bitWidth % 8 : 0
    let buffer = TensorBuffer(count: bytes) { memory in
      if type.element.bitWidth < 8 {
        for place in 0..<bytes { memory[place] = UInt8(truncatingIfNeeded: next()) }
        if rest > 0 { memory[bytes - 1] &= 1 << UInt8(rest) - 1 }
        return
      }
      for place in 0..<count {
        let size = type.element.bitWidth / 8
        let element = self.element(type.element)
        withUnsafeBytes(of: element.littleEndian) { word in
          let source = UnsafeRawBufferPointer(rebasing: word[0..<min(size, 8)])
          UnsafeMutableRawBufferPointer(rebasing: memory[place * size..<(place + 1) * size])
            .copyMemory(from: source)
        }
      }
    }
    return TensorData(type, in: buffer, range: 0..<bytes)
  }

  /// Up to four letters.
  private mutating func word() -> [UInt8] {
    (0..<next() % 5).map { _ in UInt8(ascii: "a") + UInt8(next() % 26) }
  }

  /// The bits of one element.
  private mutating func element(_ element: ElementType) -> UInt64 {
    switch element {
    case .f32: return UInt64(Float(unit()).bitPattern)
    case .f64: return unit().bitPattern
    case .f16, .bf16:
      return TensorData(scalar: unit(), element).withBytes {
        UInt64($0.loadUnaligned(as: UInt16.self))
      }
    case .bool: return next() >> 63
    case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64: return next() % 10
    // Below 1, and not the pattern that is -0 in some types and NaN in others.
    case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz: return next() & 0xb6 | 1
    case .f8e8m0: return 120 + next() % 8
    case .f6e2m3, .f6e3m2: return next() & 0x3f
    case .string, .c64, .c128, .i4, .u4, .i2, .u2, .f4e2m1: return 0
    }
  }
}
