internal import ApusIR

extension ElementType {
  /// The type that elements have in memory: integers of less than 8 bits take a byte each.
  var inMemory: ElementType {
    switch self {
    case .i4, .i2: .i8
    case .u4, .u2: .u8
    case .f32, .f64, .f16, .bf16, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .string,
      .c64, .c128, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f6e2m3, .f6e3m2,
      .f4e2m1:
      self
    }
  }

  /// The elements that files and callers keep in one byte; 1 where an element takes all of it.
  var elementsPerByte: Int { bitWidth == 0 || bitWidth >= 8 ? 1 : 8 / bitWidth }

  /// Whether files and callers keep several elements in one byte.
  var isPacked: Bool { elementsPerByte > 1 }

  /// Whether callers keep elements in another form than kernels do.
  var differsAtPorts: Bool { isPacked || self == .string }

  /// The bytes of elements in memory, where each starts at a byte; `nil` when that overflows.
  func memoryBytes(of count: Int) -> Int? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: max(bitWidth, 8) / 8)
    return overflow || bytes < 0 ? nil : bytes
  }
}

extension Buffer.Storage {
  /// Whether the memory is the caller's.
  var isPort: Bool {
    switch self {
    case .input, .output: true
    case .constant, .arena: false
    }
  }
}

extension ConstantData {
  /// The elements of a tensor as they lie in memory: packed ones in a byte each, strings in a pool.
  init(spreading data: TensorData, _ pool: inout StringTable) {
    let type = data.type.element
    if type == .string {
      let elements = data.strings.map { pool.element(of: $0) }
      self.init(byteCount: elements.count * 8) { target in
        elements.withUnsafeBytes { target.copyMemory(from: $0) }
      }
      return
    }
    guard type.isPacked else {
      self.init(data)
      return
    }
    self.init(byteCount: data.count) { target in
      data.withBytes { bytes in
        for place in 0..<data.count {
          target[place] = UInt8(truncatingIfNeeded: type.integer(at: place, in: bytes))
        }
      }
    }
  }
}

extension Expression {
  /// The value as another type; integers of less than 8 bits keep their low bits.
  func converted(from source: ElementType, to type: ElementType) -> Expression {
    guard type.isInteger, type.bitWidth < 8 else { return .convert(self, type) }
    let whole = source == .i32 ? self : .convert(self, .i32)
    let spare = Expression.literal(.integer(32 - type.bitWidth), .i32)
    return type.kind == .signed
      ? .binary(.shiftRight, .binary(.shiftLeft, whole, spare), spare)
      : .binary(.and, whole, .literal(.integer(1 << type.bitWidth - 1), .i32))
  }

  /// The bits of the value as another type of that width.
  func reinterpreted(from source: ElementType, to type: ElementType) -> Expression {
    guard source.bitWidth < 8 else { return .reinterpret(self, from: source, to: type) }
    if source.isInteger, type.isInteger { return converted(from: .i32, to: type) }
    if source == .f4e2m1 {
      return Expression.reinterpret(self, from: source, to: .u8).converted(from: .i32, to: type)
    }
    return .reinterpret(converted(from: .i32, to: .u4), from: .u8, to: type)
  }
}

extension KernelBuilder {
  /// Spreads elements of less than 8 bits, low bits first, to one byte each.
  ///
  /// - Parameters:
  ///   - bytes: The packed elements, as `u8`.
  ///   - type: What they are; `elements` is contiguous and of the same type in memory.
  mutating func unpack(_ bytes: Placement, _ type: ElementType, to elements: Placement) {
    eachByte(of: type, elements) { builder, byte, first, count in
      let packed = builder.set(
        .load(Access(bytes.buffer, byte, laneStride: 0)), .i32, lanes: 1)
      builder.loop(count) { builder, place in
        let bits = Expression.binary(
          .shiftRight, .register(packed), builder.offset(of: place, type))
        let element =
          type.isInteger
          ? bits.converted(from: .i32, to: type)
          : .reinterpret(bits.converted(from: .i32, to: .u4), from: .u8, to: type)
        builder.store(Access(elements.buffer, first + place), element, lanes: 1)
      }
    }
  }

  /// The opposite of `unpack`; padding at the end is 0.
  mutating func pack(_ elements: Placement, _ type: ElementType, to bytes: Placement) {
    eachByte(of: type, elements) { builder, byte, first, count in
      let packed = builder.set(.literal(.integer(0), .i32), .i32, lanes: 1)
      builder.loop(count) { builder, place in
        let element = Expression.load(Access(elements.buffer, first + place, laneStride: 0))
        let value = type.isInteger ? element : .reinterpret(element, from: type, to: .u8)
        let bits = Expression.binary(
          .and, value, .literal(.integer(1 << type.bitWidth - 1), .i32))
        builder.update(
          packed,
          .binary(
            .or, .register(packed), .binary(.shiftLeft, bits, builder.offset(of: place, type))))
      }
      builder.store(Access(bytes.buffer, byte), .register(packed), lanes: 1)
    }
  }

  /// Runs the body for each byte, with its first element and the number of elements in it.
  private mutating func eachByte(
    of type: ElementType, _ elements: Placement,
    _ body: (inout KernelBuilder, Index, Index, Dimension) -> Void
  ) {
    let each = type.elementsPerByte
    let count = elements.extents.reduce(1) { $0 * $1 }
    let full = count / Dimension(each)
    let rest = count - full * Dimension(each)
    loop(full, .parallel) { body(&$0, $1, $1 * each + elements.origin, Dimension(each)) }
    loop((count + Dimension(each - 1)) / Dimension(each) - full) { builder, _ in
      body(&builder, Index(full), Index(full) * each + elements.origin, rest)
    }
  }

  private func offset(of place: Index, _ type: ElementType) -> Expression {
    .convert(.index(place * type.bitWidth), .i32)
  }
}
