package import ApusIR

/// What the rule of an operator sees: one node, the values it takes, and the graph to add to.
package struct NodeImporter {
  /// The graph under construction.
  package var graph: Graph
  /// The shape arithmetic so far.
  var contents = SymbolicContents()
  /// The node.
  package private(set) var node: ONNXNode
  /// The version of the operator's domain that the model asks for.
  package private(set) var version = 0
  /// Which elements of shape operands are the same.
  var elements = ElementNames()
  private var operands: [ValueID?] = []
  /// The extents that the file declares for the results, where it does.
  private(set) var declared: [[Int?]?] = []
  /// The symbols that nodes have set so far, and the bounds that the user gives for them.
  var symbols: [SymbolBounds] = []
  let bounds: [SymbolBounds]
  private var unread: Set<String> = []
  private var label = ""

  /// An importer that adds to a graph.
  package init(graph: Graph, bounds: [SymbolBounds] = []) {
    self.graph = graph
    self.bounds = bounds
    node = ONNXNode(
      name: "", operatorType: "", domain: "", overload: "", inputs: [], outputs: [], attributes: [])
  }

  /// Turns to a node of the model.
  package mutating func begin(
    _ node: ONNXNode, version: Int, operands: [ValueID?], declared: [[Int?]?] = []
  ) {
    self.node = node
    self.declared = declared
    self.version = version
    self.operands = operands
    unread = Set(node.attributes.map(\.name))
    label = node.name.isEmpty ? node.operatorType : "\(node.operatorType) \(node.name)"
  }

  /// Fails when an attribute was not looked at: none is ever ignored silently.
  package func end() throws(ImportFailure) {
    guard let name = unread.sorted().first else { return }
    throw .invalid(
      "unknown-attribute", "\(node.operatorType) has no attribute \"\(name)\" in opset \(version)")
  }

  /// What the standard operator of a name and version makes of other operands, with the attributes
  /// of this node.
  package mutating func standard(
    _ name: String, version: Int, _ operands: [ValueID]
  ) throws(ImportFailure) -> ValueID {
    guard let rule = OperatorRegistry.rule(name, domain: "") else {
      preconditionFailure("there is a rule for \(name)")
    }
    let own = (self.operands, self.version)
    (self.operands, self.version) = (operands, version)
    defer { (self.operands, self.version) = own }
    return try rule.body(&self)[0]
  }

  // MARK: Operands

  /// The number of operands, given or left out.
  package var operandCount: Int { operands.count }

  /// Operand `place`, which must be given.
  package func operand(_ place: Int) throws(ImportFailure) -> ValueID {
    guard let value = optionalOperand(place) else {
      throw .invalid("missing-operand", "\(node.operatorType) needs operand \(place)")
    }
    return value
  }

  /// Operand `place`, or `nil` when it is left out.
  package func optionalOperand(_ place: Int) -> ValueID? {
    place < operands.count ? operands[place] : nil
  }

  /// All operands, none of which may be left out.
  package func allOperands(
    atLeast least: Int = 1, atMost most: Int = .max
  ) throws(ImportFailure) -> [ValueID] {
    try requireOperands(least...most)
    var result: [ValueID] = []
    for place in operands.indices { result.append(try operand(place)) }
    return result
  }

  /// Checks the number of operands.
  package func requireOperands(_ range: ClosedRange<Int>) throws(ImportFailure) {
    guard range.contains(operands.count) else {
      throw .invalid(
        "operand-count", "\(node.operatorType) has \(operands.count) operands, expected \(range)")
    }
  }

  /// The type of a value.
  package func type(of value: ValueID) -> TensorType { graph.type(of: value) }

  /// What an integer operand holds, as far as it is known at compile time.
  package func dimensions(_ place: Int) throws(ImportFailure) -> [Dimension]? {
    guard let value = optionalOperand(place) else { return nil }
    guard let elements = contents[value] else {
      throw .unsupported(
        "data-dependent",
        "operand \(place) of \(node.operatorType) must be known at compile time")
    }
    return elements
  }

  /// Whether an operand is given whose elements are known at run time only.
  package func isOpen(_ place: Int) -> Bool {
    optionalOperand(place).map { contents[$0] == nil } ?? false
  }

  /// What an integer operand holds, as plain numbers.
  package func integers(_ place: Int) throws(ImportFailure) -> [Int]? {
    guard let dimensions = try dimensions(place) else { return nil }
    var result: [Int] = []
    for dimension in dimensions {
      guard let number = dimension.constant else {
        throw .unsupported(
          "symbolic-operand", "operand \(place) of \(node.operatorType) has the symbol \(dimension)"
        )
      }
      result.append(number)
    }
    return result
  }

  /// Plain numbers that older versions give as an attribute and newer ones as an operand.
  package mutating func integers(
    _ name: String, orOperand place: Int
  ) throws(ImportFailure) -> [Int]? {
    if let given = try integers(name) { return given }
    return try integers(place)
  }

  /// Extents that older versions give as an attribute and newer ones as an operand.
  package mutating func dimensions(
    _ name: String, orOperand place: Int
  ) throws(ImportFailure) -> [Dimension]? {
    if let given = try integers(name) { return given.map { Dimension($0) } }
    return try dimensions(place)
  }

  // MARK: Attributes

  package mutating func attribute(_ name: String) -> ONNXAttribute.Value? {
    unread.remove(name)
    return node.attributes.first { $0.name == name }?.value
  }

  package mutating func integer(_ name: String, default standard: Int) throws(ImportFailure) -> Int
  {
    try integer(name) ?? standard
  }

  package mutating func integer(_ name: String) throws(ImportFailure) -> Int? {
    switch attribute(name) {
    case nil: return nil
    case .int(let value)?: return value
    default: throw wrongKind(name)
    }
  }

  package mutating func flag(_ name: String, default standard: Bool) throws(ImportFailure) -> Bool {
    try integer(name, default: standard ? 1 : 0) != 0
  }

  package mutating func integers(_ name: String) throws(ImportFailure) -> [Int]? {
    switch attribute(name) {
    case nil: return nil
    case .ints(let values)?: return values
    default: throw wrongKind(name)
    }
  }

  package mutating func real(_ name: String, default standard: Double) throws(ImportFailure)
    -> Double
  {
    switch attribute(name) {
    // A default is rounded as the file would do it.
    case nil: return Double(Float(standard))
    case .float(let value)?: return Double(value)
    default: throw wrongKind(name)
    }
  }

  package mutating func text(_ name: String, default standard: String) throws(ImportFailure)
    -> String
  {
    switch attribute(name) {
    case nil: return standard
    case .string(let bytes)?: return String(decoding: bytes, as: UTF8.self)
    default: throw wrongKind(name)
    }
  }

  private func wrongKind(_ name: String) -> ImportFailure {
    .invalid("attribute-type", "attribute \"\(name)\" has the wrong type")
  }

  // MARK: Building

  /// Adds an operation with one result.
  package mutating func add(
    _ operation: Operation, _ operands: [ValueID]
  ) throws(ImportFailure) -> ValueID {
    try append(operation, operands)[0]
  }

  /// Adds an operation.
  package mutating func append(
    _ operation: Operation, _ operands: [ValueID]
  ) throws(ImportFailure) -> [ValueID] {
    do {
      for type in operands.map({ graph.type(of: $0) }) { try checkElement(type.element) }
      let results = try graph.append(operation, operands, origins: [label])
      for result in results { try checkElement(graph.type(of: result).element) }
      if let last = graph.nodes.last {
        contents.visit(last, in: graph)
        elements.visit(last, contents, in: graph)
      }
      for result in results { try checkSize(graph.type(of: result)) }
      return results
    } catch let error as OperatorError {
      // Extents that only a run tells may still agree then.
      let open = Set(symbols.map(\.name))
      let isOpen = operands.contains { operand in
        graph.type(of: operand).shape.dimensions.contains { !open.isDisjoint(with: $0.symbols) }
      }
      if error.id == "broadcast-mismatch", isOpen { throw .unsupported(error.id, error.message) }
      if operands.contains(where: { graph.type(of: $0).element == .string }) {
        throw .unsupported(error.id, "\(node.operatorType) of string: \(error.message)")
      }
      throw .invalid(error.id, error.message)
    } catch let error as ImportFailure {
      throw error
    } catch {
      preconditionFailure("append throws nothing else")
    }
  }

  /// Refuses element types that no back end computes with yet.
  private func checkElement(_ element: ElementType) throws(ImportFailure) {
    guard element.kind != .complex else {
      throw .unsupported("element-type", "\(node.operatorType) of \(element) is not supported")
    }
  }

  private func checkSize(_ type: TensorType) throws(ImportFailure) {
    guard let count = type.shape.elementCount.constant else { return }
    guard count <= 1 << 40 else {
      throw ImportFailure(
        category: .limitExceeded, id: "tensor-size", message: "a result has \(count) elements")
    }
    guard type.shape.dimensions.allSatisfy({ ($0.constant ?? 0) >= 0 }) else {
      throw .invalid("negative-extent", "a result has the shape \(type.shape)")
    }
  }

  /// A function of the elements of broadcast operands.
  package mutating func map(
    _ operands: [ValueID], _ formula: Scalar
  ) throws(ImportFailure) -> ValueID {
    guard let function = Pointwise(operands.map { type(of: $0).element }, formula) else {
      let types = operands.map { type(of: $0).element.rawValue }.joined(separator: ", ")
      throw .invalid("element-type", "element types do not fit together: \(types)")
    }
    return try add(.map(Map(function)), operands)
  }

  package mutating func constant(_ data: TensorData, name: String = "") -> ValueID {
    let value = graph.constant(data, name: name)
    if let last = graph.nodes.last { contents.visit(last, in: graph) }
    return value
  }

  package mutating func constant(_ value: Double, _ element: ElementType) -> ValueID {
    constant(TensorData(scalar: value, element))
  }

  package mutating func reshape(_ value: ValueID, to shape: Shape) throws(ImportFailure) -> ValueID
  {
    type(of: value).shape == shape ? value : try add(.reshape(Reshape(shape)), [value])
  }

  package mutating func broadcast(
    _ value: ValueID, to shape: Shape
  ) throws(ImportFailure) -> ValueID {
    type(of: value).shape == shape ? value : try add(.broadcast(Broadcast(shape)), [value])
  }

  package mutating func transpose(
    _ value: ValueID, _ permutation: [Int]
  ) throws(ImportFailure) -> ValueID {
    permutation == Array(permutation.indices)
      ? value : try add(.transpose(Transpose(permutation)), [value])
  }

  /// An axis attribute or operand as one of `0..<rank`.
  package func axis(_ axis: Int, rank: Int) throws(ImportFailure) -> Int {
    do { return try normalized(axis: axis, rank: rank) } catch {
      throw .invalid(error.id, error.message)
    }
  }

  /// Several axes, ascending, each once.
  package func axes(_ axes: [Int], rank: Int) throws(ImportFailure) -> [Int] {
    var result: [Int] = []
    for axis in axes { result.append(try self.axis(axis, rank: rank)) }
    guard Set(result).count == result.count else {
      throw .invalid("axis-twice", "an axis is named twice in \(axes)")
    }
    return result.sorted()
  }
}
