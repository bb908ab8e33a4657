/// What the user fixes before a model is imported.
public struct ImportOptions: Sendable {
  /// Sizes of symbolic dimensions by name.
  public var dimensions: [String: Int]
  /// What the file may ask for.
  package var limits = ImportLimits.default

  /// Options with sizes of symbolic dimensions.
  public init(dimensions: [String: Int] = [:]) { self.dimensions = dimensions }
}
