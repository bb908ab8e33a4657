internal import ApusIR

/// What a name of the model stands for.
enum Binding {
  case tensor(ValueID)
  /// The elements of a sequence.
  case sequence([ValueID])
  /// An optional value that is not there, or an operand that is left out.
  case absent
  /// One of two tensors that differ in rank, which a condition decides about in a run.
  case choice(ValueID, yes: ValueID, no: ValueID)

  /// The value of a tensor.
  var value: ValueID? {
    if case .tensor(let value) = self { return value }
    return nil
  }

  /// What decides which tensor it is, if a run does.
  var condition: ValueID? {
    if case .choice(let condition, _, _) = self { return condition }
    return nil
  }

  /// The tensor that it is when a condition holds or does not.
  func taken(_ holds: Bool, by condition: ValueID) -> Binding {
    guard case .choice(condition, let yes, let no) = self else { return self }
    return .tensor(holds ? yes : no)
  }

  /// Whether it is a sequence.
  var isSequence: Bool {
    if case .sequence = self { return true }
    return false
  }

  /// Whether nothing is there.
  var isAbsent: Bool {
    if case .absent = self { return true }
    return false
  }

  /// All values, in order.
  var values: [ValueID] {
    switch self {
    case .tensor(let value): [value]
    case .sequence(let elements): elements
    case .absent: []
    case .choice(let condition, let yes, let no): [condition, yes, no]
    }
  }

  /// The same form with other values.
  func map(_ body: (ValueID) -> ValueID) -> Binding {
    switch self {
    case .tensor(let value): .tensor(body(value))
    case .sequence(let elements): .sequence(elements.map(body))
    case .absent: .absent
    case .choice(let condition, let yes, let no):
      .choice(body(condition), yes: body(yes), no: body(no))
    }
  }

  /// Whether both are a tensor, absent, or sequences of one length.
  func hasForm(of other: Binding) -> Bool {
    switch (self, other) {
    case (.tensor, .tensor), (.absent, .absent): true
    case (.sequence(let mine), .sequence(let others)): mine.count == others.count
    case (.tensor, _), (.sequence, _), (.absent, _), (.choice, _): false
    }
  }
}

extension [Binding] {
  /// The same forms with other values, as many as these have.
  func replacingValues(by values: [ValueID]) -> [Binding] {
    var rest = values[...]
    return map { binding in binding.map { _ in rest.removeFirst() } }
  }
}
