/// A body that runs again and again on its own results (ONNX Loop, Scan).
///
/// Operands: with `tests` the first condition (a `bool` scalar), then `carried` values, then values
/// that every turn sees. The body takes the carried values and those; its outputs are, with
/// `tests`, the next condition, then the carried values, then what is stacked turn by turn.
/// Results: the carried values after the last turn, then the stacks, whose axis 0 runs over turns.
///
/// In the body the symbol `counter` is the number of the turn; after it `turns` is how many there
/// were.
public struct Repeat: Operator {
  public static let mnemonic = "repeat"

  /// The symbol that counts turns.
  public var counter: Dimension
  /// The most turns.
  public var limit: Dimension
  /// The symbol for the number of turns; the limit when nothing ends them earlier.
  public var turns: Dimension
  /// Whether a condition may end the turns earlier.
  public var tests: Bool
  /// The number of values that go from turn to turn.
  public var carried: Int
  /// What one turn does.
  public var body: Graph

  public init() {
    self.init(
      counter: .symbol("turn"), limit: 0, turns: 0, tests: false, carried: 0,
      body: Graph(name: ""))
  }

  /// A repetition.
  public init(
    counter: Dimension, limit: Dimension, turns: Dimension, tests: Bool, carried: Int, body: Graph
  ) {
    self.counter = counter
    self.limit = limit
    self.turns = turns
    self.tests = tests
    self.carried = carried
    self.body = body
  }

  /// The number of outputs of the body before the carried values.
  public var testCount: Int { tests ? 1 : 0 }

  public func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    guard carried >= 0, operands.count >= testCount + carried,
      body.outputs.count >= testCount + carried
    else { throw OperatorError("too few operands or outputs", id: "repeat-operands") }
    try body.expectInputs(Array(operands.dropFirst(testCount)))
    let outputs = body.outputTypes
    for condition in (operands.prefix(testCount) + outputs.prefix(testCount))
    where condition != TensorType(.bool, []) {
      throw OperatorError("the condition must be one bool", id: "repeat-condition")
    }
    let states = outputs.dropFirst(testCount).prefix(carried)
    for (state, operand) in zip(states, operands.dropFirst(testCount))
    where state.element != operand.element || state.shape != operand.shape {
      throw OperatorError("a carried value turns from \(operand) into \(state)", id: "repeat-state")
    }
    guard tests || turns == limit else {
      throw OperatorError("without a condition there are \(limit) turns", id: "repeat-turns")
    }
    let stacks = outputs.dropFirst(testCount + carried).map { type in
      TensorType(type.element, Shape([turns] + type.shape.dimensions))
    }
    return states + stacks
  }

  public func semantics(of operands: [TensorType]) -> Semantics { .nest }

  public mutating func visitAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    var sizes = [counter, limit, turns]
    try visitor.visit("turns", &sizes, default: nil)
    if sizes.count == 3 { (counter, limit, turns) = (sizes[0], sizes[1], sizes[2]) }
    try visitor.visit("tests", &tests, default: false)
    try visitor.visit("carried", &carried, default: 0)
    try visitor.visit("body", &body)
  }
}
