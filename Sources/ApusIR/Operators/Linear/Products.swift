/// Element types of sums of products: those of one float or integer type, and narrow integers of
/// any two types, whose products are summed up as `i32`.
extension TensorType {
  /// The element type of a sum of products with elements of another tensor; `nil` if there is none.
  func sumElement(with other: TensorType) -> ElementType? {
    if element.isNarrowInteger, other.element.isNarrowInteger { return .i32 }
    return element == other.element ? element : nil
  }

  /// The product of two elements, in the type that products are summed up in.
  ///
  /// `zero` is the integer of this tensor that stands for 0.
  func product(with other: TensorType, zero: Int) -> Pointwise? {
    guard let sum = sumElement(with: other) else { return nil }
    let left = Scalar.convert(.operand(0), sum)
    return Pointwise(
      [element, other.element],
      (zero == 0 ? left : left - .integer(zero)) * .convert(.operand(1), sum))
  }

  /// Whether products of integers of this type may take `zero` off first.
  func expectZero(_ zero: Int, with other: TensorType) throws(OperatorError) {
    guard zero == 0 || sumElement(with: other) == .i32 && element.holds(zero) else {
      throw OperatorError("no \(element) is \(zero)", id: "product-zero")
    }
  }
}

extension ElementType {
  /// Whether the type holds integers of less than 32 bits.
  package var isNarrowInteger: Bool { isInteger && bitWidth < 32 }

  /// Whether a number is one of this type of narrow integers.
  fileprivate func holds(_ number: Int) -> Bool {
    guard isNarrowInteger else { return false }
    let range = kind == .signed ? -(1 << (bitWidth - 1))..<1 << (bitWidth - 1) : 0..<1 << bitWidth
    return range.contains(number)
  }
}
