public import ApusIR

/// What the user fixes before a model is imported.
public struct ImportOptions: Sendable {
  /// Sizes of symbolic dimensions by name.
  public var dimensions: [String: Int]
  /// Bounds of symbolic dimensions that stay open.
  public var bounds: [SymbolBounds]
  /// Operators of domains that are not of ONNX.
  public var customOperators: [CustomImport]
  /// What the file may ask for.
  package var limits = ImportLimits.default

  /// Options with sizes of symbolic dimensions.
  public init(
    dimensions: [String: Int] = [:], bounds: [SymbolBounds] = [],
    customOperators: [CustomImport] = []
  ) {
    self.dimensions = dimensions
    self.bounds = bounds
    self.customOperators = customOperators
  }

  /// The rule for a node, those of ONNX first.
  func rule(for node: ONNXNode) -> OperatorRule? {
    OperatorRegistry.rule(for: node)
      ?? customOperators.first {
        $0.operatorType == node.operatorType && $0.domain == node.domain
      }?.rule
  }

  /// The extent that a symbolic dimension stands for.
  func size(of symbol: String) -> Dimension {
    dimensions[symbol].map { Dimension($0) } ?? .symbol(symbol)
  }
}
