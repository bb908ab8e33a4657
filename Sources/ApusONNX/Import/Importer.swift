public import ApusIR

extension Graph {
  /// Imports an ONNX model from a file.
  ///
  /// - Throws: `DiagnosticError` with all operators that are not supported, or the first other
  ///   failure; its exit code follows the documented categories.
  public init(
    importing path: String, options: ImportOptions = ImportOptions()
  ) throws(DiagnosticError) {
    let model = try ONNXModel(contentsOf: path, limits: options.limits)
    try self.init(importing: model, named: path, options)
  }

  /// Imports an ONNX model from bytes, which hold all weights; `name` stands for it in messages.
  ///
  /// - Throws: `DiagnosticError`, as for a file; external data is an error of usage.
  public init(
    importing bytes: [UInt8], named name: String, options: ImportOptions = ImportOptions()
  ) throws(DiagnosticError) {
    let model = try ONNXModel(bytes: bytes, name: name, limits: options.limits)
    try self.init(importing: model, named: name, options)
  }

  private init(
    importing model: ONNXModel, named name: String, _ options: ImportOptions
  ) throws(DiagnosticError) {
    do {
      var importer = Importer(model, options)
      self = try importer.run()
    } catch {
      throw DiagnosticError(
        error.diagnostics.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.file = diagnostic.file ?? name
          return diagnostic
        })
    }
  }
}

/// What a model takes, without its nodes.
public struct ModelInterface: Sendable {
  /// Names and types of the inputs, in order; sizes may be symbolic.
  public let inputs: [(name: String, type: TensorType)]

  /// Reads the interface of an ONNX model.
  public init(of path: String) throws(DiagnosticError) {
    let model = try ONNXModel(contentsOf: path)
    var importer = Importer(model, ImportOptions())
    let graph = try importer.interface()
    inputs = graph.inputs.map { (graph[$0].name ?? "", graph.type(of: $0)) }
  }
}

/// Turns a model into a graph, node by node.
struct Importer {
  let model: ONNXModel
  let options: ImportOptions
  /// The names at hand and those around them, the innermost last.
  var scopes: [ImportScope]
  /// The graph at hand and those around it, the innermost last.
  var nodes: [NodeImporter]
  init(_ model: ONNXModel, _ options: ImportOptions) {
    self.model = model
    self.options = options
    nodes = [NodeImporter(graph: Graph(name: model.graph.name), bounds: options.bounds)]
    scopes = [ImportScope(model.graph, opsets: model.opsets, graph: 0, kind: .main)]
  }

  /// The innermost scope; changed in place, because graphs are large.
  var scope: ImportScope {
    get { scopes[scopes.count - 1] }
    _modify { yield &scopes[scopes.count - 1] }
  }

  /// The graph of the innermost scope.
  var node: NodeImporter {
    get { nodes[nodes.count - 1] }
    _modify { yield &nodes[nodes.count - 1] }
  }

  /// The graph with its inputs and nothing else.
  mutating func interface() throws(DiagnosticError) -> Graph {
    try scope.collectInitializers(of: model.graph)
    for input in model.graph.inputs where scope.initializers[input.name] == nil { try add(input) }
    return node.graph
  }

  mutating func run() throws(DiagnosticError) -> Graph {
    try checkVersions()
    try checkFunctions()
    try listUnsupported()
    _ = try interface()
    try addNodes()
    for output in model.graph.outputs {
      if list(named: output.name) != nil || scope.missing.contains(output.name) {
        throw failure(
          "sequence-operand", "an output that is a sequence or optional is not supported",
          .tensor(output.name), .unsupported)
      }
      guard let value = try value(named: output.name) else {
        throw failure("undefined-output", "no node makes this graph output", .tensor(output.name))
      }
      try check(output, value)
      node.graph.addOutput(value, name: output.name)
    }
    guard !model.graph.outputs.isEmpty else {
      throw failure("no-outputs", "the graph has no outputs", .file)
    }
    declareSymbols()
    return node.graph
  }

  func failure(
    _ id: String, _ message: String, _ place: Diagnostic.Place,
    _ category: Diagnostic.Category = .invalidInput
  ) -> DiagnosticError {
    DiagnosticError(Diagnostic(category, id: id, message, place: place))
  }

  // MARK: Versions

  private func checkVersions() throws(DiagnosticError) {
    guard model.irVersion >= 1 else {
      throw failure("ir-version", "IR version \(model.irVersion) does not exist", .file)
    }
    let standard = scope.version(of: "") ?? (model.irVersion < 3 ? 1 : nil)
    guard let version = standard ?? anyVersion else {
      throw failure("opset-missing", "the model does not name an operator set", .file)
    }
    guard version >= 1 else {
      throw failure("opset-version", "operator set \(version) does not exist", .file)
    }
    guard version <= OperatorRegistry.newestVersion else {
      throw failure(
        "opset-too-new",
        "operator set \(version) is newer than \(OperatorRegistry.newestVersion)", .file,
        .unsupported)
    }
    for (index, node) in scope.nodes.enumerated()
    where !node.isStandard && scope.version(of: node.domain) == nil {
      throw failure(
        "domain-missing", "the model names no operator set of \"\(node.domain)\"",
        scope.place(index))
    }
  }

  /// Models without standard operators need no version of them.
  private var anyVersion: Int? {
    model.graph.nodes.contains(where: \.isStandard) ? nil : 1
  }

  // MARK: Interface

  private mutating func add(_ input: ONNXValueInfo) throws(DiagnosticError) {
    guard scope.values[input.name] == nil else {
      throw failure("duplicate-name", "two graph inputs have this name", .tensor(input.name))
    }
    guard case .tensor(let element, let shape?)? = input.type else {
      throw failure(
        "input-type", "only inputs that are tensors of known rank are supported",
        .tensor(input.name), .unsupported)
    }
    let dimensions = shape.enumerated().map { axis, dimension -> Dimension in
      switch dimension {
      case .extent(let extent): return Dimension(extent)
      case .parameter(let name): return options.size(of: name.symbolName)
      case .unknown: return options.size(of: "\(input.name)_\(axis)".symbolName)
      }
    }
    let type = TensorType(element, Shape(dimensions))
    try checkLimits(type, .tensor(input.name))
    scope.values[input.name] = node.graph.addInput(input.name, type)
  }

  /// Rank, extents and bytes of a tensor that the model names.
  func checkLimits(_ type: TensorType, _ place: Diagnostic.Place) throws(DiagnosticError) {
    let limits = options.limits
    let extents = type.shape.dimensions.compactMap(\.constant)
    let count = type.shape.elementCount
    guard type.rank <= limits.rank, extents.allSatisfy({ $0 <= limits.extent }),
      let bytes = count.constant.map({ type.element.byteCount(of: $0) }) ?? 0,
      bytes <= limits.tensorBytes
    else {
      throw failure("tensor-size", "a tensor of \(type) is too large", place, .limitExceeded)
    }
  }

  func check(_ output: ONNXValueInfo, _ value: ValueID) throws(DiagnosticError) {
    guard case .tensor(let element, let shape)? = output.type else { return }
    let type = node.graph.type(of: value)
    guard type.element == element else {
      throw failure(
        "type-conflict", "declared as \(element) but computed as \(type.element)",
        .tensor(output.name))
    }
    guard let shape, let extents = type.shape.extents else { return }
    let agrees =
      shape.count == extents.count
      && zip(shape, extents).allSatisfy { declared, extent in
        if case .extent(let number) = declared { return number == extent }
        return true
      }
    guard agrees else {
      throw failure(
        "shape-conflict", "the declared shape differs from the computed one, \(type.shape)",
        .tensor(output.name))
    }
  }

  /// Bounds of the symbols of inputs, then of those that running finds out.
  private mutating func declareSymbols() {
    let graph = node.graph
    var bounds: [SymbolBounds] = []
    for symbol in graph.inputs.flatMap({ graph.type(of: $0).shape.dimensions.flatMap(\.symbols) })
    where !bounds.contains(where: { $0.name == symbol }) {
      bounds.append(options.bounds.first { $0.name == symbol } ?? SymbolBounds(name: symbol))
    }
    node.graph.symbols = bounds + node.symbols
  }
}

extension String {
  /// The name as a symbol: letters, digits and underscores, not starting with a digit.
  var symbolName: String {
    let plain = String(
      unicodeScalars.map { scalar -> Character in
        let isWord =
          scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        return isWord ? Character(scalar) : "_"
      })
    guard let first = plain.first else { return "_" }
    return first.isNumber ? "_" + plain : plain
  }
}
