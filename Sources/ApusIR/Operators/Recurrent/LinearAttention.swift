/// Attention whose keys and values are summed up in a state (the core of ONNX LinearAttention).
///
/// Operands: queries `[B, G, T, K]`, keys `[B, H, T, K]`, values `[B, H, T, V]` and the state
/// before the first step `[B, H, K, V]`; then, as the attributes say, what the rows of the state
/// are multiplied by in each step `[B, H, T, K]`, and how much of a correction is written
/// `[B, H, T]`. `G` is a multiple of `H`: neighbouring query heads share a state. Results:
/// `[B, G, T, V]` and the last state. Each step decays the state, adds the product of key and
/// value, and multiplies it with the queries; a correction takes the value less what the state
/// holds for the key already.
public struct LinearAttention: Operator {
  public static let mnemonic = "linear_attention"

  /// Whether the state decays.
  public var decays: Bool
  /// Whether values are corrections of what the state holds (the delta rule).
  public var corrects: Bool

  public init() { self.init(decays: false, corrects: false) }

  /// A recurrence of one of four rules.
  public init(decays: Bool, corrects: Bool) {
    self.decays = decays
    self.corrects = corrects
  }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    try operands.expect(4 + (decays ? 1 : 0) + (corrects ? 1 : 0))
    let shapes = operands.map(\.shape)
    let (q, k, v) = (shapes[0], shapes[1], shapes[2])
    guard [q, k, v].allSatisfy({ $0.rank == 4 }), operands.allSatisfy({ $0.element == .f32 }),
      let queries = q[1].constant, let heads = k[1].constant, heads > 0, queries % heads == 0,
      q == Shape([k[0], q[1], k[2], k[3]]), v == Shape([k[0], k[1], k[2], v[3]]),
      shapes[3] == Shape([k[0], k[1], k[3], v[3]]), !decays || shapes[4] == k,
      !corrects || shapes[operands.count - 1] == Shape(Array(k.dimensions.dropLast()))
    else {
      throw OperatorError("operand shapes do not fit together", id: "linear-attention-shape")
    }
    return [TensorType(.f32, Shape([q[0], q[1], q[2], v[3]])), TensorType(.f32, shapes[3])]
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit("decays", &decays, default: false)
    try visitor.visit("corrects", &corrects, default: false)
  }
}
