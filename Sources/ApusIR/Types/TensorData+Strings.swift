extension TensorData {
  /// Strings as bytes, most often of UTF-8, in row-major order.
  ///
  /// All together must have less than 2^31 bytes.
  public init(strings: [[UInt8]], _ extents: [Int]) {
    precondition(extents.reduce(1, *) == strings.count, "extents and elements agree")
    var bytes: [UInt8] = []
    for string in strings {
      withUnsafeBytes(of: UInt32(string.count).littleEndian) { bytes += $0 }
    }
    for string in strings { bytes += string }
    let buffer = TensorBuffer(count: bytes.count) { $0.copyBytes(from: bytes) }
    self.init(checked: TensorType(.string, extents), buffer)
  }

  /// The elements of a tensor of strings.
  ///
  /// - Complexity: linear in the size.
  public var strings: [[UInt8]] {
    precondition(type.element == .string, "the elements are strings")
    return withBytes { bytes in
      var place = 4 * count
      return (0..<count).map { element in
        let start = place
        place += bytes.length(ofString: element)
        return Array(bytes[start..<place])
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The length of a string, from the table at the front.
  fileprivate func length(ofString number: Int) -> Int {
    Int(UInt32(littleEndian: loadUnaligned(fromByteOffset: 4 * number, as: UInt32.self)))
  }

  /// Whether these are so many lengths and then the bytes that they ask for.
  func holdsStrings(_ number: Int) -> Bool {
    guard number >= 0, number <= count / 4, count < 1 << 31 else { return false }
    return (0..<number).reduce(4 * number) { $0 + length(ofString: $1) } == count
  }
}
