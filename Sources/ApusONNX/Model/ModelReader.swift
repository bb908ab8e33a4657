internal import ApusIR
internal import CONNX
internal import CProtobufC

/// Makes the value tree from the messages of a scanned model.
struct ModelReader {
  /// The newest file format that is understood.
  static let newestFormat = 14

  /// The file, mapped or read.
  let buffer: TensorBuffer
  /// What the scan found.
  let scan: Prescan
  /// Files of weights beside the model.
  var external: ExternalFiles
  /// Whether nodes of a function are being read.
  var isInFunction = false
  /// The node that is being read.
  var node: Diagnostic.Place = .file
  /// Warnings so far; each ID stands once.
  var warnings: [Diagnostic] = []

  /// A reader of one file.
  init(buffer: TensorBuffer, scan: Prescan, external: ExternalFiles) {
    self.buffer = buffer
    self.scan = scan
    self.external = external
  }

  /// Reads the model.
  mutating func model(
    _ message: UnsafePointer<Onnx__ModelProto>
  ) throws(DiagnosticError) -> ONNXModel {
    let proto = message.pointee
    guard proto.has_ir_version != 0, proto.ir_version >= 1 else {
      if proto.graph == nil { throw invalid("model-without-graph", "the model has no graph") }
      throw invalid("model-ir-version", "the model has no valid ir_version")
    }
    guard proto.ir_version <= ModelReader.newestFormat else {
      throw unsupported(
        "model-ir-version",
        "IR version \(proto.ir_version) is newer than \(ModelReader.newestFormat)")
    }
    guard let graphMessage = proto.graph else {
      throw invalid("model-without-graph", "the model has no graph")
    }
    let opsets = try operatorSets(proto.n_opset_import, proto.opset_import)
    guard !opsets.isEmpty else {
      throw invalid("opset-missing", "the model imports no operator set")
    }
    let graph = try graph(graphMessage)
    isInFunction = true
    let functions = try list(proto.n_functions, proto.functions) {
      (reader, message) throws(DiagnosticError) in try reader.function(message)
    }
    let producer = [proto.producer_name.text, proto.producer_version.text]
    return ONNXModel(
      irVersion: Int(proto.ir_version),
      producer: producer.filter { !$0.isEmpty }.joined(separator: " "), opsets: opsets,
      metadata: entries(proto.n_metadata_props, proto.metadata_props), graph: graph,
      functions: functions, warnings: scan.dropped.warnings(file: scan.file) + warnings)
  }

  /// Reads operator set imports and refuses a domain that stands twice.
  func operatorSets(
    _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__OperatorSetIdProto>?>?
  ) throws(DiagnosticError) -> [(domain: String, version: Int)] {
    var result: [(domain: String, version: Int)] = []
    var seen: Set<String> = []
    for message in pointers(count, messages) {
      let name = message.pointee.domain.text
      let domain = name == "ai.onnx" ? "" : name
      guard message.pointee.version >= 1 else {
        throw invalid(
          "opset-version",
          "version \(message.pointee.version) of operator set \"\(domain)\" is not positive")
      }
      guard seen.insert(domain).inserted else {
        throw invalid("opset-duplicate", "operator set \"\(domain)\" is imported twice")
      }
      result.append((domain, Int(message.pointee.version)))
    }
    return result
  }

  /// Reads pairs of texts.
  func entries(
    _ count: Int,
    _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?
  ) -> [(key: String, value: String)] {
    pointers(count, messages).map { ($0.pointee.key.text, $0.pointee.value.text) }
  }
}

extension ModelReader {
  /// A fault of the model at the node that is being read.
  func invalid(
    _ id: String, _ message: String, place: Diagnostic.Place? = nil, help: String? = nil
  ) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .invalidInput, id: id, message, file: scan.file, place: place ?? node,
        help: help))
  }

  /// Something that cannot be compiled.
  func unsupported(
    _ id: String, _ message: String, place: Diagnostic.Place? = nil
  ) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .unsupported, id: id, message, file: scan.file, place: place ?? node))
  }

  /// Something beyond the limits.
  func excessive(
    _ id: String, _ message: String, place: Diagnostic.Place? = nil
  ) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .error, .limitExceeded, id: id, message, file: scan.file, place: place ?? node))
  }

  /// Adds a warning unless one with its ID is there.
  mutating func warn(_ id: String, _ message: String, place: Diagnostic.Place? = nil) {
    guard !warnings.contains(where: { $0.id == id }) else { return }
    warnings.append(
      Diagnostic(
        .warning, .invalidInput, id: id, message, file: scan.file, place: place ?? node))
  }

  /// Reads each message of a repeated field.
  mutating func list<Message, Value>(
    _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?,
    _ read: (inout ModelReader, UnsafePointer<Message>) throws(DiagnosticError) -> Value
  ) throws(DiagnosticError) -> [Value] {
    var values: [Value] = []
    for message in pointers(count, messages) { values.append(try read(&self, message)) }
    return values
  }
}
