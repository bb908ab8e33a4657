/// A core operator: typed attributes, a type rule and a meaning; one file each.
public protocol Operator: Hashable, Sendable {
  /// The name in the text form.
  static var mnemonic: String { get }

  /// The operator with default attributes, which `visitAttributes` then overwrites.
  init()

  /// The types of the results for operands of given types.
  ///
  /// - Throws: `OperatorError` when the operator does not take such operands.
  func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType]

  /// What the results are, as data.
  func semantics(of operands: [TensorType]) -> Semantics

  /// Shows every attribute, once each, to a visitor that prints, parses or compares it.
  mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure)
}

extension Operator {
  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {}
}

/// Something that walks over the attributes of an operator.
public protocol AttributeVisitor {
  /// What goes wrong on the way; `Never` for printers.
  associatedtype Failure: Error

  mutating func visit(_ name: String, _ value: inout Int, default: Int?) throws(Failure)
  mutating func visit(_ name: String, _ value: inout [Int], default: [Int]?) throws(Failure)
  mutating func visit(
    _ name: String, _ value: inout [Dimension], default: [Dimension]?
  ) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Bool, default: Bool?) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Double, default: Double?) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Shape) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Layout) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Pointwise) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Graph) throws(Failure)
  mutating func visit(_ name: String, _ value: inout Constant) throws(Failure)
  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) throws(Failure)
}

/// Why an operator does not take its operands or attributes.
public struct OperatorError: Error, Hashable, Sendable {
  /// One sentence without a full stop.
  public var message: String
  /// A stable name of the message.
  public var id: String

  /// An error with its message.
  public init(_ message: String, id: String = "operand-mismatch") {
    self.message = message
    self.id = id
  }
}

extension [TensorType] {
  /// Checks the number of operands.
  func expect(_ count: Int) throws(OperatorError) {
    guard self.count == count else {
      throw OperatorError("\(count) operands expected, \(self.count) given", id: "operand-count")
    }
  }
}

/// Turns a possibly negative axis into one of `0..<rank`.
package func normalized(axis: Int, rank: Int) throws(OperatorError) -> Int {
  guard axis >= -rank, axis < rank else {
    throw OperatorError("axis \(axis) does not exist in rank \(rank)", id: "axis-range")
  }
  return axis < 0 ? axis + rank : axis
}
