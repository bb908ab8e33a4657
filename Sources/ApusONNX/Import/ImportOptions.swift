public import ApusIR

/// What the user fixes before a model is imported.
public struct ImportOptions: Sendable {
  /// Sizes of symbolic dimensions by name.
  public var dimensions: [String: Int]
  /// Bounds of symbolic dimensions that stay open.
  public var bounds: [SymbolBounds]
  /// What the file may ask for.
  package var limits = ImportLimits.default

  /// Options with sizes of symbolic dimensions.
  public init(dimensions: [String: Int] = [:], bounds: [SymbolBounds] = []) {
    self.dimensions = dimensions
    self.bounds = bounds
  }

  /// The extent that a symbolic dimension stands for.
  func size(of symbol: String) -> Dimension {
    dimensions[symbol].map { Dimension($0) } ?? .symbol(symbol)
  }
}
