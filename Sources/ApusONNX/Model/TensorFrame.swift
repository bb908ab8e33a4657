internal import ApusIR

/// The type and size of a tensor, checked against overflow and limits.
struct TensorFrame {
  /// The type of one element.
  let element: ElementType
  /// The extents, none of them negative.
  let extents: [Int]
  /// The product of the extents.
  let count: Int
  /// The bytes that the elements take in a file; in memory 6-bit elements take a byte each.
  let storedBytes: Int
  /// The tensor, for messages.
  let place: Diagnostic.Place

  /// Computes the sizes of a tensor.
  init(
    element: ElementType, extents: [Int], place: Diagnostic.Place, reader: ModelReader
  ) throws(DiagnosticError) {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw reader.invalid(
          "tensor-size", "the number of elements has more than 63 bits", place: place)
      }
      count = product
    }
    let limits = reader.scan.limits
    guard extents.allSatisfy({ $0 <= limits.extent }) else {
      throw reader.excessive("extent-too-large", "an extent is too large", place: place)
    }
    guard let bytes = element.byteCount(of: count), bytes <= limits.tensorBytes else {
      throw reader.excessive(
        "tensor-too-large", "the tensor has more than \(limits.tensorBytes) bytes", place: place)
    }
    self.element = element
    self.extents = extents
    self.count = count
    self.place = place
    storedBytes = element.isSixBits ? SixBits.byteCount(of: count) : bytes
  }
}

extension ElementType {
  /// What an entry of `int32_data` may be, or `nil` when the type is not stored so.
  var int32Range: ClosedRange<Int32>? {
    switch self {
    case .i32: .min ... .max
    case .i16: -0x8000...0x7fff
    case .u16, .f16, .bf16: 0...0xffff
    case .i8: -0x80...0x7f
    case .u8, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0: 0...0xff
    case .bool: 0...1
    case .f6e2m3, .f6e3m2: 0...0x3f
    case .i4, .u4, .i2, .u2, .f4e2m1: -0x80...0xff
    case .f32, .f64, .i64, .u32, .u64, .string, .c64, .c128: nil
    }
  }
}
