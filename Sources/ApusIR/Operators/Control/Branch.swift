/// One of two bodies, chosen by operand 0, a `bool` scalar (ONNX If).
///
/// Both bodies take all further operands. Results have the types of the bodies' outputs; an axis
/// whose extent differs between the bodies gets the next of `sizes`, symbols that running sets.
public struct Branch: Operator {
  public static let mnemonic = "if"

  /// What is done when the condition is true.
  public var yes: Graph
  /// What is done when it is false.
  public var no: Graph
  /// Symbols for extents that differ.
  public var sizes: [Dimension]

  public init() { self.init(yes: Graph(name: ""), no: Graph(name: "")) }

  /// A choice between two bodies.
  public init(yes: Graph, no: Graph, sizes: [Dimension] = []) {
    self.yes = yes
    self.no = no
    self.sizes = sizes
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    guard let condition = operands.first, condition == TensorType(.bool, []) else {
      throw OperatorError("the condition must be one bool", id: "branch-condition")
    }
    try yes.expectInputs(Array(operands.dropFirst()))
    try no.expectInputs(Array(operands.dropFirst()))
    guard yes.outputs.count == no.outputs.count else {
      throw OperatorError("the bodies have different numbers of outputs", id: "branch-outputs")
    }
    var open = sizes[...]
    var types: [TensorType] = []
    for (a, b) in zip(yes.outputTypes, no.outputTypes) {
      guard a.element == b.element, a.rank == b.rank else {
        throw OperatorError("the bodies give \(a) and \(b)", id: "branch-types")
      }
      var type = a
      for axis in 0..<a.rank where a.shape[axis] != b.shape[axis] {
        guard let symbol = open.popFirst() else {
          throw OperatorError("too few symbols for extents that differ", id: "branch-sizes")
        }
        type.shape[axis] = symbol
      }
      types.append(type)
    }
    return types
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("sizes", &sizes, default: [])
    try visitor.visit("yes", &yes)
    try visitor.visit("no", &no)
  }
}

extension Graph {
  /// The types of the outputs in order.
  public var outputTypes: [TensorType] { outputs.map { type(of: $0) } }

  /// Checks that a body takes operands of given types.
  func expectInputs(_ operands: [TensorType]) throws(OperatorError) {
    guard inputs.count == operands.count else {
      throw OperatorError(
        "the body takes \(inputs.count) values, not \(operands.count)", id: "operand-count")
    }
    for (input, operand) in zip(inputs, operands) {
      let type = type(of: input)
      guard type.element == operand.element, type.shape == operand.shape,
        type.quantization == operand.quantization
      else { throw OperatorError("the body takes \(type), not \(operand)") }
    }
  }
}
