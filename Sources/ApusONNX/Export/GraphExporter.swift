internal import ApusIR

/// Why one operation cannot be written; the exporter adds the place.
struct ExportFailure: Error {
  var id: String
  var message: String

  static func unsupported(_ id: String, _ message: String) -> ExportFailure {
    ExportFailure(id: id, message: message)
  }
}

/// One operation with the names of its operands.
struct ExportTask {
  let node: Node
  let graph: Graph
  let operands: [String]
  /// How often each value of the graph is used.
  let uses: [ValueID: Int]

  /// The type of an operand.
  func type(_ place: Int) -> TensorType { graph.type(of: node.operands[place]) }

  /// The type of a result.
  func resultType(_ place: Int = 0) -> TensorType { graph.type(of: node.results[place]) }
}

/// Attributes of a node, as a literal such as `["axis": .int(1)]`.
struct ExportAttributes: ExpressibleByDictionaryLiteral {
  private(set) var list: [ONNXAttribute]

  init(dictionaryLiteral elements: (String, ONNXAttribute.Value)...) {
    list = elements.map { ONNXAttribute(name: $0, value: $1) }
  }

  static func += (a: inout ExportAttributes, b: ExportAttributes) { a.list += b.list }

  static func + (a: ExportAttributes, b: ExportAttributes) -> ExportAttributes {
    var sum = a
    sum += b
    return sum
  }
}

/// Writes a graph as a model, operation by operation: what `Importer` does, backwards.
struct GraphExporter {
  private let source: Graph
  /// The nodes of the graphs at hand, the innermost last.
  private var frames: [[ONNXNode]] = [[]]
  private var initializers: [ONNXTensor] = []
  /// The lowest version of `ai.onnx` that has all that is used.
  private var opset = 21
  private var names = ExportNames()
  private var constants: [Constant: String] = [:]
  /// What constants hold, by their names in the model.
  private var contents: [String: Constant] = [:]
  private var failures: [Diagnostic] = []
  /// What nodes of the operation at hand are called after.
  private var stem = ""
  /// What stands for extents that have symbols: `i64` vectors of one element.
  var sizes: [Dimension: String] = [:]
  /// The means of windows whose sums have a name, and how many elements a window has.
  var means: [String: (name: String, count: Double)] = [:]
  /// The operands of the operation that makes a value.
  private(set) var sources: [String: [String]] = [:]

  init(_ source: Graph) { self.source = source }

  mutating func run() throws(DiagnosticError) -> ONNXModel {
    let inputs = source.inputs.map { names.unique(source[$0].name ?? "input") }
    names.reserve(source.outputNames)
    for (input, name) in zip(source.inputs, inputs) {
      require(source.type(of: input).element)
      for (axis, size) in source.type(of: input).shape.dimensions.enumerated()
      where size.isSymbol && sizes[size] == nil {
        sizes[size] = extent(of: name, axis)
      }
    }
    inline(source, Array(zip(source.inputs, inputs)), outputs: source.outputNames)
    if !failures.isEmpty { throw DiagnosticError(failures) }
    var graph = ONNXGraph(
      name: source.name.isEmpty ? "graph" : source.name, nodes: frames[0],
      initializers: initializers,
      inputs: zip(inputs, source.inputs).map { info($0, source.type(of: $1)) },
      outputs: zip(source.outputNames, source.outputTypes).map { info($0, $1) }, valueInfo: [])
    graph.removeUnused()
    return ONNXModel(
      irVersion: Self.fileVersion(of: opset), producer: "apus", opsets: [("", opset)],
      metadata: [], graph: graph, functions: [], warnings: [])
  }

  /// The version of the file format that came with an operator set (ONNX, "Versioning").
  private static func fileVersion(of opset: Int) -> Int {
    switch opset {
    case ...22: 10
    case 23: 11
    case 24: 12
    case ...27: 13
    default: 14
    }
  }

  // MARK: Graphs

  /// Writes the nodes of a graph to the graph at hand and returns the names of its outputs: those
  /// asked for, where some are.
  @discardableResult
  mutating func inline(
    _ graph: Graph, _ inputs: [(ValueID, String)], outputs: [String]? = nil
  ) -> [String] {
    var known = Dictionary(uniqueKeysWithValues: inputs)
    var wanted: [ValueID: String] = [:]
    if let outputs {
      for (value, name) in zip(graph.outputs, outputs).reversed() { wanted[value] = name }
    }
    let (uses, outerStem) = (graph.useCounts(), stem)
    defer { stem = outerStem }
    for (index, node) in graph.nodes.enumerated() {
      let task = ExportTask(
        node: node, graph: graph, operands: node.operands.map { known[$0] ?? "" }, uses: uses)
      let mark = frames[frames.count - 1].count
      stem = node.origins.first.map(Self.nodeName) ?? outerStem
      for result in node.results { require(graph.type(of: result).element) }
      var results: [String] = []
      do throws(ExportFailure) {
        results = try write(task)
      } catch {
        let place = Diagnostic.Place.node(
          graph: [], index: index, name: stem, operatorType: node.operation.mnemonic)
        failures.append(Diagnostic(.unsupported, id: error.id, error.message, place: place))
        results = node.results.map { _ in "" }
      }
      for (value, name) in zip(node.results, results) {
        let settled = settle(name, wanted[value], graph[value].name, since: mark)
        known[value] = settled
        sources[settled] = task.operands
      }
    }
    return graph.outputs.enumerated().map { place, value in
      guard let name = outputs?[place], known[value] != name else { return known[value] ?? "" }
      return emit("Identity", [known[value] ?? ""], named: name)
    }
  }

  /// Gives a result of a node at hand the name that is wanted, or that it has in the graph.
  private mutating func settle(
    _ name: String, _ wanted: String?, _ own: String?, since mark: Int
  ) -> String {
    let last = frames.count - 1
    guard let new = wanted ?? own.map({ names.unique($0) }),
      frames[last][mark...].contains(where: { $0.outputs.contains(name) })
    else { return name }
    for place in mark..<frames[last].count { frames[last][place].rename(name, new) }
    return new
  }

  /// The name of a node in an origin such as `Conv layer1/conv`; empty when it has none.
  private static func nodeName(_ origin: String) -> String {
    origin.firstIndex(of: " ").map { String(origin[origin.index(after: $0)...]) } ?? ""
  }

  /// A graph of its own for an attribute; what it computes of extents stays inside.
  mutating func region(
    inputs: [(String, TensorType)],
    _ body: (inout GraphExporter) throws(ExportFailure) -> [(String, TensorType)]
  ) throws(ExportFailure) -> ONNXGraph {
    let known = sizes
    frames.append([])
    defer { sizes = known }
    do throws(ExportFailure) {
      let outputs = try body(&self)
      return ONNXGraph(
        name: names.unique("body"), nodes: frames.removeLast(), initializers: [],
        inputs: inputs.map { info($0, $1) }, outputs: outputs.map { info($0, $1) }, valueInfo: [])
    } catch {
      frames.removeLast()
      throw error
    }
  }

  private func info(_ name: String, _ type: TensorType) -> ONNXValueInfo {
    let shape = type.shape.dimensions.map { extent in
      extent.constant.map { ONNXDimension.extent($0) } ?? .parameter(extent.description)
    }
    return ONNXValueInfo(name: name, type: .tensor(type.element, shape: shape))
  }

  // MARK: What operations use

  /// Asks for a version of `ai.onnx`.
  mutating func require(_ version: Int) { opset = max(opset, version) }

  private mutating func require(_ element: ElementType) {
    switch element {
    case .bf16: require(22)
    case .i2, .u2: require(25)
    case .f6e2m3, .f6e3m2: require(28)
    case .f4e2m1: require(23)
    case .f8e8m0: require(24)
    case .f32, .f64, .f16, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .string, .c64,
      .c128, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .i4, .u4:
      break
    }
  }

  /// A name that nothing has yet.
  mutating func unique(_ stem: String) -> String { names.unique(stem) }

  /// Adds a node with one result.
  @discardableResult
  mutating func emit(
    _ type: String, _ inputs: [String], _ attributes: ExportAttributes = [:],
    named name: String? = nil
  ) -> String {
    emit(type, inputs, attributes, results: 1, named: name.map { [$0] })[0]
  }

  /// Adds a node.
  mutating func emit(
    _ type: String, _ inputs: [String],
    _ attributes: ExportAttributes = [:], results: Int,
    named given: [String]? = nil
  ) -> [String] {
    let node = names.unique(stem.isEmpty ? type : stem)
    let outputs = given ?? (0..<results).map { names.unique("\(node):\($0)") }
    frames[frames.count - 1].append(
      ONNXNode(
        name: node, operatorType: type, domain: "", overload: "", inputs: inputs, outputs: outputs,
        attributes: attributes.list))
    return outputs
  }

  /// The name of a constant tensor; equal ones share it.
  mutating func constant(_ data: TensorData, name: String = "") -> String {
    let key = Constant(data, name: name)
    if let known = constants[key] { return known }
    require(data.type.element)
    let new = names.unique(name.isEmpty ? "constant" : name)
    constants[key] = new
    contents[new] = key
    initializers.append(ONNXTensor(new, data))
    return new
  }

  /// A constant under another shape; `nil` when a name stands for something else.
  mutating func reshapedConstant(_ name: String, to shape: Shape) -> String? {
    guard let known = contents[name], let data = known.data.reshaped(to: shape) else { return nil }
    return constant(data, name: known.name)
  }

  /// Adds a constant to the `count` inputs of the node at hand that makes a value of a type.
  mutating func addOperand(
    to value: String, madeBy type: String, of count: Int, _ name: String, as shape: Shape
  ) -> String? {
    guard let operand = reshapedConstant(name, to: shape) else { return nil }
    return addOperand(to: value, madeBy: type, of: count, operand)
  }

  /// Moves the node at hand that makes a value behind all others and gives it one more input, and
  /// perhaps another operator.
  mutating func addOperand(
    to value: String, madeBy type: String, of count: Int, _ operand: String,
    as newType: String? = nil
  ) -> String? {
    let last = frames.count - 1
    guard
      let place = frames[last].lastIndex(where: {
        $0.outputs == [value] && $0.operatorType == type && $0.inputs.count == count
      })
    else { return nil }
    var node = frames[last].remove(at: place)
    node.inputs.append(operand)
    node.operatorType = newType ?? type
    frames[last].append(node)
    return value
  }

  /// The outputs of the node at hand of a type that makes a value.
  func outputs(of type: String, making value: String) -> [String]? {
    frames[frames.count - 1].last { $0.operatorType == type && $0.outputs.contains(value) }?.outputs
  }

  /// A constant vector of integers.
  mutating func constant(_ numbers: [Int]) -> String {
    constant(TensorData(.i64, [numbers.count], numbers.map { Int64($0) }))
  }
}

/// Names of nodes and values, none twice.
struct ExportNames {
  private var taken: Set<String> = []
  private var counts: [String: Int] = [:]

  /// Keeps names for what comes later.
  mutating func reserve(_ names: [String]) { taken.formUnion(names) }

  /// The stem itself, or with the first number that makes it new.
  mutating func unique(_ stem: String) -> String {
    var name = stem
    while !taken.insert(name).inserted {
      counts[stem, default: 0] += 1
      name = "\(stem)_\(counts[stem, default: 0])"
    }
    return name
  }
}

extension ONNXNode {
  /// Calls a value something else.
  fileprivate mutating func rename(_ old: String, _ new: String) {
    inputs = inputs.map { $0 == old ? new : $0 }
    outputs = outputs.map { $0 == old ? new : $0 }
  }
}

extension ONNXGraph {
  /// Drops nodes and constants that no output needs.
  fileprivate mutating func removeUnused() {
    var needed = Set(outputs.map(\.name))
    var kept: [ONNXNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
      needed.formUnion(node.reads)
      kept.append(node)
    }
    nodes = kept.reversed()
    initializers.removeAll { !needed.contains($0.name) }
  }
}

extension ONNXNode {
  /// The names that the node or its subgraphs read.
  fileprivate var reads: [String] {
    inputs
      + attributes.flatMap { attribute in
        guard case .graph(let graph) = attribute.value else { return [String]() }
        return graph.nodes.flatMap(\.reads) + graph.outputs.map(\.name)
      }
  }
}
