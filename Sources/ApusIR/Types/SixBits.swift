extension ElementType {
  /// Whether files of ONNX hold four elements in three bytes; in memory each takes a byte.
  package var isSixBits: Bool { self == .f6e2m3 || self == .f6e3m2 }
}

/// Elements of six bits as files hold them: four in three bytes, low bits first.
package enum SixBits {
  /// The bytes that elements take in a file; `count` is not negative.
  package static func byteCount(of count: Int) -> Int {
    count / 4 * 3 + (count % 4 * 6 + 7) / 8
  }

  /// The first `count` elements, each in a byte.
  package static func spread(_ bytes: UnsafeRawBufferPointer, _ count: Int) -> [UInt8] {
    (0..<count).map { index in
      let bit = index * 6
      let low = UInt16(bytes[bit / 8])
      let high = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
      return UInt8(truncatingIfNeeded: (high << 8 | low) >> UInt16(bit % 8)) & 0x3f
    }
  }

  /// The bytes in a file of elements that take a byte each.
  package static func packed(_ elements: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount(of: elements.count))
    for (index, element) in elements.enumerated() {
      let (byte, shift) = (index * 6).quotientAndRemainder(dividingBy: 8)
      let bits = UInt16(element & 0x3f) << UInt16(shift)
      bytes[byte] |= UInt8(truncatingIfNeeded: bits)
      if bits > 0xff { bytes[byte + 1] |= UInt8(bits >> 8) }
    }
    return bytes
  }
}
