public import ApusIR
public import ApusLoops
internal import CApusVM

/// The file format of the embeddable interpreter.
public enum Bytecode {
  /// The bytes of a program.
  ///
  /// - Throws: `limit-exceeded` when a kernel needs more registers or variables than the machine
  ///   has, `bytecode-element` for an element type it does not know.
  /// - Complexity: linear in the size of the program and its constants.
  public static func encode(_ program: Program) throws(DiagnosticError) -> [UInt8] {
    var writer = ProgramWriter(program)
    return try writer.file()
  }
}

/// Lays out the sections of a file.
struct ProgramWriter {
  let program: Program
  private var strings: [UInt8] = []
  private var constants: [UInt8] = []
  private var sizes: SizeTable

  init(_ program: Program) {
    self.program = program
    sizes = SizeTable(program)
  }

  mutating func file() throws(DiagnosticError) -> [UInt8] {
    var code: [UInt8] = []
    var kernels: [UInt8] = []
    var slots = 0
    for kernel in program.kernels {
      var encoder = KernelEncoder(program: program, sizes: sizes)
      encoder.encode(kernel)
      sizes = encoder.sizes
      if let failure = encoder.failure { throw tooMuch(kernel, failure) }
      slots = max(slots, encoder.slotCount)
      kernels += name(kernel.name) + name(kernel.origins.joined(separator: "\n"))
      kernels += bytes(UInt32(code.count / 4)) + bytes(UInt32(encoder.words.count))
      for word in encoder.words { code += bytes(word) }
    }
    let ports = try interface()
    let buffers = try bufferTable()
    var table: [UInt8] = []
    if !program.symbols.isEmpty || !program.isStraight {
      var names = Strings(bytes: strings)
      let words = sizes.words { names.append($0) }
      strings = names.bytes
      for word in words { table += bytes(word) }
    }
    var sections = [ports, buffers, kernels, code, constants, strings].enumerated()
      .map { (kind: UInt32($0 + 1), bytes: $1) }
    if !table.isEmpty { sections.append((7, table)) }
    if let pool = program.pool {
      sections.append(
        (8, bytes(UInt32(pool.constants.number)) + bytes(UInt32(pool.room.number))))
    }
    return assemble(sections, slots: slots)
  }

  private mutating func interface() throws(DiagnosticError) -> [UInt8] {
    var table: [UInt8] = []
    let ports = program.inputs.map { ($0, UInt32(0)) } + program.outputs.map { ($0, UInt32(1)) }
    for (port, direction) in ports {
      let extents = port.type.shape.dimensions
      guard extents.count <= 8 else {
        throw DiagnosticError(
          Diagnostic(
            .error, .unsupported, id: "bytecode-shape",
            "port \(port.name) has type \(port.type), which has more than 8 axes"))
      }
      table += bytes(direction) + bytes(try number(port.type.element))
      table += bytes(UInt32(port.buffer.number)) + bytes(UInt32(extents.count)) + name(port.name)
      for axis in 0..<8 {
        let extent = axis < extents.count ? extents[axis] : 0
        table += bytes(
          extent.constant.map { UInt64($0) } ?? 1 << 63 | UInt64(sizes.number(extent)))
      }
    }
    return table
  }

  private mutating func bufferTable() throws(DiagnosticError) -> [UInt8] {
    var table: [UInt8] = []
    for (place, buffer) in program.buffers.enumerated() {
      let id = BufferID(place)
      var offset = 0
      let storage: UInt32
      switch buffer.storage {
      case .input:
        storage = 0
        offset = program.inputs.firstIndex { $0.buffer == id } ?? 0
      case .output:
        storage = 1
        offset = program.outputs.firstIndex { $0.buffer == id } ?? 0
      case .constant(let data):
        storage = 2
        offset = append(data)
      case .arena(let start):
        storage = 3
        offset = start
      }
      table += bytes(storage) + bytes(try number(buffer.element))
      table += bytes(UInt64(buffer.count)) + bytes(UInt64(offset)) + bytes(UInt64(0))
    }
    return table
  }

  private mutating func append(_ data: ConstantData) -> Int {
    let start = rounded(constants.count)
    constants += [UInt8](repeating: 0, count: start + data.byteCount - constants.count)
    constants.withUnsafeMutableBytes {
      data.store(
        into: UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + data.byteCount]))
    }
    return start
  }

  private mutating func name(_ text: String) -> [UInt8] {
    let start = UInt32(strings.count)
    strings += Array(text.utf8)
    return bytes(start) + bytes(UInt32(text.utf8.count))
  }

  private func number(_ element: ElementType) throws(DiagnosticError) -> UInt32 {
    if let number = element.machineNumber { return number }
    throw DiagnosticError(
      Diagnostic(
        .error, .unsupported, id: "bytecode-element", "bytecode has no element type \(element)"))
  }

  private func tooMuch(_ kernel: Kernel, _ what: String) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .limitExceeded, id: "bytecode-limit", "kernel \(kernel.name) needs \(what)",
        notes: kernel.origins))
  }

  private func assemble(
    _ sections: [(kind: UInt32, bytes: [UInt8])], slots: Int
  ) -> [UInt8] {
    var file = [UInt8]("APUSBC\r\n".utf8)
    file += bytes(UInt16(1)) + bytes(UInt16(0)) + bytes(UInt32(0))
    file += bytes(UInt64(0)) + bytes(UInt64(0)) + bytes(UInt64(rounded(program.arenaBytes)))
    file += bytes(UInt32(slots)) + bytes(UInt32(sections.count)) + bytes(UInt64(0))
    file += bytes(UInt64(0))
    var place = rounded(64 + 32 * sections.count)
    for (kind, section) in sections {
      file += bytes(kind) + bytes(UInt32(0)) + bytes(UInt64(place))
      file += bytes(UInt64(section.count)) + bytes(UInt64(0))
      place = rounded(place + section.count)
    }
    for (_, section) in sections {
      file += [UInt8](repeating: 0, count: rounded(file.count) - file.count)
      file += section
    }
    file += [UInt8](repeating: 0, count: rounded(file.count) - file.count)
    file.replaceSubrange(16..<24, with: bytes(UInt64(file.count)))
    file.replaceSubrange(24..<32, with: bytes(Bytecode.checksum(file)))
    return file
  }

  private func rounded(_ count: Int) -> Int { (count + 63) & ~63 }

  private func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// Names, one after the other.
private struct Strings {
  var bytes: [UInt8]

  /// Adds a name; its place and its length.
  mutating func append(_ text: String) -> [UInt32] {
    let start = UInt32(bytes.count)
    bytes += Array(text.utf8)
    return [start, UInt32(text.utf8.count)]
  }
}

extension Bytecode {
  /// The checksum of a file, with the checksum's own word taken as 0.
  static func checksum(_ file: [UInt8]) -> UInt64 {
    file.withUnsafeBytes { bytes in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for place in stride(from: 0, to: bytes.count - 7, by: 8) {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        hash = (hash ^ (place == 24 ? 0 : UInt64(littleEndian: word))) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
      }
      return hash
    }
  }
}
