internal import ApusIR
internal import CONNX
internal import CProtobufC

extension ModelReader {
  /// Where the bytes of a tensor lie: in which buffer, and in which range of it.
  struct Window {
    let buffer: TensorBuffer
    let range: Range<Int>
  }

  /// Finds `byteCount` bytes of external data.
  mutating func externalWindow(
    _ proto: Onnx__TensorProto, byteCount: Int, place: Diagnostic.Place
  ) throws(DiagnosticError) -> Window {
    let entries = try externalEntries(proto, place: place)
    guard let location = entries["location"] else {
      throw invalid("external-location", "external data has no location", place: place)
    }
    let offset = try number(entries["offset"], "offset", place: place) ?? 0
    let length = try number(entries["length"], "length", place: place) ?? byteCount
    guard length == byteCount else {
      throw invalid(
        "external-length", "external data has \(length) bytes, the tensor needs \(byteCount)",
        place: place)
    }
    if entries["checksum"] != nil {
      warn("external-checksum", "the checksum of external data is not verified", place: place)
    }
    let buffer = try externalFile(location, place: place)
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= buffer.count else {
      throw invalid(
        "external-range",
        "external data at \(offset) with \(byteCount) bytes ends beyond the \(buffer.count) bytes"
          + " of \"\(location)\"", place: place)
    }
    return Window(buffer: buffer, range: offset..<end)
  }

  private mutating func externalEntries(
    _ proto: Onnx__TensorProto, place: Diagnostic.Place
  ) throws(DiagnosticError) -> [String: String] {
    var result: [String: String] = [:]
    for (key, value) in entries(proto.n_external_data, proto.external_data) {
      guard ["location", "offset", "length", "checksum"].contains(key) else {
        warn("external-key", "key \"\(key)\" of external data is unknown", place: place)
        continue
      }
      guard result.updateValue(value, forKey: key) == nil else {
        throw invalid("external-key", "external data has two keys \"\(key)\"", place: place)
      }
    }
    return result
  }

  private func number(
    _ text: String?, _ key: String, place: Diagnostic.Place
  ) throws(DiagnosticError) -> Int? {
    guard let text else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Int(text)
    else {
      throw invalid(
        "external-number", "\(key) \"\(text)\" of external data is not a number of bytes",
        place: place)
    }
    return value
  }

  private mutating func externalFile(
    _ location: String, place: Diagnostic.Place
  ) throws(DiagnosticError) -> TensorBuffer {
    do throws(ExternalFiles.Fault) {
      return try external.contents(of: location)
    } catch {
      switch error {
      case .noFolder:
        throw DiagnosticError(
          Diagnostic(
            .error, .usage, id: "external-without-folder",
            "external data needs a model that is read from a file", file: scan.file, place: place))
      case .location(let reason):
        throw invalid(
          "external-location", "location \"\(location)\" of external data \(reason)", place: place,
          help: "keep the data in the folder of the model and name it by a relative path")
      case .file(.kind(let kind)):
        throw invalid(
          "external-location", "location \"\(location)\" of external data is \(kind)",
          place: place)
      case .file(let failure):
        throw DiagnosticError(failure.diagnostic(location, place: place))
      }
    }
  }
}
