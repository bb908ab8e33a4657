public import ApusIR

/// The `.npz` format: a zip archive with one `.npy` file per array.
public enum NumpyArchive {
  /// Reads the arrays of an uncompressed archive, in the order of its directory.
  ///
  /// - Throws: `invalidInput` for malformed bytes, `unsupported` for compressed entries.
  public static func decode(_ file: FileBytes) throws(DiagnosticError) -> [NamedTensor] {
    let archive = try ZipArchive(reading: file)
    var result: [NamedTensor] = []
    for entry in archive.entries where entry.name.hasSuffix(".npy") {
      let value = try NumpyFile.decode(entry.content)
      result.append(NamedTensor(String(entry.name.dropLast(4)), value))
    }
    return result
  }

  /// Writes an uncompressed archive with fixed dates: equal tensors give equal bytes.
  ///
  /// - Throws: `unsupported` for element types that numpy has no name for, `limitExceeded` for
  ///   archives of 4 GiB and more or names of 64 KiB and more.
  public static func encode(_ tensors: [NamedTensor]) throws(DiagnosticError) -> [UInt8] {
    var (bytes, directory) = ([UInt8](), [UInt8]())
    for tensor in tensors {
      let name = Array((tensor.name + ".npy").utf8)
      let body = try NumpyFile.encode(tensor.value)
      guard tensors.count < 0xffff, name.count < 0xffff,
        bytes.count + body.count + name.count + directory.count + 256 < 0xffff_ffff
      else {
        throw DiagnosticError(
          Diagnostic(
            .error, .limitExceeded, id: "npz-size",
            "an .npz archive ends at 4 GiB and 65534 arrays",
            help: "write each tensor to its own .npy"))
      }
      let facts = facts(of: body, name: name)
      let offset = UInt32(bytes.count)
      bytes += [0x50, 0x4b, 3, 4] + facts + name + body
      // Made by version 2.0; no comment, disk 0, no attributes.
      directory += [0x50, 0x4b, 1, 2, 20, 0] + facts + zeros(10) + little(offset) + name
    }
    let count = little(UInt16(tensors.count))
    let end =
      [0x50, 0x4b, 5, 6] + zeros(4) + count + count + little(UInt32(directory.count))
      + little(UInt32(bytes.count)) + zeros(2)
    return bytes + directory + end
  }

  /// What both headers of an entry say: version, UTF-8 names, stored, 1980-01-01, sizes.
  private static func facts(of body: [UInt8], name: [UInt8]) -> [UInt8] {
    let checksum = body.withUnsafeBytes(CRC32.checksum)
    let size = little(UInt32(body.count))
    return [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0] + little(checksum) + size + size
      + little(UInt16(name.count)) + zeros(2)
  }

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}

/// The bytes of an integer, low ones first.
func little(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
