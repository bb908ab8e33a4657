/// The convolution of a batch of images with a bank of filters (ONNX Conv without bias).
///
/// `[N, C, spatial…] * [O, C / groups, window…] → [N, O, spatial…]`. Products of integers of 8 and
/// 16 bits are summed up as `i32` (ONNX ConvInteger).
public struct Conv: Operator {
  public static let mnemonic = "conv"

  /// How the filter slides; its extents are those of the filter.
  public var window: Window
  /// The number of groups that channels are split into.
  public var groups: Int
  /// The integer of the image that stands for 0: it is taken off before multiplying, and what
  /// windows read outside is that number.
  public var zero: Int

  public init() { self.init(window: Window(), groups: 1) }

  /// A convolution.
  public init(window: Window, groups: Int, zero: Int = 0) {
    self.window = window
    self.groups = groups
    self.zero = zero
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(2)
    let (x, w) = (operands[0], operands[1])
    guard let element = x.sumElement(with: w), x.rank >= 3, w.rank == x.rank else {
      throw OperatorError("image and filter need the same rank and element type", id: "conv-rank")
    }
    try x.expectZero(zero, with: w)
    guard groups >= 1 else { throw OperatorError("group is \(groups)", id: "conv-group") }
    guard x.shape[1] == w.shape[1] * Dimension(groups) else {
      throw OperatorError(
        "weight expects \(w.shape[1] * Dimension(groups)) input channels, "
          + "operand has \(x.shape[1])",
        id: "conv-channel-mismatch")
    }
    guard let filters = w.shape[0].constant, filters % groups == 0 else {
      throw OperatorError("\(w.shape[0]) filters in \(groups) groups", id: "conv-group")
    }
    guard w.shape.extents.map({ Array($0.dropFirst(2)) }) == window.extents else {
      throw OperatorError("the window differs from the filter \(w.shape)", id: "conv-kernel-shape")
    }
    let spatial = try window.outputDimensions(of: x.shape)
    return [TensorType(element, Shape([x.shape[0], w.shape[0]] + spatial))]
  }

  public func semantics(of operands: [TensorType]) -> Semantics {
    let (x, w) = (operands[0], operands[1])
    guard groups == 1 || groups == w.shape[0].constant,
      let product = x.product(with: w, zero: zero)
    else { return .nest }
    let spatial = window.extents.count
    let firstWindow = x.rank + 1
    let channel: IndexMap.Axis = groups == 1 ? .iterator(x.rank) : .iterator(1)
    let places = (0..<spatial).map {
      window.map(axis: $0, output: 2 + $0, window: firstWindow + $0)
    }
    let taps = (0..<spatial).map { IndexMap.Axis.iterator(firstWindow + $0) }
    return .contraction(
      Contraction(
        reduction: [w.shape[1]] + window.extents.map { Dimension($0) },
        maps: [
          IndexMap([.iterator(0), channel] + places),
          IndexMap([.iterator(1), .iterator(x.rank)] + taps),
        ],
        body: product, combine: .add, initial: .zero(of: product.result)))
  }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try window.visitAttributes(&visitor)
    try visitor.visit("groups", &groups, default: 1)
    try visitor.visit("zero", &zero, default: 0)
  }
}
