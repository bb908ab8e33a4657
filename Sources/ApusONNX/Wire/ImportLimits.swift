/// What a model file may ask for at most; beyond it, import fails with `limitExceeded`.
public struct ImportLimits: Hashable, Sendable {
  /// Bytes of the model file, without external data.
  public var fileBytes = 2 << 30
  /// Bytes of one file of external data.
  public var externalFileBytes = 1 << 40
  /// Files smaller than this are read into memory; larger ones are mapped.
  public var mappedFileBytes = 64 << 20
  /// Protobuf messages inside one another, the model itself included.
  public var messageDepth = 100
  /// Graphs inside one another, the main graph not counted.
  public var subgraphDepth = 32
  /// Nodes of all graphs and functions together.
  public var nodes = 1_000_000
  /// Attributes of one node.
  public var attributesPerNode = 1_024
  /// Axes of a tensor.
  public var rank = 16
  /// The largest extent of an axis.
  public var extent = Int(Int32.max)
  /// Bytes of one tensor.
  public var tensorBytes = 1 << 40
  /// Memory for the parsed file, as a multiple of its size.
  public var memoryFactor = 4
  /// Bytes of memory that the parsed file may take on top of that.
  public var memoryBytes = 256 << 20

  /// The documented limits.
  public static let `default` = ImportLimits()

  /// The documented limits.
  public init() {}

  /// The limit that holds for a field of the schema.
  func value(of limit: Field.Limit) -> Int {
    switch limit {
    case .nodes: nodes
    case .attributesPerNode: attributesPerNode
    case .rank: rank
    }
  }

  /// Bytes that the parsed form of a file of `count` bytes may take.
  func memory(forFileOf count: Int) -> Int {
    let (product, productOverflow) = count.multipliedReportingOverflow(by: memoryFactor)
    let (sum, sumOverflow) = product.addingReportingOverflow(memoryBytes)
    return productOverflow || sumOverflow ? .max : sum
  }
}
