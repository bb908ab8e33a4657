internal import ApusIR
internal import ApusLoops

extension ElementType {
  /// The C type of a stored element.
  var cType: String {
    switch self {
    case .f32: "float"
    case .f64: "double"
    case .f16, .bf16: "uint16_t"
    case .i8: "int8_t"
    case .i16: "int16_t"
    case .i32: "int32_t"
    case .i64: "int64_t"
    case .u16: "uint16_t"
    case .u32: "uint32_t"
    case .u64, .string: "uint64_t"
    case .bool, .u8, .c64, .c128, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0,
      .f6e2m3, .f6e3m2, .f4e2m1, .i4, .u4, .i2, .u2:
      "uint8_t"
    }
  }

  /// The C type of a register lane.
  var cArithmeticType: String { self == .bool ? "int" : cType }
}

extension Buffer {
  /// The C type of a pointer to the elements.
  func pointerType(isConstant: Bool) -> String {
    if holdsPointers { return isConstant ? "const char *const *" : "const char **" }
    return (isConstant ? "const " : "") + element.cType + " *"
  }
}

/// Makes C identifiers from names of the model, each once.
struct CNames {
  private var taken: Set<String>

  /// No name yet but those that are reserved.
  init(reserved: Set<String> = []) { taken = reserved.union(CNames.keywords) }

  /// An identifier like `name` that was not given before.
  mutating func unique(_ name: String, fallback: String) -> String {
    let base = CNames.identifier(name, fallback: fallback)
    var candidate = base
    var number = 1
    while !taken.insert(candidate).inserted {
      number += 1
      candidate = "\(base)_\(number)"
    }
    return candidate
  }

  /// The letters, digits and underscores of a name, at most 48, starting with a letter.
  package static func identifier(_ name: String, fallback: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars.prefix(256) {
      let isWord =
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      if isWord {
        result.unicodeScalars.append(scalar)
      } else if !result.isEmpty, !result.hasSuffix("_") {
        result += "_"
      }
    }
    while result.hasSuffix("_") { result.removeLast() }
    result = String(result.prefix(48))
    guard let first = result.first else { return fallback }
    return first.isNumber ? fallback + result : result
  }

  private static let keywords: Set<String> = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while", "main", "asm", "bool", "true", "false",
    "class", "new", "delete", "this", "template", "operator", "private", "public", "protected",
    "virtual", "friend", "namespace", "using", "try", "catch", "throw", "typename", "and", "or",
    "not", "xor", "export", "arena", "ctx", "weights", "state", "inputs", "outputs", "dims",
    "pool", "NULL", "alignas", "alignof", "constexpr", "nullptr", "typeof", "unix", "linux", "I",
    "errno",
  ]
}
