package import ApusIR

/// A model as its file says it, checked to be well formed but not yet understood.
package struct ONNXModel: Sendable {
  /// The version of the file format.
  package var irVersion: Int
  /// The program that wrote the file, with its version.
  package var producer: String
  /// Operator sets in use; no domain stands twice, and the standard domain is `""`.
  package var opsets: [(domain: String, version: Int)]
  /// What the writer noted about the model.
  package var metadata: [(key: String, value: String)]
  /// The main graph.
  package var graph: ONNXGraph
  /// Operators that the model defines for itself.
  package var functions: [ONNXFunction]
  /// What was left out and may matter to someone.
  package var warnings: [Diagnostic]
}

/// Nodes in order, and the values that they share with the world.
package struct ONNXGraph: Sendable {
  /// The name of the graph.
  package var name: String
  /// The nodes, in the order of the file.
  package var nodes: [ONNXNode]
  /// Constants with names.
  package var initializers: [ONNXTensor]
  /// What the caller passes in; before IR version 4 these include the initializers.
  package var inputs: [ONNXValueInfo]
  /// What the caller gets back.
  package var outputs: [ONNXValueInfo]
  /// What the writer knew about other values.
  package var valueInfo: [ONNXValueInfo]
}

/// One use of an operator.
package struct ONNXNode: Sendable {
  /// The name; may be empty and need not be unique.
  package var name: String
  /// The operator; never empty.
  package var operatorType: String
  /// The operator's domain; `""` is the standard one.
  package var domain: String
  /// Which of several functions of one name is meant.
  package var overload: String
  /// Operands; empty text stands for one that is left out.
  package var inputs: [String]
  /// Results; empty text stands for one that is not wanted.
  package var outputs: [String]
  /// Attributes; no name stands twice.
  package var attributes: [ONNXAttribute]
}

/// A constant of a node.
package struct ONNXAttribute: Sendable {
  /// The types of attributes; text is bytes because the standard does not promise UTF-8.
  package enum Value: Sendable {
    case float(Float)
    case int(Int)
    case string([UInt8])
    case tensor(ONNXTensor)
    case graph(ONNXGraph)
    case type(ONNXType)
    case floats([Float])
    case ints([Int])
    case strings([[UInt8]])
    case tensors([ONNXTensor])
    case graphs([ONNXGraph])
    case types([ONNXType])
    /// The attribute of the surrounding function whose value is meant.
    case reference(String)
  }

  /// The name; never empty.
  package var name: String
  /// The value.
  package var value: Value
}

/// A constant tensor.
package struct ONNXTensor: Sendable {
  /// The name; empty where none is needed.
  package var name: String
  /// The type of one element.
  package var element: ElementType
  /// The extents; none is negative.
  package var extents: [Int]
  /// The elements.
  package var data: TensorData
}

/// A name of a value with what is known about its type.
package struct ONNXValueInfo: Sendable {
  /// The name.
  package var name: String
  /// The type, if the file tells it.
  package var type: ONNXType?
}

/// The type of a value.
package indirect enum ONNXType: Hashable, Sendable {
  /// A tensor; without a shape not even the rank is known.
  case tensor(ElementType, shape: [ONNXDimension]?)
  /// A sparse tensor.
  case sparse(ElementType, shape: [ONNXDimension]?)
  /// A list of values of one type.
  case sequence(ONNXType)
  /// A value that may be missing.
  case optional(ONNXType)
  /// A dictionary with keys of an integer or string type.
  case map(ElementType, ONNXType)
  /// Something that only its maker knows.
  case opaque(domain: String, name: String)
}

/// What is known about the extent of one axis.
package enum ONNXDimension: Hashable, Sendable {
  case extent(Int)
  case parameter(String)
  case unknown
}

/// An operator that the model defines by a graph of others.
package struct ONNXFunction: Sendable {
  /// The name; never empty.
  package var name: String
  /// The domain.
  package var domain: String
  /// Which of several functions of one name this is.
  package var overload: String
  /// Names of the operands.
  package var inputs: [String]
  /// Names of the results.
  package var outputs: [String]
  /// Names of attributes without a default.
  package var attributes: [String]
  /// Attributes with their defaults.
  package var defaults: [ONNXAttribute]
  /// The operator sets of the nodes; no domain stands twice.
  package var opsets: [(domain: String, version: Int)]
  /// The body.
  package var nodes: [ONNXNode]
  /// What the writer knew about values of the body.
  package var valueInfo: [ONNXValueInfo]
}
