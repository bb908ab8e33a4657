public import ApusIR

/// How nodes of an embedder's own domain become custom operators.
public struct CustomImport: Sendable {
  /// An attribute of such a node.
  public enum Attribute: Hashable, Sendable {
    case integer(Int)
    case integers([Int])
    case real(Float)
    case reals([Float])
    case text(String)
  }

  /// The domain of the nodes.
  public let domain: String
  /// The name of the ONNX operator.
  public let operatorType: String
  /// The operator for the attributes of a node; throws for those that it does not understand.
  public let make: @Sendable ([String: Attribute]) throws(OperatorError) -> CustomOperator

  /// A way of import.
  public init(
    _ operatorType: String, domain: String,
    _ make: @escaping @Sendable ([String: Attribute]) throws(OperatorError) -> CustomOperator
  ) {
    self.operatorType = operatorType
    self.domain = domain
    self.make = make
  }

  /// The import as a rule like those of standard operators.
  var rule: OperatorRule {
    OperatorRule(operatorType, domain: domain) { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 0)
      var attributes: [String: Attribute] = [:]
      for name in node.node.attributes.map(\.name) {
        attributes[name] = try node.customAttribute(name)
      }
      let operation: Operation
      do throws(OperatorError) {
        operation = try make(attributes).operation(for: operands.map { node.type(of: $0) })
      } catch {
        throw .invalid(error.id, error.message)
      }
      return try node.append(operation, operands)
    }
  }
}

extension NodeImporter {
  fileprivate mutating func customAttribute(
    _ name: String
  ) throws(ImportFailure) -> CustomImport.Attribute? {
    switch attribute(name) {
    case .int(let value)?: return .integer(value)
    case .ints(let values)?: return .integers(values)
    case .float(let value)?: return .real(value)
    case .floats(let values)?: return .reals(values)
    case .string(let bytes)?:
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .invalid("attribute-type", "attribute \"\(name)\" is not Unicode")
      }
      return .text(text)
    case .tensor?, .graph?, .type?, .strings?, .tensors?, .graphs?, .types?, .reference?:
      throw .unsupported("attribute-type", "attribute \"\(name)\" of a custom operator")
    case nil: return nil
    }
  }
}
