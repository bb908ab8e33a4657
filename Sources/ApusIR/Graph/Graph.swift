/// A program of tensor operations in single-assignment form.
///
/// A plain value: passes take it `inout`, a copy is a snapshot. Nodes stand in an order in which
/// they can run; every operand is a graph input or a result of an earlier node.
public struct Graph: Hashable, Sendable {
  /// The name of the model.
  public var name: String
  /// What comes in, in order.
  public private(set) var inputs: [ValueID] = []
  /// What goes out, in order.
  public var outputs: [ValueID] = []
  /// The names of the outputs, one each.
  public var outputNames: [String] = []
  /// The nodes in order.
  public private(set) var nodes: [Node] = []
  /// Smallest and largest value of symbols, in order of declaration.
  public var symbols: [SymbolBounds] = []
  private var values: [Value] = []

  /// An empty graph.
  public init(name: String) { self.name = name }

  /// The value with an ID.
  public subscript(id: ValueID) -> Value { values[id.number] }

  /// The node with an ID.
  public subscript(id: NodeID) -> Node { nodes[id.number] }

  /// The number of values, for tables indexed by value.
  public var valueCount: Int { values.count }

  /// The type of a value.
  public func type(of id: ValueID) -> TensorType { values[id.number].type }

  /// The node that makes a value, or `nil` for an input.
  public func producer(of id: ValueID) -> Node? {
    guard case .result(let node, _) = values[id.number].definition else { return nil }
    return nodes[node.number]
  }

  /// The data of a value that a constant makes.
  public func constant(_ id: ValueID) -> TensorData? {
    switch producer(of: id)?.operation {
    case .constant(let constant)?: constant.data
    case .extents(let extents)?: extents.data
    default: nil
    }
  }

  /// How often each value is used as an operand or an output.
  ///
  /// - Complexity: linear in the size of the graph.
  public func useCounts() -> [ValueID: Int] {
    var counts: [ValueID: Int] = [:]
    for (number, count) in useTable().enumerated() where count > 0 {
      counts[ValueID(number: number)] = count
    }
    return counts
  }

  /// How often each value is used, by its number.
  func useTable() -> [Int] {
    var counts = [Int](repeating: 0, count: valueCount)
    for node in nodes { for operand in node.operands { counts[operand.number] += 1 } }
    for output in outputs { counts[output.number] += 1 }
    return counts
  }
}

/// The bounds of a symbolic dimension.
public struct SymbolBounds: Hashable, Sendable {
  /// The name of the symbol.
  public var name: String
  /// The smallest value.
  public var lower: Int
  /// The largest value, or `nil` when none is known.
  public var upper: Int?

  /// Bounds of a symbol.
  public init(name: String, lower: Int = 1, upper: Int? = nil) {
    self.name = name
    self.lower = lower
    self.upper = upper
  }
}

/// A tensor that flows along the edges of a graph.
public struct Value: Hashable, Sendable {
  /// Where a value comes from.
  public enum Definition: Hashable, Sendable {
    /// A graph input by place.
    case input(Int)
    /// A result of a node by place.
    case result(NodeID, Int)
  }

  /// The type.
  public var type: TensorType
  /// The name in the model, if it has one.
  public var name: String?
  /// Where the value comes from.
  public let definition: Definition
}

/// One operation with its operands and results.
public struct Node: Hashable, Sendable {
  /// The ID in its graph.
  public let id: NodeID
  /// What is done.
  public let operation: Operation
  /// What it is done with.
  public let operands: [ValueID]
  /// What it makes.
  public let results: [ValueID]
  /// The nodes of the imported model it comes from, such as `Conv "layer1/conv"`.
  public let origins: [String]
}

extension Graph {
  /// Adds an input.
  public mutating func addInput(_ name: String?, _ type: TensorType) -> ValueID {
    let id = define(type, .input(inputs.count), name: name)
    inputs.append(id)
    return id
  }

  /// Adds an output.
  public mutating func addOutput(_ value: ValueID, name: String) {
    outputs.append(value)
    outputNames.append(name)
  }

  /// Adds a node and returns its results, whose types follow from the operands.
  ///
  /// - Throws: `OperatorError` when the operator does not take such operands.
  public mutating func append(
    _ operation: Operation, _ operands: [ValueID], origins: [String] = [], names: [String?] = []
  ) throws(OperatorError) -> [ValueID] {
    let types = try operation.resultTypes(of: operands.map { values[$0.number].type })
    return append(operation, operands, typed: types, origins: origins, names: names)
  }

  /// Adds a node whose result types are known to be right, for example with other layouts.
  public mutating func append(
    _ operation: Operation, _ operands: [ValueID], typed types: [TensorType],
    origins: [String] = [], names: [String?] = []
  ) -> [ValueID] {
    let id = NodeID(number: nodes.count)
    let results = types.enumerated().map { place, type in
      define(type, .result(id, place), name: place < names.count ? names[place] : nil)
    }
    nodes.append(
      Node(id: id, operation: operation, operands: operands, results: results, origins: origins))
    return results
  }

  /// Gives a value a name.
  mutating func rename(_ value: ValueID, _ name: String?) { values[value.number].name = name }

  private mutating func define(
    _ type: TensorType, _ definition: Value.Definition, name: String?
  ) -> ValueID {
    values.append(Value(type: type, name: name, definition: definition))
    return ValueID(number: values.count - 1)
  }
}
