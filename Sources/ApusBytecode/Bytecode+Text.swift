public import ApusIR
internal import CApusVM

extension Bytecode {
  /// The code of a file that `Session` accepts, one instruction per line, for people.
  ///
  /// - Throws: what loading the file throws.
  /// - Complexity: linear in the size of the code.
  public static func text(_ file: [UInt8]) throws(DiagnosticError) -> String {
    _ = try Session(file)
    return file.withUnsafeBytes { bytes in
      let word = { (place: Int) in
        bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      }
      // Entry 3 (counted from 0) of the section table is the code: offset at 8, length at 16.
      let entry = 64 + 3 * 32
      let start = Int(word(entry + 8))
      let end = start + Int(word(entry + 16))
      var lines = ""
      var depth = 0
      var place = start
      while place < end {
        let (first, second) = (word(place), word(place + 4))
        let opcode = first & 0xff
        let count = Int(second >> 16)
        if opcode == APUS_OP_END.rawValue { depth -= 1 }
        let name = apus_opcode_name(opcode).map { String(cString: $0).lowercased() } ?? "?"
        let operands = (2..<count).map { String(Int32(bitPattern: word(place + 4 * $0))) }
        lines += "\((place - start) / 4): " + String(repeating: "  ", count: depth) + name
        lines += detail(opcode, function: Int(first >> 8 & 0xff), lanes: first >> 16)
        lines += operands.isEmpty ? "\n" : " \(operands.joined(separator: " "))\n"
        if opcode < APUS_OP_END.rawValue { depth += 1 }
        place += 4 * count
      }
      return lines
    }
  }

  private static func detail(_ opcode: UInt32, function: Int, lanes: UInt32) -> String {
    let name: String
    switch opcode {
    case APUS_OP_UNARY.rawValue: name = "." + UnaryFunction.allCases[function].rawValue
    case APUS_OP_BINARY.rawValue, APUS_OP_ACROSS.rawValue:
      name = "." + BinaryFunction.allCases[function].rawValue
    case APUS_OP_COMPARE.rawValue: name = "." + Comparison.allCases[function].rawValue
    default: name = ""
    }
    return lanes == 0 ? name : "\(name) x\(lanes)"
  }
}
