import ApusIR

/// The dictionary at the head of an `.npy` file (numpy.lib.format, versions 1 to 3).
struct NumpyHeader {
  /// How elements lie in the file.
  enum Element: Equatable {
    case fixed(ElementType)
    /// `|S`: bytes, padded with zeros.
    case bytes(width: Int)
    /// `<U`: UTF-32 code units, padded with zeros.
    case unicode(width: Int)
  }

  var element: Element
  var isFortranOrder: Bool
  var extents: [Int]
  /// Where the elements start in the file.
  var size: Int
}

extension NumpyHeader {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// numpy itself stops at 10 000 bytes unless told to trust the file.
  private static let sizeLimit = 1 << 16

  /// Reads the header of `file`.
  init(reading file: FileBytes) throws(DiagnosticError) {
    guard file.starts(with: Self.magic), let major = file.integer(UInt8.self, at: 6) else {
      throw file.malformed("not an .npy file: the magic is missing", id: "npy-magic")
    }
    guard (1...3).contains(major) else {
      throw file.unsupported("version \(major) of the .npy format", id: "npy-version")
    }
    let start = major == 1 ? 10 : 12
    let length =
      major == 1
      ? file.integer(UInt16.self, at: 8).map(Int.init)
      : file.integer(UInt32.self, at: 8).map(Int.init)
    guard let length, length <= Self.sizeLimit,
      let text = file.window(at: start, count: length)?.array
    else {
      throw file.malformed("the .npy header is longer than the file or 64 KiB", id: "npy-header")
    }
    var scanner = PythonLiteralScanner(text)
    guard let fields = scanner.dictionary() else {
      throw file.malformed("the .npy header is not a dictionary", id: "npy-header", at: start)
    }
    try self.init(fields, size: start + length, in: file)
  }

  private init(
    _ fields: [String: PythonLiteral], size: Int, in file: FileBytes
  ) throws(DiagnosticError) {
    guard case .tuple(let extents)? = fields["shape"],
      case .boolean(let isFortranOrder)? = fields["fortran_order"], let descr = fields["descr"]
    else {
      throw file.malformed("shape, fortran_order or descr is missing", id: "npy-header", at: 10)
    }
    guard checkedCount(extents) != nil else {
      throw file.malformed("the shape is negative or too large", id: "npy-shape", at: 10)
    }
    guard case .string(let code) = descr, let element = Element(code: code) else {
      throw file.unsupported(
        "the numpy type \(descr) has no counterpart", id: "npy-type",
        help: "convert the array with astype, for example to '<f4'")
    }
    self.init(element: element, isFortranOrder: isFortranOrder, extents: extents, size: size)
  }
}

extension NumpyHeader.Element {
  private static let codes: [String: ElementType] = [
    "b1": .bool, "i1": .i8, "i2": .i16, "i4": .i32, "i8": .i64, "u1": .u8, "u2": .u16, "u4": .u32,
    "u8": .u64, "f2": .f16, "f4": .f32, "f8": .f64, "c8": .c64, "c16": .c128,
  ]

  /// The type that numpy calls `code`, such as `<f4`; `nil` when there is none.
  init?(code: String) {
    guard let order = code.first, order == "<" || order == "|" else { return nil }
    let name = String(code.dropFirst())
    if let type = Self.codes[name] {
      guard order == "<" || type.bitWidth == 8 else { return nil }
      self = .fixed(type)
    } else if name.hasPrefix("S"), let width = UInt32(name.dropFirst()) {
      self = .bytes(width: Int(width))
    } else if order == "<", name.hasPrefix("U"), let width = UInt16(name.dropFirst()) {
      self = .unicode(width: Int(width))
    } else {
      return nil
    }
  }

  /// What numpy calls `type`; `nil` when it has no name for it.
  static func code(of type: ElementType) -> String? {
    guard let name = codes.first(where: { $0.value == type })?.key else { return nil }
    return (type.bitWidth == 8 ? "|" : "<") + name
  }

  /// The bytes of one element.
  var width: Int {
    switch self {
    case .fixed(let type): type.bitWidth / 8
    case .bytes(let width): width
    case .unicode(let width): 4 * width
    }
  }
}
