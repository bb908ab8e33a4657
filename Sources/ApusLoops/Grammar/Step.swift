public import ApusIR

/// One step of a program: kernels, and what decides on sizes and the way through them.
public indirect enum Step: Hashable, Sendable {
  /// Runs a kernel, given by its place in `Program.kernels`.
  case run(Int)
  /// Sets a symbol to an `i32` or `i64` element, which must lie within the symbol's bounds.
  case read(String, Access)
  /// Sets a symbol to the value of an extent, which must lie within the symbol's bounds.
  case assign(String, Dimension)
  /// Stops with an error unless the value is 0.
  case require(Dimension)
  /// Takes the first way when the `bool` element is true, the second otherwise.
  case branch(Access, [Step], [Step])
  /// Runs the body with the counter 0, 1, … while it is below the limit and, with a condition, as
  /// long as that `bool` element is true before each turn; the counter then holds the turns taken.
  case `repeat`(String, limit: Dimension, condition: Access?, [Step])
}

extension Step {
  /// The kernels that are run, in order, each as often as it stands there.
  public var kernels: [Int] {
    switch self {
    case .run(let kernel): [kernel]
    case .read, .assign, .require: []
    case .branch(_, let yes, let no): (yes + no).flatMap(\.kernels)
    case .repeat(_, limit: _, condition: _, let body): body.flatMap(\.kernels)
    }
  }

  /// The step with other buffers.
  func renumbered(_ buffer: (BufferID) -> BufferID) -> Step {
    switch self {
    case .run, .assign, .require: self
    case .read(let symbol, let access): .read(symbol, access.renumbered(buffer))
    case .branch(let access, let yes, let no):
      .branch(
        access.renumbered(buffer), yes.map { $0.renumbered(buffer) },
        no.map { $0.renumbered(buffer) })
    case .repeat(let counter, let limit, let condition, let body):
      .repeat(
        counter, limit: limit, condition: condition?.renumbered(buffer),
        body.map { $0.renumbered(buffer) })
    }
  }

  /// The buffers that the step or those inside it read, without those of kernels.
  public var allReadBuffers: [BufferID] {
    switch self {
    case .run, .read, .assign, .require: readBuffers
    case .branch(_, let yes, let no): readBuffers + (yes + no).flatMap(\.allReadBuffers)
    case .repeat(_, limit: _, condition: _, let body):
      readBuffers + body.flatMap(\.allReadBuffers)
    }
  }

  /// The buffers that the step itself reads.
  var readBuffers: [BufferID] {
    switch self {
    case .run, .assign, .require, .repeat(_, limit: _, condition: nil, _): []
    case .read(_, let access), .branch(let access, _, _),
      .repeat(_, limit: _, condition: let access?, _):
      [access.buffer]
    }
  }
}

extension Program {
  /// Whether the kernels run one after the other and nothing else happens.
  public var isStraight: Bool { steps == kernels.indices.map { .run($0) } }

  /// The symbols that the caller gives: those of the inputs' shapes, in order.
  public var inputSymbols: [String] { symbols(of: inputs) }

  /// The symbols that a run finds out and the outputs' shapes need, in order.
  public var outputSymbols: [String] {
    let given = inputSymbols
    return symbols(of: outputs).filter { !given.contains($0) }
  }

  private func symbols(of ports: [Port]) -> [String] {
    var names: [String] = []
    for name in ports.flatMap({ $0.type.shape.dimensions.flatMap(\.symbols) })
    where !names.contains(name) { names.append(name) }
    return names
  }
}
