/// All core operators: the one closed list that passes match on.
public enum Operation: Hashable, Sendable {
  case constant(Constant)
  case extents(Extents)
  case map(Map)
  case transpose(Transpose)
  case reshape(Reshape)
  case broadcast(Broadcast)
  case slice(Slice)
  case concat(Concat)
  case pad(Pad)
  case gather(Gather)
  case take(Take)
  case scatter(Scatter)
  case sort(Sort)
  case split(Split)
  case matmul(MatMul)
  case blockMatMul(BlockMatMul)
  case conv(Conv)
  case pool(Pool)
  case reduce(Reduce)
  case argReduce(ArgReduce)
  case cumulate(Cumulate)
  case softmax(Softmax)
  case normalize(Normalize)
  case lstm(LSTM)
  case recurrent(Recurrent)
  case linearAttention(LinearAttention)
  case relayout(Relayout)
  case bind(Bind)
  case branch(Branch)
  case `repeat`(Repeat)
  case kernel(FusedKernel)
  case custom(Custom)

  /// The operator that a case carries: the only forwarding switch.
  public var definition: any Operator {
    switch self {
    case .constant(let operation): operation
    case .extents(let operation): operation
    case .map(let operation): operation
    case .transpose(let operation): operation
    case .reshape(let operation): operation
    case .broadcast(let operation): operation
    case .slice(let operation): operation
    case .concat(let operation): operation
    case .pad(let operation): operation
    case .gather(let operation): operation
    case .take(let operation): operation
    case .scatter(let operation): operation
    case .sort(let operation): operation
    case .split(let operation): operation
    case .matmul(let operation): operation
    case .blockMatMul(let operation): operation
    case .conv(let operation): operation
    case .pool(let operation): operation
    case .reduce(let operation): operation
    case .argReduce(let operation): operation
    case .cumulate(let operation): operation
    case .softmax(let operation): operation
    case .normalize(let operation): operation
    case .lstm(let operation): operation
    case .recurrent(let operation): operation
    case .linearAttention(let operation): operation
    case .relayout(let operation): operation
    case .bind(let operation): operation
    case .branch(let operation): operation
    case .repeat(let operation): operation
    case .kernel(let operation): operation
    case .custom(let operation): operation
    }
  }

  /// The graphs that the operation runs, beside kernels.
  public var regions: [Graph] {
    switch self {
    case .branch(let branch): [branch.yes, branch.no]
    case .repeat(let loop): [loop.body]
    default: []
    }
  }

  /// The operation with each of its regions replaced.
  public func mappingRegions<Failure: Error>(
    _ transform: (Graph) throws(Failure) -> Graph
  ) throws(Failure) -> Operation {
    switch self {
    case .branch(var branch):
      branch.yes = try transform(branch.yes)
      branch.no = try transform(branch.no)
      return .branch(branch)
    case .repeat(var loop):
      loop.body = try transform(loop.body)
      return .repeat(loop)
    default: return self
    }
  }

  /// The name in the text form.
  public var mnemonic: String { type(of: definition).mnemonic }

  /// An operation of each kind with default attributes, for parsers and references.
  public static let prototypes: [Operation] = [
    .constant(Constant()), .extents(Extents()), .map(Map()), .transpose(Transpose()),
    .reshape(Reshape()), .broadcast(Broadcast()), .slice(Slice()), .concat(Concat()), .pad(Pad()),
    .gather(Gather()), .take(Take()), .scatter(Scatter()), .sort(Sort()), .split(Split()),
    .matmul(MatMul()), .blockMatMul(BlockMatMul()), .conv(Conv()), .pool(Pool()), .reduce(Reduce()),
    .argReduce(ArgReduce()),
    .cumulate(Cumulate()),
    .softmax(Softmax()), .normalize(Normalize()), .lstm(LSTM()), .recurrent(Recurrent()),
    .linearAttention(LinearAttention()), .relayout(Relayout()),
    .bind(Bind()), .branch(Branch()), .repeat(Repeat()),
    .kernel(FusedKernel()), .custom(Custom()),
  ]

  /// The same operation with its attributes shown to a visitor, which may change them.
  public func visitingAttributes<Visitor: AttributeVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) -> Operation {
    switch self {
    case .constant(let x): .constant(try visited(x, &visitor))
    case .extents(let x): .extents(try visited(x, &visitor))
    case .map(let x): .map(try visited(x, &visitor))
    case .transpose(let x): .transpose(try visited(x, &visitor))
    case .reshape(let x): .reshape(try visited(x, &visitor))
    case .broadcast(let x): .broadcast(try visited(x, &visitor))
    case .slice(let x): .slice(try visited(x, &visitor))
    case .concat(let x): .concat(try visited(x, &visitor))
    case .pad(let x): .pad(try visited(x, &visitor))
    case .gather(let x): .gather(try visited(x, &visitor))
    case .take(let x): .take(try visited(x, &visitor))
    case .scatter(let x): .scatter(try visited(x, &visitor))
    case .sort(let x): .sort(try visited(x, &visitor))
    case .split(let x): .split(try visited(x, &visitor))
    case .matmul(let x): .matmul(try visited(x, &visitor))
    case .blockMatMul(let x): .blockMatMul(try visited(x, &visitor))
    case .conv(let x): .conv(try visited(x, &visitor))
    case .pool(let x): .pool(try visited(x, &visitor))
    case .reduce(let x): .reduce(try visited(x, &visitor))
    case .argReduce(let x): .argReduce(try visited(x, &visitor))
    case .cumulate(let x): .cumulate(try visited(x, &visitor))
    case .softmax(let x): .softmax(try visited(x, &visitor))
    case .normalize(let x): .normalize(try visited(x, &visitor))
    case .lstm(let x): .lstm(try visited(x, &visitor))
    case .recurrent(let x): .recurrent(try visited(x, &visitor))
    case .linearAttention(let x): .linearAttention(try visited(x, &visitor))
    case .relayout(let x): .relayout(try visited(x, &visitor))
    case .bind(let x): .bind(try visited(x, &visitor))
    case .branch(let x): .branch(try visited(x, &visitor))
    case .repeat(let x): .repeat(try visited(x, &visitor))
    case .kernel(let x): .kernel(try visited(x, &visitor))
    case .custom(let x): .custom(try visited(x, &visitor))
    }
  }
}

private func visited<Kind: Operator, Visitor: AttributeVisitor>(
  _ operation: Kind, _ visitor: inout Visitor
) throws(Visitor.Failure) -> Kind {
  var copy = operation
  try copy.visitAttributes(&visitor)
  return copy
}
