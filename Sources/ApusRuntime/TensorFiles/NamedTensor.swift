public import ApusIR

/// A tensor with the name under which a file or a model knows it.
public struct NamedTensor: Hashable, Sendable {
  /// The name; empty when the file gives none.
  public var name: String
  /// The elements.
  public var value: TensorData

  /// A named tensor.
  public init(_ name: String, _ value: TensorData) {
    self.name = name
    self.value = value
  }
}

/// The most axes that a tensor file may have, as in numpy 2.
let rankLimit = 64

/// The product of extents that come from a file, or `nil` when one is negative or it overflows.
func checkedCount(_ extents: [Int]) -> Int? {
  guard extents.count <= rankLimit, extents.allSatisfy({ $0 >= 0 }) else { return nil }
  if extents.contains(0) { return 0 }
  var count = 1
  for extent in extents {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    guard !overflow else { return nil }
    count = product
  }
  return count
}
