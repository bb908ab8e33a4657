public import ApusIR

extension Outline {
  /// The outline of a graph; what no output needs and maps that copy leave no trace.
  ///
  /// - Complexity: linear in the size of the graph and of its constants.
  public init(_ graph: Graph) { self = OutlineBuilder(graph.withOrderedSymbols()).outline }

  /// The outline of a body, whose inputs and outputs have no names that anybody sees.
  fileprivate init(body: Graph) {
    self = OutlineBuilder(body).outline
    for place in inputs.indices { inputs[place].name = "in\(place)" }
    for place in outputs.indices { outputs[place].name = "out\(place)" }
  }

  /// The outline of a graph, and what gives the graph in that order without inner names: what is
  /// made of it depends on its meaning only.
  package static func reading(_ graph: Graph) -> (outline: Outline, graph: () -> Graph) {
    let builder = OutlineBuilder(graph.withOrderedSymbols())
    return (builder.outline, builder.canonicalGraph)
  }
}

extension Graph {
  /// The graph in which symbols that running finds out are called by the order of the outline, for
  /// importers name them after values.
  fileprivate func withOrderedSymbols() -> Graph {
    let known = inputSymbols
    let found = Set(usedSymbols).subtracting(known)
    if found.isEmpty { return self }
    let unnamed = renamingSymbols(Dictionary(uniqueKeysWithValues: found.map { ($0, "n") }))
    var names: [String: String] = [:]
    var fresh = (0...).lazy.map { "n\($0)" }.filter { !known.contains($0) }.makeIterator()
    for node in OutlineBuilder(unnamed).orderedNodes {
      for symbol in symbols(of: self[node]) where found.contains(symbol) && names[symbol] == nil {
        names[symbol] = fresh.next()
      }
    }
    return renamingSymbols(names)
  }
}

/// Walks from the outputs of a graph to its inputs.
private struct OutlineBuilder {
  let graph: Graph
  var outline = Outline()
  private var sources: [ValueID: Outline.Source] = [:]
  private var visited: Set<NodeID> = []
  private var colours: [UInt64] = []
  /// The node of the graph that each entry stands for, and whether its operands are swapped; the
  /// entries in their final order.
  private var entries: [(node: NodeID, isSwapped: Bool)] = []
  private var order: [Int] = []
  private var keys: [ValueID: Outline.Weight] = [:]
  private var squeezed: [Int: Int] = [:]
  // Models have many nodes and few functions.
  private var formulas: [Pointwise: Formula] = [:]

  /// What is known of a function of maps.
  private struct Formula {
    var function: Pointwise
    var text: String
    var isSymmetric: Bool
  }

  init(_ graph: Graph) {
    self.graph = graph
    build()
  }

  /// The nodes of the graph in the order of the outline.
  var orderedNodes: [NodeID] { order.map { entries[$0].node } }

  private mutating func build() {
    outline.name = graph.name
    // Symbols that running finds out are no part of the interface.
    let found = Set(graph.usedSymbols).subtracting(graph.inputSymbols)
    outline.symbols = graph.symbols.filter { !found.contains($0.name) }.map {
      "\($0.name.quotedUnlessPlain) = \($0.lower)..\($0.upper.map(String.init) ?? "")"
    }
    for (place, input) in graph.inputs.enumerated() {
      sources[input] = .input(place)
      let name = graph[input].name ?? "in\(place)"
      outline.inputs.append(Outline.Port(name: name, type: text(graph.type(of: input))))
    }
    for (output, name) in zip(graph.outputs, graph.outputNames) {
      if let producer = graph.producer(of: output) { visit(producer) }
      outline.outputs.append(Outline.Port(name: name, type: text(graph.type(of: output))))
      outline.results.append(sources[output] ?? .input(0))
    }
    for node in graph.nodes where node.results.isEmpty { visit(node) }
    (outline, order) = outline.renumbered()
  }

  /// Adds a node after everything that it reads; an own stack, for models can be deep.
  private mutating func visit(_ root: Node) {
    var stack = [(node: root, next: 0)]
    guard visited.insert(root.id).inserted else { return }
    while let top = stack.last {
      guard top.next < top.node.operands.count else {
        stack.removeLast()
        add(top.node)
        continue
      }
      stack[stack.count - 1].next += 1
      if let producer = graph.producer(of: top.node.operands[top.next]),
        visited.insert(producer.id).inserted
      {
        stack.append((producer, 0))
      }
    }
  }

  private mutating func add(_ node: Node) {
    if case .constant(let constant) = node.operation {
      let key = Outline.Weight(type: text(constant.data.type), digest: constant.data.digest)
      keys[node.results[0]] = key
      sources[node.results[0]] = .weight(outline.weights.count)
      outline.weights.append(
        Outline.Weight(
          type: key.type, digest: key.digest, name: constant.name, data: constant.data))
      return
    }
    var operands = node.operands.map { sources[$0] ?? .input(0) }
    // Extents of 1 in front mean nothing where operands are broadcast.
    if case .map = node.operation { operands = operands.map { squeezed($0) } }
    var entry = Outline.Node(operation: node.operation.mnemonic, operands: operands)
    var reader = AttributeReader()
    if case .map(let map) = node.operation {
      if node.operands.count == 1, map.function == .identity(map.function.result) {
        sources[node.results[0]] = operands[0]
        return
      }
      let formula = known(map.function)
      entry.isSymmetric = formula.isSymmetric
      reader.formula = formula.text
    }
    _ = node.operation.visitingAttributes(&reader)
    if case .custom(let custom) = node.operation { entry.operation = custom.name.withoutControls }
    entry.attributes = reader.attributes
    entry.bodies = reader.bodies
    entry.types = node.results.map { text(graph.type(of: $0)) }
    entry.origins = node.origins
    if entry.isSymmetric { entry.operands.sort { colour(of: $0) < colour(of: $1) } }
    entries.append((node.id, entry.operands != operands))
    for (place, result) in node.results.enumerated() {
      sources[result] = .result(node: outline.nodes.count, place: place)
    }
    colours.append(colour(of: entry))
    outline.nodes.append(entry)
  }

  /// A weight without extents of 1 in front; other sources as they are.
  private mutating func squeezed(_ source: Outline.Source) -> Outline.Source {
    guard case .weight(let place) = source, let data = outline.weights[place].data,
      let extents = data.type.shape.extents, extents.first == 1,
      let shorter = data.reshaped(to: Shape(Array(extents.drop { $0 == 1 })))
    else { return source }
    if let known = squeezed[place] { return .weight(known) }
    squeezed[place] = outline.weights.count
    outline.weights.append(
      Outline.Weight(
        type: text(shorter.type), digest: shorter.digest, name: outline.weights[place].name,
        data: shorter))
    return .weight(outline.weights.count - 1)
  }

  /// The graph as the outline has it, but for what sets symbols, which goes ahead.
  func canonicalGraph() -> Graph {
    var result = Graph(name: graph.name)
    result.symbols = graph.symbols
    var moved: [ValueID: ValueID] = [:]
    var constants: [Outline.Weight: ValueID] = [:]
    for input in graph.inputs {
      moved[input] = result.addInput(graph[input].name, graph.type(of: input))
    }
    func value(_ source: ValueID) -> ValueID {
      var source = source
      while moved[source] == nil, let maker = graph.producer(of: source),
        case .map = maker.operation
      {
        source = maker.operands[0]
      }
      if let known = moved[source] { return known }
      guard let data = graph.constant(source), let key = keys[source] else { return source }
      let constant = constants[key] ?? result.constant(data)
      constants[key] = constant
      return constant
    }
    for place in runnableOrder() {
      let entry = entries[order[place]]
      let node = graph[entry.node].mappingRegions { OutlineBuilder($0).canonicalGraph() }
      var (operands, operation) = (node.operands.map(value), node.operation)
      if entry.isSwapped { operands.swapAt(0, 1) }
      if case .map(let map) = operation, let formula = formulas[map.function] {
        operation = .map(Map(formula.function))
      }
      let copies = result.append(operation, operands, typed: node.results.map(graph.type))
      for (old, new) in zip(node.results, copies) { moved[old] = new }
    }
    for (output, name) in zip(graph.outputs, graph.outputNames) {
      result.addOutput(value(output), name: name)
    }
    return result
  }

  /// The places of nodes so that what sets a symbol comes before what is written with it.
  private func runnableOrder() -> [Int] {
    var setters: [String: [Int]] = [:]
    for (place, entry) in order.enumerated() where outline.nodes[place].types.isEmpty {
      for symbol in graph[entries[entry].node].operation.symbols {
        setters[symbol, default: []].append(place)
      }
    }
    if setters.isEmpty { return Array(order.indices) }
    func needs(_ place: Int) -> [Int] {
      let symbols = graph.symbols(of: graph[entries[order[place]].node])
      return outline.nodes[place].makers + symbols.flatMap { setters[$0] ?? [] }
    }
    var (result, visited): ([Int], Set<Int>) = ([], [])
    for root in order.indices where visited.insert(root).inserted {
      var stack = [(place: root, needs: needs(root)[...])]
      while let top = stack.last {
        guard let next = top.needs.first else {
          result.append(top.place)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].needs.removeFirst()
        if visited.insert(next).inserted { stack.append((next, needs(next)[...])) }
      }
    }
    return result
  }

  private mutating func known(_ function: Pointwise) -> Formula {
    if let formula = formulas[function] { return formula }
    let ordered = function.ordered
    let formula = Formula(
      function: ordered, text: ordered.description, isSymmetric: function.isSymmetric)
    formulas[function] = formula
    return formula
  }

  private func colour(of node: Outline.Node) -> UInt64 {
    var hash = StableHash()
    hash.combine(node.label)
    for operand in node.operands { hash.combine(colour(of: operand)) }
    return hash.value
  }

  /// Nodes before inputs before weights, whatever their order in the file.
  private func colour(of source: Outline.Source) -> UInt64 {
    switch source {
    case .input(let place): UInt64(place) | 1 << 62
    case .result(let node, let place): (colours[node] &+ UInt64(place)) >> 2
    case .weight(let place): outline.weights[place].digest >> 1 | 1 << 63
    }
  }

  /// The type without `tensor<…>` and spaces.
  private func text(_ type: TensorType) -> String {
    String(type.description.dropFirst(7).dropLast()).replacing(" ", with: "").withoutControls
  }
}

extension Outline.Node {
  /// The nodes whose results are read.
  fileprivate var makers: [Int] {
    operands.compactMap { if case .result(let node, _) = $0 { node } else { nil } }
  }

  /// Everything but operands and origins as one text.
  var label: String {
    var text = operation
    for attribute in attributes { text += "|\(attribute.name)=\(attribute.value)" }
    for type in types { text += "|" + type }
    for body in bodies { text += "|" + Snapshot.text(of: body) }
    return text
  }
}

extension String {
  /// The text with control characters and backslashes escaped.
  var withoutControls: String {
    guard utf8.contains(where: { $0 < 32 || $0 == 92 }) else { return self }
    return String(jsonQuoted.dropFirst().dropLast())
  }
}

/// Collects the attributes that differ from their default as texts.
private struct AttributeReader: AttributeVisitor {
  var attributes: [Outline.Attribute] = []
  var bodies: [Outline] = []
  /// The text of the operation's function, where it is known.
  var formula: String?

  private mutating func add(_ name: String, _ value: String) {
    attributes.append(Outline.Attribute(name: name, value: value.withoutControls))
  }

  mutating func visit(_ name: String, _ value: inout Int, default standard: Int?) {
    if value != standard { add(name, "\(value)") }
  }
  mutating func visit(_ name: String, _ value: inout [Int], default standard: [Int]?) {
    if value != standard { add(name, "\(value)") }
  }
  mutating func visit(_ name: String, _ value: inout [Dimension], default standard: [Dimension]?) {
    if value != standard { add(name, "[\(value.map(\.description).joined(separator: ", "))]") }
  }
  mutating func visit(_ name: String, _ value: inout Bool, default standard: Bool?) {
    if value != standard { add(name, "\(value)") }
  }
  mutating func visit(_ name: String, _ value: inout Double, default standard: Double?) {
    if value != standard { add(name, Literal.float(value).description) }
  }
  mutating func visit(_ name: String, _ value: inout Shape) { add(name, value.description) }
  mutating func visit(_ name: String, _ value: inout Layout) { add(name, value.description) }
  mutating func visit(_ name: String, _ value: inout Pointwise) {
    add(name, formula ?? value.ordered.description)
  }
  mutating func visit(_ name: String, _ value: inout Graph) { bodies.append(Outline(body: value)) }
  mutating func visit(_ name: String, _ value: inout Constant) {}
  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) {
    add(name, value.rawValue)
  }
}
