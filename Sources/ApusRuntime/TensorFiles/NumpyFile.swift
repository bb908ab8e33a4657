public import ApusIR

/// The `.npy` format: one array with a textual header.
public enum NumpyFile {
  /// Reads versions 1 to 3, little-endian, C or Fortran order; C order is not copied.
  ///
  /// - Throws: `invalidInput` for malformed bytes, `unsupported` for types without counterpart.
  public static func decode(_ file: FileBytes) throws(DiagnosticError) -> TensorData {
    let header = try NumpyHeader(reading: file)
    let (size, overflow) = (checkedCount(header.extents) ?? 0)
      .multipliedReportingOverflow(by: header.element.width)
    guard !overflow, let body = file.window(at: header.size, count: size),
      file.count == header.size + size
    else {
      throw file.malformed(
        "the file does not have the bytes that its shape calls for", id: "npy-size",
        at: header.size)
    }
    let ordered = header.isFortranOrder && size > 0 ? rowMajor(body, header) : body
    switch header.element {
    case .fixed(let type): return try ordered.tensor(type, header.extents)
    case .bytes(let width):
      return TensorData(strings: try strings(ordered, header, width, utf8), header.extents)
    case .unicode(let width):
      return TensorData(strings: try strings(ordered, header, 4 * width, utf32), header.extents)
    }
  }

  /// Writes version 1 in C order; strings become `|S`.
  ///
  /// - Throws: `unsupported` for element types that numpy has no name for.
  public static func encode(_ data: TensorData) throws(DiagnosticError) -> [UInt8] {
    let extents = data.type.shape.extents ?? []
    if data.type.element == .string {
      let strings = data.strings
      let width = max(strings.map(\.count).max() ?? 1, 1)
      let rows = strings.flatMap { $0 + Array(repeating: 0, count: width - $0.count) }
      return header("|S\(width)", extents) + rows
    }
    guard let code = NumpyHeader.Element.code(of: data.type.element) else {
      throw DiagnosticError(
        Diagnostic(
          .error, .unsupported, id: "npy-type", "numpy has no type for \(data.type.element)",
          help: "write the tensor as .pb"))
    }
    return header(code, extents) + data.withBytes { Array($0) }
  }

  private static func header(_ code: String, _ extents: [Int]) -> [UInt8] {
    let list = extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? "," : "")
    var text = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(list)), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    let length = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(text.utf8)
  }

  /// The elements of a Fortran-order body in C order.
  private static func rowMajor(_ body: FileBytes, _ header: NumpyHeader) -> FileBytes {
    let (width, extents) = (header.element.width, header.extents)
    var strides = [Int](repeating: 1, count: extents.count)
    for axis in extents.indices.dropFirst() {
      strides[axis] = strides[axis - 1] * extents[axis - 1]
    }
    var index = [Int](repeating: 0, count: extents.count)
    var (source, result) = (0, [UInt8]())
    result.reserveCapacity(body.count)
    let bytes = body.array
    while result.count < bytes.count {
      result += bytes[(source * width)..<((source + 1) * width)]
      for axis in extents.indices.reversed() {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < extents[axis] { break }
        source -= strides[axis] * extents[axis]
        index[axis] = 0
      }
    }
    return FileBytes(result, path: body.path)
  }

  /// The strings of `width` bytes each, with the zeros at their end left off.
  private static func strings(
    _ body: FileBytes, _ header: NumpyHeader, _ width: Int,
    _ decode: (FileBytes) -> String?
  ) throws(DiagnosticError) -> [[UInt8]] {
    let count = checkedCount(header.extents) ?? 0
    guard width > 0 || count == 0 else {
      throw body.malformed("strings of no width", id: "npy-type")
    }
    var result: [[UInt8]] = []
    for index in 0..<count {
      guard let window = body.window(at: index * width, count: width),
        let text = decode(window)
      else { throw body.malformed("a string is not Unicode", id: "npy-string", at: index * width) }
      result.append(Array(text.utf8))
    }
    return result
  }

  private static func utf8(_ window: FileBytes) -> String? {
    let bytes = window.array
    let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    return String(validating: bytes[..<end], as: UTF8.self)
  }

  private static func utf32(_ window: FileBytes) -> String? {
    let units = (0..<window.count / 4).compactMap { window.integer(UInt32.self, at: 4 * $0) }
    let end = units.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    return String(validating: units[..<end], as: UTF32.self)
  }
}

extension FileBytes {
  /// The bytes of this window as a tensor, which must be exactly as many as the shape calls for.
  func tensor(_ element: ElementType, _ extents: [Int]) throws(DiagnosticError) -> TensorData {
    guard checkedCount(extents) != nil,
      let data = TensorData(TensorType(element, extents), in: buffer, range: range)
    else {
      throw malformed("the bytes are not as many as the shape calls for", id: "tensor-size")
    }
    if element == .bool, let bad = buffer.withBytes(range, { $0.firstIndex { $0 > 1 } }) {
      throw malformed("a bool is neither 0 nor 1", id: "tensor-bool", at: bad)
    }
    return data
  }
}
