package import ApusIR
internal import CONNX
internal import CProtobufC

extension ONNXModel {
  /// Reads the model file at `path`; external data is looked for in the same folder.
  ///
  /// Throws `inputOutput` when the file or its external data cannot be read, `invalidInput` when
  /// they are not a well-formed model, `unsupported` and `limitExceeded`.
  package init(
    contentsOf path: String, limits: ImportLimits = .default
  ) throws(DiagnosticError) {
    let buffer = try TensorBuffer.modelFile(path, limits)
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let isInRoot = folder.count == 1 && folder.first == ""
    try self.init(
      buffer, file: path, folder: isInRoot ? "/" : folder.joined(separator: "/"), limits: limits)
  }

  /// Reads a model from bytes; `name` stands for the file in messages.
  ///
  /// Without a `folder` external data is an error of usage.
  package init(
    bytes: [UInt8], name: String, folder: String? = nil, limits: ImportLimits = .default
  ) throws(DiagnosticError) {
    guard bytes.count <= limits.fileBytes else {
      throw DiagnosticError(FileFailure.size(bytes.count).diagnostic(name))
    }
    let buffer = TensorBuffer(count: bytes.count) { target in
      bytes.withUnsafeBytes { target.copyMemory(from: $0) }
    }
    try self.init(buffer, file: name, folder: folder, limits: limits)
  }

  private init(
    _ buffer: TensorBuffer, file: String, folder: String?, limits: ImportLimits
  ) throws(DiagnosticError) {
    guard buffer.count > 0 else {
      throw DiagnosticError(
        Diagnostic(.error, .invalidInput, id: "file-empty", "the file is empty", file: file))
    }
    let result = withStack(of: 8 << 20) {
      Result { () throws(DiagnosticError) in
        try ONNXModel.read(buffer, file: file, folder: folder, limits: limits)
      }
    }
    guard let result else {
      throw DiagnosticError(
        Diagnostic(
          .error, .inputOutput, id: "no-thread", "the system gives no thread to read the model",
          file: file))
    }
    self = try result.get()
  }

  private static func read(
    _ buffer: TensorBuffer, file: String, folder: String?, limits: ImportLimits
  ) throws(DiagnosticError) -> ONNXModel {
    do {
      let scan = try buffer.scanned(file: file, limits: limits)
      var reader = ModelReader(
        buffer: buffer, scan: scan, external: ExternalFiles(folder: folder, limits: limits))
      return try reader.unpacked(scan.copy)
    } catch {
      throw buffer.explained(error, file: file)
    }
  }
}

extension TensorBuffer {
  fileprivate func scanned(
    file: String, limits: ImportLimits
  ) throws(DiagnosticError) -> Prescan {
    try withBytes(0..<count) { bytes in
      Result { () throws(DiagnosticError) in
        try Prescan(
          bytes.bindMemory(to: UInt8.self).span, file: file, limits: limits)
      }
    }.get()
  }

  /// The error, or a better one when the file is plainly something else than a model.
  fileprivate func explained(_ error: DiagnosticError, file: String) -> DiagnosticError {
    let head = withBytes(0..<min(count, 512)) { Array($0) }
    let id = error.diagnostics.first?.id ?? ""
    let isEncoding = id.hasPrefix("wire-") || id == "model-without-graph"
    guard isEncoding, let kind = FileKind.guess(head) else { return error }
    return DiagnosticError(
      Diagnostic(
        .error, .invalidInput, id: "not-onnx", "this is not an ONNX model but looks like \(kind)",
        file: file, help: "export the model to ONNX and pass the .onnx file"))
  }
}

extension ModelReader {
  /// Parses the scanned copy and reads the whole model from it.
  fileprivate mutating func unpacked(_ copy: [UInt8]) throws(DiagnosticError) -> ONNXModel {
    guard let message = onnx__model_proto__unpack(nil, copy.count, copy) else {
      throw invalid("wire-unpack", "the bytes are not a protobuf message")
    }
    defer { onnx__model_proto__free_unpacked(message, nil) }
    return try model(message)
  }
}

extension TensorBuffer {
  /// The bytes of a model file.
  ///
  /// Throws `inputOutput` when it cannot be read, `limitExceeded` when it is too large.
  static func modelFile(
    _ path: String, _ limits: ImportLimits
  ) throws(DiagnosticError) -> TensorBuffer {
    do {
      let file = try OpenFile(path: path)
      return try file.contents(limit: limits.fileBytes, mappedFrom: limits.mappedFileBytes)
    } catch {
      throw DiagnosticError(error.diagnostic(path))
    }
  }
}
