public import ApusIR

/// What a tensor file holds: elements, or strings, which have no fixed width.
public enum TensorValue: Hashable, Sendable {
  /// Elements of a fixed width.
  case data(TensorData)
  /// Strings in row-major order, as many as the product of `extents`.
  case strings(extents: [Int], [String])

  /// The element type.
  public var element: ElementType {
    switch self {
    case .data(let data): data.type.element
    case .strings: .string
    }
  }

  /// The extent of each axis, outermost first.
  public var extents: [Int] {
    switch self {
    case .data(let data): data.type.shape.extents ?? []
    case .strings(let extents, _): extents
    }
  }

  /// The elements as a model takes them.
  public var data: TensorData {
    switch self {
    case .data(let data): data
    case .strings(let extents, let strings):
      TensorData(strings: strings.map { Array($0.utf8) }, extents)
    }
  }
}

/// A tensor with the name under which a file or a model knows it.
public struct NamedTensor: Hashable, Sendable {
  /// The name; empty when the file gives none.
  public var name: String
  /// The elements.
  public var value: TensorValue

  /// A named tensor.
  public init(_ name: String, _ value: TensorValue) {
    self.name = name
    self.value = value
  }

  /// A named tensor; bytes of strings that are not UTF-8 are replaced.
  public init(_ name: String, _ data: TensorData) {
    let isText = data.type.element == .string
    self.init(
      name,
      isText
        ? .strings(
          extents: data.type.shape.extents ?? [],
          data.strings.map { String(decoding: $0, as: UTF8.self) }) : .data(data))
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
