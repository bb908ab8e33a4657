public import ApusIR

/// What the user fixes before a model is imported.
public struct ImportOptions: Sendable {
  /// Sizes of symbolic dimensions by name.
  public var dimensions: [String: Int]
  /// Bounds of symbolic dimensions that stay open.
  public var bounds: [SymbolBounds]
  /// Numbers of elements of inputs and outputs that are sequences, by name.
  ///
  /// Element `i` of sequence `x` is the input or output `x.i`. An input needs a number; for an
  /// output it is a promise that helps where the length depends on data, and a run checks it.
  public var sequences: [String: Int] = [:]
  /// Optional inputs that are not there, and optional outputs that are promised not to be.
  public var absent: Set<String> = []
  /// Shapes of inputs as far as the model leaves them open, by name; that of a sequence is the
  /// shape of all elements that have none of their own.
  public var shapes: [String: [Int]] = [:]
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

  /// Whether sizes of inputs or outputs are fixed.
  var isFixing: Bool {
    !(dimensions.isEmpty && sequences.isEmpty && absent.isEmpty && shapes.isEmpty)
  }

  /// The extent that a symbolic dimension stands for.
  func size(of symbol: String) -> Dimension {
    dimensions[symbol].map { Dimension($0) } ?? .symbol(symbol)
  }
}
