internal import ApusIR

/// The constant strings of a program, each once.
struct StringTable {
  /// The strings with a zero behind each; the first one is empty.
  private(set) var bytes: [UInt8] = [0]
  private var known: [[UInt8]: UInt64] = [[]: 0]

  /// The element that stands for a string: its place and, in the high half, its length.
  mutating func element(of string: [UInt8]) -> UInt64 {
    if let element = known[string] { return element }
    let place = UInt64(UInt32(truncatingIfNeeded: bytes.count))
    let element = UInt64(string.count) << 32 | place
    known[string] = element
    bytes += string + [0]
    return element
  }
}

extension Program {
  /// Adds the pool that strings lie in, behind all other memory, when there are any.
  ///
  /// - Throws: `string-limit` when a place among the bytes would need more than 32 bits.
  mutating func addPool(_ table: StringTable, room: Int) throws(DiagnosticError) {
    guard buffers.contains(where: { $0.element == .string }) else { return }
    let bytes = table.bytes
    guard room < 1 << 31, bytes.count < 1 << 31 else {
      throw DiagnosticError(
        Diagnostic(
          .limitExceeded, id: "string-limit", "strings of 2 GiB and more",
          help: "--string-bytes N gives room for those of one run"))
    }
    let constants = ConstantData(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
    pool = StringPool(
      constants: BufferID(buffers.count), room: BufferID(buffers.count + 1))
    buffers.append(
      Buffer(name: "strings", element: .u8, count: bytes.count, storage: .constant(constants)))
    buffers.append(
      Buffer(
        name: "strings of a run", element: .u8, count: room, storage: .arena(offset: arenaBytes)))
    let memory = (room + 63) / 64 * 64
    arenaBytes += memory
    liveBytes += memory
  }
}
