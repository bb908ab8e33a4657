/// Guesses what a file is that is not an ONNX model, to say so in the message.
enum FileKind {
  private static let magics: [(bytes: [UInt8], offset: Int, name: String)] = [
    ([0x89, 0x50, 0x4e, 0x47], 0, "a PNG image"),
    ([0xff, 0xd8, 0xff], 0, "a JPEG image"),
    (Array("GIF8".utf8), 0, "a GIF image"),
    (Array("%PDF".utf8), 0, "a PDF document"),
    (Array("PK\u{3}\u{4}".utf8), 0, "a zip archive (such as .npz or a PyTorch checkpoint)"),
    ([0x1f, 0x8b], 0, "a gzip archive"),
    ([0x28, 0xb5, 0x2f, 0xfd], 0, "a zstd archive"),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a], 0, "an xz archive"),
    (Array("GGUF".utf8), 0, "a GGUF model"),
    (Array("TFL3".utf8), 4, "a TensorFlow Lite model"),
    (Array("ORTM".utf8), 4, "an ONNX Runtime (.ort) model"),
    ([0x89, 0x48, 0x44, 0x46], 0, "an HDF5 file (such as a Keras model)"),
    ([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], 0, "a NumPy array"),
    ([0x7f, 0x45, 0x4c, 0x46], 0, "an ELF program"),
    ([0x80, 0x02], 0, "a Python pickle"),
    ([0x80, 0x04], 0, "a Python pickle"),
    (Array("version https://git-lfs".utf8), 0, "a Git LFS pointer"),
    (Array("{\"".utf8), 8, "a safetensors file"),
  ]

  /// What `head`, the first bytes of a file, looks like, or `nil`.
  static func guess(_ head: [UInt8]) -> String? {
    for (bytes, offset, name) in magics where head.dropFirst(offset).starts(with: bytes) {
      return name
    }
    return isText(head) ? "a text file" : nil
  }

  private static func isText(_ head: [UInt8]) -> Bool {
    head.count >= 4
      && head.prefix(512).allSatisfy { byte in
        byte >= 0x20 && byte != 0x7f || byte == 0x0a || byte == 0x0d || byte == 0x09
      }
  }
}
