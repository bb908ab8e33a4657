import ApusIR

/// The stored entries of a zip archive (PKWARE APPNOTE 6.3, with zip64), by its central directory.
struct ZipArchive {
  /// One file of the archive.
  struct Entry {
    var name: String
    var content: FileBytes
  }

  private let file: FileBytes
  /// The files in the order of the central directory.
  private(set) var entries: [Entry] = []

  /// Reads the directory and checks each entry against its checksum.
  init(reading file: FileBytes) throws(DiagnosticError) {
    self.file = file
    guard let end = file.endOfCentralDirectory else {
      throw file.malformed("not a zip archive: the end record is missing", id: "zip-end")
    }
    var (offset, total) = (end.offset, 0)
    for _ in 0..<end.count {
      guard let record = CentralRecord(file, at: offset) else {
        throw file.malformed("the zip directory is cut short", id: "zip-directory")
      }
      entries.append(Entry(name: record.name, content: try content(of: record)))
      total += record.byteCount  // Entries that share bytes could make a small file endless work.
      guard total <= file.count else {
        throw file.malformed("the zip entries overlap", id: "zip-overlap")
      }
      offset += record.size
    }
  }

  private func content(of record: CentralRecord) throws(DiagnosticError) -> FileBytes {
    guard record.flags & 1 == 0, record.method == 0 else {
      throw file.unsupported(
        "entry \"\(record.name)\" is compressed or encrypted", id: "zip-method",
        help: "write the archive with numpy.savez, not savez_compressed")
    }
    guard file.integer(UInt32.self, at: record.localOffset) == 0x0403_4b50,
      let name = file.integer(UInt16.self, at: record.localOffset + 26),
      let extra = file.integer(UInt16.self, at: record.localOffset + 28),
      let body = file.window(
        at: record.localOffset + 30 + Int(name) + Int(extra), count: record.byteCount)
    else {
      throw file.malformed(
        "entry \"\(record.name)\" lies outside the archive", id: "zip-entry")
    }
    guard body.buffer.withBytes(body.range, CRC32.checksum) == record.checksum else {
      throw body.malformed("entry \"\(record.name)\" fails its checksum", id: "zip-checksum")
    }
    return body
  }
}

/// One record of the central directory.
private struct CentralRecord {
  var name: String
  var flags: UInt16
  var method: UInt16
  var checksum: UInt32
  var byteCount: Int
  /// Below 2^62, so that adding header lengths cannot overflow.
  var localOffset: Int
  /// The bytes of the record itself.
  var size: Int

  init?(_ file: FileBytes, at offset: Int) {
    guard let fixed = file.window(at: offset, count: 46),
      fixed.integer(UInt32.self, at: 0) == 0x0201_4b50,
      let flags = fixed.integer(UInt16.self, at: 8),
      let method = fixed.integer(UInt16.self, at: 10),
      let checksum = fixed.integer(UInt32.self, at: 16),
      let length = fixed.integer(UInt32.self, at: 24),
      let nameLength = fixed.integer(UInt16.self, at: 28),
      let extraLength = fixed.integer(UInt16.self, at: 30),
      let commentLength = fixed.integer(UInt16.self, at: 32),
      let local = fixed.integer(UInt32.self, at: 42),
      let nameBytes = file.window(at: offset + 46, count: Int(nameLength)),
      let extra = file.window(at: offset + 46 + Int(nameLength), count: Int(extraLength)),
      let name = String(validating: nameBytes.array, as: UTF8.self)
    else { return nil }
    (self.name, self.flags, self.method, self.checksum) = (name, flags, method, checksum)
    size = 46 + Int(nameLength) + Int(extraLength) + Int(commentLength)
    var wide = extra.zip64Values
    if fixed.integer(UInt32.self, at: 20) == .max && length == .max && wide.count > 1 {
      // Order: uncompressed, compressed, local offset; a stored entry's first two are equal.
      wide.remove(at: 1)
    }
    guard let byteCount = length == .max ? wide.popFirst() : Int(length),
      let localOffset = local == .max ? wide.popFirst() : Int(local)
    else { return nil }
    (self.byteCount, self.localOffset) = (byteCount, localOffset)
  }
}

extension Array {
  fileprivate mutating func popFirst() -> Element? { isEmpty ? nil : removeFirst() }
}

extension FileBytes {
  /// The 64-bit values of the zip64 field among the extra fields of a record.
  fileprivate var zip64Values: [Int] {
    var offset = 0
    while let id = integer(UInt16.self, at: offset), let size = integer(UInt16.self, at: offset + 2)
    {
      if id == 1, let field = window(at: offset + 4, count: Int(size)) {
        return (0..<Int(size) / 8).compactMap { field.smallInteger(at: 8 * $0) }
      }
      offset += 4 + Int(size)
    }
    return []
  }

  /// The 64-bit value at `offset` if it is below 2^62.
  private func smallInteger(at offset: Int) -> Int? {
    integer(UInt64.self, at: offset).flatMap { $0 < 1 << 62 ? Int($0) : nil }
  }

  /// The number of entries and the place of the central directory.
  fileprivate var endOfCentralDirectory: (count: Int, offset: Int)? {
    // The record has 22 bytes and a comment of at most 65535 at the end of the file.
    for place in stride(from: count - 22, through: max(count - 22 - 65535, 0), by: -1) {
      guard integer(UInt32.self, at: place) == 0x0605_4b50,
        let comment = integer(UInt16.self, at: place + 20), place + 22 + Int(comment) == count,
        let entries = integer(UInt16.self, at: place + 10),
        let offset = integer(UInt32.self, at: place + 16)
      else { continue }
      guard entries == .max || offset == .max else { return (Int(entries), Int(offset)) }
      return zip64End(before: place)
    }
    return nil
  }

  private func zip64End(before place: Int) -> (count: Int, offset: Int)? {
    guard integer(UInt32.self, at: place - 20) == 0x0706_4b50,
      let end = smallInteger(at: place - 12), integer(UInt32.self, at: end) == 0x0606_4b50,
      let entries = smallInteger(at: end + 32), entries <= count / 46,
      let offset = smallInteger(at: end + 48)
    else { return nil }
    return (entries, offset)
  }
}
