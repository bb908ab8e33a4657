public import ApusIR

/// What a user chooses before a graph is written as an ONNX model.
public struct ExportOptions: Sendable {
  /// Weights stand in the model file up to this many bytes, otherwise in a file of their own.
  ///
  /// Files of Protocol Buffers end at 2 GiB; the default stays well below.
  public var embeddedBytes: Int
  /// The name of the file of weights, beside the model.
  public var weightsName: String

  /// Options; the defaults suit models of every size.
  public init(embeddedBytes: Int = 1 << 30, weightsName: String = "weights.bin") {
    self.embeddedBytes = embeddedBytes
    self.weightsName = weightsName
  }
}

/// A graph as an ONNX model.
public struct ExportedModel: Sendable {
  /// The model file.
  public let bytes: [UInt8]
  /// The pieces of the file of weights, each of which begins at a multiple of `alignment`; none
  /// when the model holds its weights itself.
  public let weights: [TensorData]

  /// Where pieces of the file of weights begin.
  public static let alignment = 64

  /// The zero bytes after a piece of so many bytes.
  static func padding(after count: Int) -> Int { (alignment - count % alignment) % alignment }

  /// Shows the bytes of the file of weights in order.
  public func forEachPiece<Failure: Error>(
    _ write: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let zeros = [UInt8](repeating: 0, count: Self.alignment)
    for data in weights {
      try data.withBytes { bytes in
        Result { () throws(Failure) in try write(bytes) }
      }.get()
      let rest = Self.padding(after: data.byteCount)
      try zeros.withUnsafeBytes { bytes in
        Result { () throws(Failure) in try write(UnsafeRawBufferPointer(rebasing: bytes[..<rest])) }
      }.get()
    }
  }
}

extension Graph {
  /// The graph as an ONNX model of standard operators: opset 21, or the first one that has what the
  /// graph needs.
  ///
  /// Inputs and outputs keep their names, nodes are called after the nodes of the model that they
  /// come from. Layouts are left out, kernels are taken apart, and the checks of `bind` are left to
  /// what runs the model.
  ///
  /// - Throws: `DiagnosticError` (`unsupported`) with all operations that ONNX has no words for.
  public func exported(
    _ options: ExportOptions = ExportOptions()
  ) throws(DiagnosticError) -> ExportedModel {
    var exporter = GraphExporter(self)
    let model = try exporter.run()
    let tensors = model.graph.initializers.filter { $0.element != .string }
    let bytes = tensors.reduce(0) { $0 + $1.data.byteCount }
    let isExternal = bytes > options.embeddedBytes
    var writer = ModelWriter(external: isExternal ? options.weightsName : nil)
    return ExportedModel(
      bytes: writer.write(model), weights: isExternal ? tensors.map(\.data) : [])
  }
}

extension ONNXTensor {
  /// A constant of a graph.
  init(_ name: String, _ data: TensorData) {
    self.init(
      name: name, element: data.type.element, extents: data.type.shape.extents ?? [], data: data)
  }
}
