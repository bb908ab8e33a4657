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

/// Turns a model into a graph, node by node.
struct Importer {
  let model: ONNXModel
  let options: ImportOptions
  /// The names at hand and those around them, the innermost last.
  var scopes: [ImportScope]
  /// The graph at hand and those around it, the innermost last.
  var nodes: [NodeImporter]
  /// How many bodies of subgraphs were added.
  private var bodies = 0
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
    try checkForms()
    _ = try interface()
    try addNodes()
    for output in model.graph.outputs {
      guard let result = try binding(named: output.name) else {
        throw failure("undefined-output", "no node makes this graph output", .tensor(output.name))
      }
      try add(output, result)
    }
    guard !node.graph.outputs.isEmpty else {
      throw failure("no-outputs", "the graph has no outputs", .file)
    }
    declareSymbols()
    return node.graph
  }

  /// Counts the body of a subgraph, which may be added once per turn or element.
  mutating func countBody() throws(ImportFailure) {
    bodies += 1
    guard bodies <= 1 << 16 else {
      throw ImportFailure(
        category: .limitExceeded, id: "inlining-limit",
        message: "subgraphs are unrolled more than \(1 << 16) times")
    }
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
