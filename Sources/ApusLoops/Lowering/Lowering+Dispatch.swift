internal import ApusIR

extension Lowering {
  /// Lowers one node: views change placements, everything else becomes a kernel.
  mutating func lower(_ node: Node) throws(DiagnosticError) {
    switch node.operation {
    case .bind(let bind): return lowerBind(node, bind)
    case .extents(let extents) where extents.data == nil: return lowerExtents(node, extents)
    case .branch(let branch): return try lowerBranch(node, branch)
    case .repeat(let loop): return try lowerRepeat(node, loop)
    default: break
    }
    let types = node.operands.map { graph.type(of: $0) }
    switch node.operation.definition.semantics(of: types) {
    case .constant:
      return
    case .view(let map):
      if case .relayout = node.operation { return try lowerRoot(node) }
      let extents = graph.type(of: node.results[0]).shape.dimensions
      let source = placement(of: node.operands[0])
      placements[node.results[0]] = source.viewed(through: map, extents: extents)
    case .reshape:
      lowerReshape(node)
    case .pointwise, .contraction, .nest:
      try lowerRoot(node)
    }
  }

  private mutating func lowerReshape(_ node: Node) {
    let shape = graph.type(of: node.results[0]).shape
    let extents = shape.dimensions
    let source = placement(of: node.operands[0])
    if let view = source.reshaped(to: extents) {
      placements[node.results[0]] = view
      return
    }
    var copy = contiguous(source)
    copy.extents = extents
    copy.strides = shape.rowMajorStrides
    placements[node.results[0]] = copy
  }

  /// Lowers an operation or fused kernel that makes a tensor of its own.
  private mutating func lowerRoot(_ node: Node) throws(DiagnosticError) {
    let results = node.results.map { graph.type(of: $0) }
    if results.allSatisfy({ $0.shape.elementCount == 0 }) {
      for result in node.results { _ = destination(of: result) }
      return
    }
    layout = results.first?.layout ?? .rowMajor
    if let attention = AttentionTask(node, in: graph) { return scheduleAttention(attention) }
    guard let task = KernelTask(node, in: graph) else {
      throw DiagnosticError(
        Diagnostic(
          .unsupported, id: "no-schedule", "no schedule for this kernel", place: .pass("lower"),
          notes: node.origins))
    }
    try schedule(task)
  }

  /// Picks the schedule of a task by its root.
  private mutating func schedule(_ task: KernelTask) throws(DiagnosticError) {
    switch task.root {
    case .map, .relayout: scheduleMap(task)
    case .matmul: scheduleMatMul(task)
    case .blockMatMul(let product): scheduleBlockMatMul(task, product)
    case .conv(let conv): try scheduleConv(task, conv)
    case .pool: try scheduleContraction(task)
    case .reduce(let reduce): try scheduleReduce(task, reduce)
    case .argReduce(let search): scheduleArgReduce(task, search)
    case .softmax(let softmax): scheduleSoftmax(task, softmax)
    case .normalize(let normalize): scheduleNormalize(task, normalize)
    case .concat(let concat): scheduleConcat(task, concat)
    case .pad(let pad): schedulePad(task, pad)
    case .gather(let gather): scheduleGather(task, gather)
    case .take(let take): scheduleTake(task, take)
    case .scatter(let scatter): scheduleScatter(task, scatter)
    case .sort(let sort): try scheduleSort(task, sort)
    case .split(let split): scheduleSplit(task, split)
    case .cumulate(let cumulate): scheduleCumulate(task, cumulate)
    case .lstm(let lstm): try scheduleLSTM(task, lstm)
    case .recurrent(let layer): try scheduleRecurrent(task, layer)
    case .linearAttention(let attention): scheduleLinearAttention(task, attention)
    case .constant, .extents, .transpose, .reshape, .broadcast, .slice, .kernel, .bind, .branch,
      .repeat, .custom:
      preconditionFailure("views, control flow and bodies are no roots")
    }
  }

  /// Lets the operands of joins be computed in their part of the joined tensor.
  mutating func planJoins() {
    for node in graph.nodes {
      guard case .concat(let concat) = node.operation else { continue }
      var start: Dimension = 0
      for operand in node.operands {
        let joined = graph.type(of: node.results[0]).layout
        if makesStorage(operand), placements[operand] == nil, destinations[operand] == nil,
          graph.type(of: operand).layout.order == joined.order,
          graph.type(of: operand).layout.halo.isEmpty
        {
          destinations[operand] = (node, concat.axis, start)
        }
        start = start + graph.type(of: operand).shape[concat.axis]
      }
    }
  }
}

/// One kernel to be scheduled: a root, its operands, and the map applied to its result.
struct KernelTask {
  /// The root operation.
  var root: Operation
  /// What the root takes, as values of the outer graph.
  var operands: [ValueID]
  /// What is done with each element of the root's result: operand 0 is that element.
  var epilogue: Pointwise?
  /// The further operands of the epilogue, as values of the outer graph.
  var epilogueOperands: [ValueID] = []
  /// The results in the outer graph.
  var results: [ValueID]
  /// The type of the root's own result.
  var rootType: TensorType
  /// The nodes of the model it computes.
  var origins: [String]

  /// The task of a plain or fused node; `nil` when the body has another form.
  init?(_ node: Node, in graph: Graph) {
    results = node.results
    origins = node.origins
    rootType = graph.type(of: node.results[0])
    guard case .kernel(let fused) = node.operation else {
      root = node.operation
      operands = node.operands
      return
    }
    let body = fused.body
    guard let first = body.nodes.first, body.nodes.count <= 2 else { return nil }
    func outer(_ value: ValueID) -> ValueID? {
      guard case .input(let place) = body[value].definition else { return nil }
      return node.operands[place]
    }
    root = first.operation
    operands = first.operands.compactMap(outer)
    rootType = body.type(of: first.results[0])
    guard body.nodes.count == 2 else { return }
    guard root.appliesMap, case .map(let map) = body.nodes[1].operation,
      body.nodes[1].operands.first == first.results[0]
    else { return nil }
    epilogue = map.function
    epilogueOperands = body.nodes[1].operands.dropFirst().compactMap(outer)
    guard epilogueOperands.count == map.function.operands.count - 1 else { return nil }
  }

  /// The error for a form of the operation that no schedule takes.
  func withoutSchedule(_ form: String) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .unsupported, id: "no-schedule", "no schedule for \(form)", place: .pass("lower"),
        notes: origins))
  }
}

extension Operation {
  /// Whether schedules of the operation apply the map that follows it in a kernel.
  fileprivate var appliesMap: Bool {
    switch self {
    case .matmul, .blockMatMul, .conv, .pool, .reduce, .argReduce, .softmax, .normalize: true
    case .constant, .extents, .map, .transpose, .reshape, .broadcast, .slice, .concat, .pad,
      .gather, .take, .scatter, .sort, .split, .cumulate, .lstm, .recurrent, .linearAttention,
      .relayout, .bind, .branch, .repeat, .kernel, .custom:
      false
    }
  }
}
