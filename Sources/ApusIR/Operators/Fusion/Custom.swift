/// An operator that is not of the core: an embedder's own, or a part of a model that has a name.
///
/// The body says in core operators what it computes, and its name is the operator's. Type rule,
/// text form and both back ends follow from the body; passes may look at the name as long as the
/// operator is whole, which `expand-custom` and lowering end.
public struct Custom: Operator {
  public static let mnemonic = "custom"

  /// What the operator computes; its inputs stand for the operands, its outputs for the results.
  public var body: Graph

  public init() { body = Graph(name: "") }

  /// An operator with a body.
  public init(_ body: Graph) { self.body = body }

  /// The name of the operator, with a prefix of its maker's: `acme.swirl`.
  public var name: String { body.name }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try body.expectInputs(operands)
    return body.outputTypes
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("body", &body)
  }
}

/// A kind of custom operators: what one computes for operands of given types.
///
/// ```swift
/// let swirl = CustomOperator("acme.swirl") { graph, operands throws(OperatorError) in
///   [try graph.map(operands, .exp(-.operand(0)))]
/// }
/// let y = try graph.add(swirl, [x])
/// ```
public struct CustomOperator: Sendable {
  /// Writes the operator to a graph: takes operands, gives results.
  ///
  /// Operands of types that the operator does not take are an `OperatorError`.
  public typealias Expansion =
    @Sendable (inout Graph, [ValueID]) throws(OperatorError) -> [ValueID]

  /// The name, with a prefix of its maker's.
  public let name: String
  /// What it computes.
  public let expansion: Expansion

  /// A kind of operators.
  public init(_ name: String, _ expansion: @escaping Expansion) {
    self.name = name
    self.expansion = expansion
  }

  /// The operator for operands of given types.
  public func operation(for operands: [TensorType]) throws(OperatorError) -> Operation {
    var body = Graph(name: name)
    let inputs = operands.map { body.addInput(nil, $0) }
    for (place, result) in try expansion(&body, inputs).enumerated() {
      body.addOutput(result, name: "out\(place)")
    }
    return .custom(Custom(body))
  }
}

extension Graph {
  /// Adds a custom operator and returns its results.
  public mutating func append(
    _ custom: CustomOperator, _ operands: [ValueID], origins: [String] = []
  ) throws(OperatorError) -> [ValueID] {
    let operation = try custom.operation(for: operands.map { type(of: $0) })
    return try append(operation, operands, origins: origins)
  }

  /// The graph with the bodies of custom operators in their place, in regions too.
  ///
  /// - Complexity: linear in the size of the result.
  public func expandingCustomOperators() -> Graph {
    rebuilt { node, result in
      guard case .custom(let custom) = node.operation else {
        let inner = node.mappingRegions { $0.expandingCustomOperators() }
        return result.copy(inner, typed: node.results.map { type(of: $0) })
      }
      return result.inline(custom.body.expandingCustomOperators(), node.operands, node.origins)
    }
  }

  /// Adds the nodes of a body and returns its outputs.
  private mutating func inline(
    _ body: Graph, _ operands: [ValueID], _ origins: [String]
  ) -> [ValueID] {
    var moved = Dictionary(uniqueKeysWithValues: zip(body.inputs, operands))
    for node in body.nodes {
      let results = append(
        node.operation, node.operands.map { moved[$0] ?? $0 },
        typed: node.results.map { body.type(of: $0) },
        origins: node.origins.isEmpty ? origins : node.origins)
      for (old, new) in zip(node.results, results) { moved[old] = new }
    }
    return body.outputs.map { moved[$0] ?? $0 }
  }
}
