internal import ApusIR

/// The step of a recurrent layer as formulas.
///
/// Arguments: gates of the input, gates of the product with the state, the states, vectors. Where
/// sequences may end early, a gate of the input comes first that tells whether they go on.
struct RecurrentCell {
  let form: RecurrentForm
  let direction: Int

  private var first: Int { form.isMasked ? 1 : 0 }
  private var gates: Int { form.gates + first }

  /// The part of a gate that comes from the input, and the one that comes from the state.
  private func input(_ number: Int) -> Scalar { .operand(first + number) }
  private func product(_ number: Int) -> Scalar { .operand(gates + first + number) }

  /// The sum of both parts of a gate.
  private func gate(_ number: Int) -> Scalar { input(number) + product(number) }

  private func state(_ number: Int) -> Scalar { .operand(2 * gates + number) }

  private func vector(_ number: Int) -> Scalar { state((form.gates == 4 ? 2 : 1) + number) }

  /// The function of a new state, which keeps the old one where its sequence has ended.
  private func function(
    _ formula: Scalar, keeping old: Int? = nil, vectors: Int = 0
  ) throws(ImportFailure) -> Pointwise {
    let count = 2 * gates + (form.gates == 4 ? 2 : 1) + vectors
    var formula = formula
    if form.isMasked, let old { formula = .select(.operand(0) > 0, formula, state(old)) }
    guard let result = Pointwise([ElementType](repeating: .f32, count: count), formula) else {
      throw .unsupported("recurrent-type", "a recurrent layer of another type than f32")
    }
    return result
  }

  /// RNN: f(x W + h R).
  func plain(reverse: Bool) throws(ImportFailure) -> Recurrent {
    let next = try form.activations(direction, of: gate(0))
    return Recurrent(gates: gates, reverse: reverse, hidden: try function(next, keeping: 0))
  }

  /// GRU: (1 - z) g(x W + (r h) R) + z h.
  func gatedBefore(reverse: Bool) throws(ImportFailure) -> Recurrent {
    let reset = try form.activations(2 * direction, of: gate(1)) * state(0)
    return Recurrent(
      gates: gates, reverse: reverse, hidden: try function(try blended(gate(2)), keeping: 0),
      reset: try function(reset))
  }

  /// GRU: (1 - z) g(x W + r (h R + b)) + z h.
  func gatedAfter(reverse: Bool) throws(ImportFailure) -> Recurrent {
    let reset = try form.activations(2 * direction, of: gate(1))
    let candidate = input(2) + reset * (product(2) + vector(0))
    return Recurrent(
      gates: gates, reverse: reverse,
      hidden: try function(try blended(candidate), keeping: 0, vectors: 1))
  }

  private func blended(_ candidate: Scalar) throws(ImportFailure) -> Scalar {
    let keep = try form.activations(2 * direction, of: gate(0))
    let next = try form.activations(2 * direction + 1, of: candidate)
    return (1 - keep) * next + keep * state(0)
  }

  /// LSTM with gates in the order input, output, forget, cell, which may see the cell.
  func long(reverse: Bool, peeps: Bool) throws(ImportFailure) -> Recurrent {
    func seeing(_ number: Int, _ vector: Int) -> Scalar {
      peeps ? gate(number) + self.vector(vector) * state(1) : gate(number)
    }
    let own = 3 * direction
    let take = try form.activations(own, of: seeing(0, 0))
    let forget = try form.couples ? 1 - take : form.activations(own, of: seeing(2, 2))
    let cell = forget * state(1) + take * (try form.activations(own + 1, of: gate(3)))
    let output = try form.activations(own, of: seeing(1, 1))
    let hidden = output * (try form.activations(own + 2, of: state(1)))
    let vectors = peeps ? 3 : 0
    return Recurrent(
      gates: gates, reverse: reverse,
      hidden: try function(hidden, keeping: 0, vectors: vectors),
      cell: try function(cell, keeping: 1, vectors: vectors))
  }
}
