/// Element types of sums of products: those of one float or integer type, and narrow integers of
/// any two types, whose products are summed up as `i32`.
extension TensorType {
  /// The element type of a sum of products with elements of another tensor; `nil` if there is none.
  func sumElement(with other: TensorType) -> ElementType? {
    if element.isNarrowInteger, other.element.isNarrowInteger { return .i32 }
    return element == other.element ? element : nil
  }

  /// The product of two elements, in the type that products are summed up in.
  func product(with other: TensorType) -> Pointwise? {
    guard let sum = sumElement(with: other) else { return nil }
    return Pointwise(
      [element, other.element], .convert(.operand(0), sum) * .convert(.operand(1), sum))
  }
}

extension ElementType {
  /// Whether the type holds integers of less than 32 bits.
  package var isNarrowInteger: Bool { isInteger && bitWidth < 32 }
}
