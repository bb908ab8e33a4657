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
    do {
      var importer = Importer(model, options)
      self = try importer.run()
    } catch {
      throw DiagnosticError(
        error.diagnostics.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.file = diagnostic.file ?? path
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
  private var node: NodeImporter
  /// The value that each name stands for.
  private var values: [String: ValueID] = [:]
  private var initializers: [String: ONNXTensor] = [:]
  /// What the model says about values that are neither inputs nor outputs.
  private let declared: [String: ONNXValueInfo]

  init(_ model: ONNXModel, _ options: ImportOptions) {
    self.model = model
    self.options = options
    node = NodeImporter(graph: Graph(name: model.graph.name))
    declared = Dictionary(
      model.graph.valueInfo.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The graph with its inputs and nothing else.
  mutating func interface() throws(DiagnosticError) -> Graph {
    for tensor in model.graph.initializers {
      guard initializers.updateValue(tensor, forKey: tensor.name) == nil else {
        throw failure("duplicate-name", "two initializers have this name", .tensor(tensor.name))
      }
    }
    for input in model.graph.inputs where initializers[input.name] == nil { try add(input) }
    return node.graph
  }

  mutating func run() throws(DiagnosticError) -> Graph {
    try checkVersions()
    try listUnsupported()
    _ = try interface()
    for index in try executionOrder() { try add(index) }
    for output in model.graph.outputs {
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

  private func failure(
    _ id: String, _ message: String, _ place: Diagnostic.Place,
    _ category: Diagnostic.Category = .invalidInput
  ) -> DiagnosticError {
    DiagnosticError(Diagnostic(category, id: id, message, place: place))
  }

  // MARK: Versions and operators

  private func version(of domain: String) -> Int? {
    let name = domain == "ai.onnx" ? "" : domain
    return model.opsets.first { $0.domain == name }?.version
  }

  private func checkVersions() throws(DiagnosticError) {
    guard model.irVersion >= 1 else {
      throw failure("ir-version", "IR version \(model.irVersion) does not exist", .file)
    }
    guard let version = version(of: "") ?? (model.irVersion < 3 ? 1 : nil) ?? anyVersion else {
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
    for (index, node) in model.graph.nodes.enumerated()
    where !["", "ai.onnx"].contains(node.domain) && self.version(of: node.domain) == nil {
      throw failure(
        "domain-missing", "the model names no operator set of \"\(node.domain)\"", place(index))
    }
  }

  /// Models without standard operators need no version of them.
  private var anyVersion: Int? {
    model.graph.nodes.allSatisfy { !["", "ai.onnx"].contains($0.domain) } ? 1 : nil
  }

  private func rule(for node: ONNXNode) -> OperatorRule? {
    OperatorRegistry.rule(node.operatorType, domain: node.domain == "ai.onnx" ? "" : node.domain)
  }

  /// Fails with every node whose operator has no rule.
  private func listUnsupported() throws(DiagnosticError) {
    var gaps: [Diagnostic] = []
    for (index, node) in model.graph.nodes.enumerated() where rule(for: node) == nil {
      let name = (node.domain.isEmpty ? "" : node.domain + ".") + node.operatorType
      gaps.append(
        Diagnostic(
          .unsupported, id: "operator", "operator \(name) is not supported",
          place: place(index)))
    }
    if !gaps.isEmpty { throw DiagnosticError(gaps) }
  }

  private func place(_ index: Int) -> Diagnostic.Place {
    let node = model.graph.nodes[index]
    let version = version(of: node.domain).map { ", opset \($0)" } ?? ""
    return .node(
      graph: [], index: index, name: node.name, operatorType: node.operatorType + version)
  }

  // MARK: Values

  private mutating func add(_ input: ONNXValueInfo) throws(DiagnosticError) {
    guard values[input.name] == nil else {
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
      case .parameter(let name): return bound(name.symbolName)
      case .unknown: return bound("\(input.name)_\(axis)".symbolName)
      }
    }
    let type = TensorType(element, Shape(dimensions))
    try checkLimits(type, .tensor(input.name))
    values[input.name] = node.graph.addInput(input.name, type)
  }

  /// Rank, extents and bytes of a tensor that the model names.
  private func checkLimits(
    _ type: TensorType, _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
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

  private func bound(_ symbol: String) -> Dimension {
    options.dimensions[symbol].map { Dimension($0) } ?? .symbol(symbol)
  }

  /// The value of a name; initializers become constants when first used.
  private mutating func value(named name: String) throws(DiagnosticError) -> ValueID? {
    if let known = values[name] { return known }
    guard let tensor = initializers[name] else { return nil }
    guard case .data(let data) = tensor.contents else {
      throw failure(
        "string-tensor", "string tensors are not supported", .tensor(name), .unsupported)
    }
    let value = node.constant(data, name: name)
    values[name] = value
    return value
  }

  private func check(_ output: ONNXValueInfo, _ value: ValueID) throws(DiagnosticError) {
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

  // MARK: Nodes

  /// The nodes in an order in which operands come first; the order of the file where it is one.
  private func executionOrder() throws(DiagnosticError) -> [Int] {
    var makers: [String: Int] = [:]
    for (index, node) in model.graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { makers[output] = index }
    }
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: model.graph.nodes.count)
    var isOpen = isDone
    for start in model.graph.nodes.indices where !isDone[start] {
      var stack = [(node: start, next: 0)]
      isOpen[start] = true
      while let (index, next) = stack.last {
        let inputs = model.graph.nodes[index].inputs
        if next == inputs.count {
          stack.removeLast()
          isOpen[index] = false
          isDone[index] = true
          order.append(index)
          continue
        }
        stack[stack.count - 1].next += 1
        guard let maker = makers[inputs[next]], !isDone[maker] else { continue }
        guard !isOpen[maker] else { throw cycle(stack.map(\.node), from: maker) }
        isOpen[maker] = true
        stack.append((maker, 0))
      }
    }
    return order
  }

  private func cycle(_ path: [Int], from first: Int) -> DiagnosticError {
    let nodes = path.drop { $0 != first } + [first]
    let text = nodes.map {
      model.graph.nodes[$0].name.isEmpty ? "#\($0)" : model.graph.nodes[$0].name
    }
    return DiagnosticError(
      Diagnostic(
        .invalidInput, id: "cycle", "nodes depend on each other in a cycle",
        place: place(first), notes: [text.reversed().joined(separator: " -> ")]))
  }

  private mutating func add(_ index: Int) throws(DiagnosticError) {
    let source = model.graph.nodes[index]
    guard let rule = rule(for: source) else { return }
    var operands: [ValueID?] = []
    for name in source.inputs {
      if name.isEmpty {
        operands.append(nil)
      } else if let value = try value(named: name) {
        operands.append(value)
      } else {
        throw failure("undefined-name", "operand \"\(name)\" is not defined here", place(index))
      }
    }
    node.begin(source, version: version(of: source.domain) ?? 1, operands: operands)
    let results: [ValueID]
    do {
      results = try rule.body(&node)
      try node.end()
    } catch {
      throw DiagnosticError(
        Diagnostic(
          error.category, id: error.id, error.message, place: place(index),
          notes: error.notes + operandNotes(source, operands)))
    }
    try define(source.outputs, results, place(index))
  }

  private func operandNotes(_ source: ONNXNode, _ operands: [ValueID?]) -> [String] {
    zip(source.inputs, operands).compactMap { name, value in
      value.map { "\"\(name)\" is \(node.graph.type(of: $0))" }
    }
  }

  private mutating func define(
    _ names: [String], _ results: [ValueID], _ place: Diagnostic.Place
  ) throws(DiagnosticError) {
    for (position, name) in names.enumerated() where !name.isEmpty {
      guard position < results.count else {
        throw failure("output-count", "output \(position) is not supported", place, .unsupported)
      }
      guard values[name] == nil, initializers[name] == nil else {
        throw failure("duplicate-name", "\"\(name)\" is defined twice", place)
      }
      try checkLimits(node.graph.type(of: results[position]), place)
      values[name] = results[position]
      if let declared = declared[name] { try check(declared, results[position]) }
    }
  }

  private mutating func declareSymbols() {
    var names: [String] = []
    for input in node.graph.inputs {
      for symbol in node.graph.type(of: input).shape.dimensions.flatMap(\.symbols)
      where !names.contains(symbol) { names.append(symbol) }
    }
    node.graph.symbols = names.map { SymbolBounds(name: $0) }
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
