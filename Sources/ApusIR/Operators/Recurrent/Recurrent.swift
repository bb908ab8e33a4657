/// One direction of a recurrent layer whose step is given by functions (ONNX RNN, GRU, LSTM).
///
/// Operands: `x` `[T, B, G·H]`, the inputs times their weights; `r` `[G·H, H]`, recurrent
/// weights, or `[(G-1)·H, H]` and `[H, H]` when it resets; one or two states `[B, H]`; further
/// vectors `[H]`. Results: all first states `[T, B, H]` and the last states.
///
/// The functions take, at one place of the state: the G gates of `x`, the G gates of the product of
/// the first state with `r`, the first state, the second one if there is one, and the vectors.
public struct Recurrent: Operator {
  public static let mnemonic = "recurrent"

  /// The number of gates, G.
  public var gates: Int
  /// Whether time runs from the last step to the first.
  public var reverse: Bool
  /// The new first state; it sees the new second state.
  public var hidden: Pointwise
  /// The new second state.
  public var cell: Pointwise?
  /// What takes the place of the first state in the product of the last gate.
  public var reset: Pointwise?

  public init() { self.init(gates: 1, reverse: false, hidden: .identity(.f32)) }

  /// A layer in one direction.
  public init(
    gates: Int, reverse: Bool, hidden: Pointwise, cell: Pointwise? = nil, reset: Pointwise? = nil
  ) {
    self.gates = gates
    self.reverse = reverse
    self.hidden = hidden
    self.cell = cell
    self.reset = reset
  }

  /// The number of states.
  public var states: Int { cell == nil ? 1 : 2 }

  /// The place of the first state among the operands.
  public var firstState: Int { reset == nil ? 2 : 3 }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    let vectors = operands.dropFirst(firstState + states)
    guard operands.count >= firstState + states, (1...8).contains(gates) else {
      throw OperatorError("more operands expected", id: "operand-count")
    }
    let functions = [hidden, cell, reset].compactMap { $0 }
    let arguments = 2 * gates + states + vectors.count
    guard functions.allSatisfy({ $0.operands.count == arguments && $0.result == .f32 }),
      functions.allSatisfy({ $0.operands.allSatisfy { $0 == .f32 } })
    else { throw OperatorError("functions of \(arguments) numbers expected", id: "recurrent-step") }
    let (x, h) = (operands[0].shape, operands[firstState].shape)
    guard x.rank == 3, h.rank == 2, operands.allSatisfy({ $0.element == .f32 }), x[1] == h[0],
      x[2] == Dimension(gates) * h[1], operands[firstState + states - 1].shape == h,
      operands[1].shape == Shape([Dimension(reset == nil ? gates : gates - 1) * h[1], h[1]]),
      reset == nil || operands[2].shape == Shape([h[1], h[1]]),
      vectors.allSatisfy({ $0.shape == Shape([h[1]]) })
    else { throw OperatorError("operand shapes do not fit together", id: "recurrent-shape") }
    return [TensorType(.f32, Shape([x[0], x[1], h[1]]))]
      + (0..<states).map { _ in TensorType(.f32, h) }
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("gates", &gates, default: nil)
    try visitor.visit("reverse", &reverse, default: false)
    try visitor.visit("hidden", &hidden)
    var (holds, resets) = (cell != nil, reset != nil)
    try visitor.visit("holds", &holds, default: false)
    try visitor.visit("resets", &resets, default: false)
    if holds { try Self.visit("cell", &cell, &visitor) }
    if resets { try Self.visit("reset", &reset, &visitor) }
  }

  private static func visit<Visitor: AttributeVisitor>(
    _ name: String, _ function: inout Pointwise?, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    var given = function ?? .identity(.f32)
    try visitor.visit(name, &given)
    function = given
  }
}
