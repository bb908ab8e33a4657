internal import ApusIR

/// The step of a recurrent layer as formulas.
///
/// Arguments: gates of the input, gates of the product with the state, the states, vectors.
struct RecurrentCell {
  let form: RecurrentForm
  let direction: Int

  /// The sum of both parts of a gate.
  private func gate(_ number: Int) -> Scalar { .operand(number) + .operand(form.gates + number) }

  private func state(_ number: Int) -> Scalar { .operand(2 * form.gates + number) }

  private func function(_ formula: Scalar, vectors: Int = 0) throws(ImportFailure) -> Pointwise {
    let count = 2 * form.gates + (form.gates == 4 ? 2 : 1) + vectors
    guard let result = Pointwise([ElementType](repeating: .f32, count: count), formula) else {
      throw .unsupported("recurrent-type", "a recurrent layer of another type than f32")
    }
    return result
  }

  /// RNN: f(x W + h R).
  func plain(reverse: Bool) throws(ImportFailure) -> Recurrent {
    let next = try form.activations(direction, of: gate(0))
    return Recurrent(gates: 1, reverse: reverse, hidden: try function(next))
  }

  /// GRU: (1 - z) g(x W + (r h) R) + z h.
  func gatedBefore(reverse: Bool) throws(ImportFailure) -> Recurrent {
    let reset = try form.activations(2 * direction, of: gate(1)) * state(0)
    return Recurrent(
      gates: 3, reverse: reverse, hidden: try function(try blended(gate(2))),
      reset: try function(reset))
  }

  /// GRU: (1 - z) g(x W + r (h R + b)) + z h.
  func gatedAfter(reverse: Bool) throws(ImportFailure) -> Recurrent {
    let reset = try form.activations(2 * direction, of: gate(1))
    let candidate = Scalar.operand(2) + reset * (.operand(5) + .operand(7))
    return Recurrent(
      gates: 3, reverse: reverse, hidden: try function(try blended(candidate), vectors: 1))
  }

  private func blended(_ candidate: Scalar) throws(ImportFailure) -> Scalar {
    let keep = try form.activations(2 * direction, of: gate(0))
    let next = try form.activations(2 * direction + 1, of: candidate)
    return (1 - keep) * next + keep * state(0)
  }

  /// LSTM with gates in the order input, output, forget, cell, which may see the cell.
  func long(reverse: Bool, peeps: Bool) throws(ImportFailure) -> Recurrent {
    func seeing(_ number: Int, _ vector: Int) -> Scalar {
      peeps ? gate(number) + .operand(10 + vector) * state(1) : gate(number)
    }
    let first = 3 * direction
    let input = try form.activations(first, of: seeing(0, 0))
    let forget = try form.couples ? 1 - input : form.activations(first, of: seeing(2, 2))
    let cell = forget * state(1) + input * (try form.activations(first + 1, of: gate(3)))
    let output = try form.activations(first, of: seeing(1, 1))
    let hidden = output * (try form.activations(first + 2, of: state(1)))
    let vectors = peeps ? 3 : 0
    return Recurrent(
      gates: 4, reverse: reverse, hidden: try function(hidden, vectors: vectors),
      cell: try function(cell, vectors: vectors))
  }
}
