internal import ApusIR

/// Names and nodes of the main graph, a subgraph or a function while they are imported.
struct ImportScope {
  /// How names that are not defined here are found.
  enum Kind {
    /// Nowhere else.
    case main
    /// In the scope around, from which values are captured.
    case region
    /// Nowhere else; nodes go to the graph of the scope around.
    case function
    /// In the scope around, whose graph nodes go to.
    case inlined
  }

  /// The nodes.
  let nodes: [ONNXNode]
  /// The operator sets of the nodes.
  let opsets: [(domain: String, version: Int)]
  let kind: Kind
  /// The names of the subgraphs on the way here, for messages.
  var path: [String]
  /// The place in `Importer.nodes` of the graph under construction.
  let graph: Int
  /// What each name stands for.
  var bindings: [String: Binding] = [:]
  var initializers: [String: ONNXTensor] = [:]
  /// Values of the scope around, with what stands for them here, in the order of the inputs.
  var captures: [(outer: ValueID, inner: ValueID)] = []
  /// What the file declares about values.
  private(set) var declared: [String: ONNXValueInfo] = [:]
  /// What follows from that about the extents of others.
  private var promised: [String: [Int?]] = [:]

  init(
    _ source: ONNXGraph, opsets: [(domain: String, version: Int)], graph: Int, kind: Kind,
    path: [String] = []
  ) {
    nodes = source.nodes
    self.opsets = opsets
    self.graph = graph
    self.kind = kind
    self.path = path
    for info in source.valueInfo + source.outputs { declared[info.name] = info }
    // Nodes that keep the shape pass on what the file says of their results.
    for node in nodes.reversed() where ["Cast", "Identity", "Relu"].contains(node.operatorType) {
      guard let result = node.outputs.first, let operand = node.inputs.first, node.isStandard,
        declared[operand] == nil, let extents = declaredExtents(of: result)
      else { continue }
      promised[operand] = extents
    }
  }

  /// The version of a domain's operators.
  func version(of domain: String) -> Int? {
    let name = domain == "ai.onnx" ? "" : domain
    return opsets.first { $0.domain == name }?.version
  }

  /// Whether a name is taken already.
  func defines(_ name: String) -> Bool { bindings[name] != nil || initializers[name] != nil }

  /// The extents that the file declares for a value: numbers where they are known.
  func declaredExtents(of name: String) -> [Int?]? {
    guard case .tensor(_, let shape?)? = declared[name]?.type else { return promised[name] }
    return shape.map { dimension in
      if case .extent(let extent) = dimension { return extent }
      return nil
    }
  }

  mutating func collectInitializers(of graph: ONNXGraph) throws(DiagnosticError) {
    for tensor in graph.initializers {
      guard initializers.updateValue(tensor, forKey: tensor.name) == nil else {
        throw DiagnosticError(
          Diagnostic(
            .invalidInput, id: "duplicate-name", "two initializers have this name",
            place: .tensor(tensor.name)))
      }
    }
  }

  /// Where a node stands, for messages.
  func place(_ index: Int) -> Diagnostic.Place {
    let node = nodes[index]
    let version = version(of: node.domain).map { ", opset \($0)" } ?? ""
    return .node(
      graph: path, index: index, name: node.name, operatorType: node.operatorType + version)
  }
}
