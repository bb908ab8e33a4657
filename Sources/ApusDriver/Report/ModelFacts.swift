internal import ApusIR
internal import ApusLoops
internal import ApusTransforms

extension Graph {
  /// The multiply-adds of products, convolutions and recurrent layers; `nil` with symbols.
  var multiplyAdds: Int? {
    var sum = 0
    for node in nodes {
      guard let count = multiplyAdds(of: node) else { return nil }
      sum += count
    }
    return sum
  }

  private func multiplyAdds(of node: Node) -> Int? {
    let operands = node.operands.map { type(of: $0) }
    switch node.operation {
    case .matmul(let product): return multiplyAdds(product.semantics(of: operands), node)
    case .blockMatMul:
      return (type(of: node.results[0]).shape.elementCount * operands[1].shape[0]).constant
    case .conv(let conv): return multiplyAdds(conv.semantics(of: operands), node)
    case .lstm, .recurrent:
      let columns = operands[1].shape[1].constant
      return columns.flatMap { columns in
        operands[0].shape.elementCount.constant.map { $0 * columns }
      }
    case .linearAttention:
      // Written once and read once per query head, for each step and element of the state.
      return
        (operands[0].shape.elementCount * operands[2].shape[3]
        + operands[1].shape.elementCount * operands[2].shape[3]).constant
    case .kernel(let kernel): return kernel.body.multiplyAdds
    case .custom(let custom): return custom.body.multiplyAdds
    case .constant, .extents, .map, .transpose, .reshape, .broadcast, .slice, .concat, .pad, .split,
      .gather, .take, .scatter, .sort, .pool, .reduce, .argReduce, .cumulate, .softmax,
      .normalize, .relayout, .bind, .branch, .repeat:
      return 0
    }
  }

  private func multiplyAdds(_ semantics: Semantics, _ node: Node) -> Int? {
    guard case .contraction(let contraction) = semantics else { return nil }
    let results = type(of: node.results[0]).shape.elementCount
    return contraction.reduction.reduce(results, *).constant
  }

  /// The elements of all constants.
  var parameterCount: Int {
    nodes.reduce(0) { sum, node in
      guard case .constant = node.operation else { return sum }
      return sum + (type(of: node.results[0]).shape.elementCount.constant ?? 0)
    }
  }

  /// How often each operator stands in the graph, most frequent first.
  var histogram: [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    for node in nodes { counts[node.operation.mnemonic, default: 0] += 1 }
    return counts.map { ($0.key, $0.value) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}

/// A temporary in the arena with its life, counted in kernels.
struct PlannedBuffer {
  var name: String
  var bytes: Int
  var offset: Int
  var life: ClosedRange<Int>
}

extension Program {
  /// The temporaries that kernels touch, in order of appearance.
  var plannedBuffers: [PlannedBuffer] {
    var lives: [BufferID: ClosedRange<Int>] = [:]
    for (place, kernel) in kernels.enumerated() {
      for buffer in kernel.buffers {
        lives[buffer] = (lives[buffer]?.lowerBound ?? place)...place
      }
    }
    return buffers.indices.compactMap { number in
      let buffer = buffers[number]
      guard case .arena(let offset) = buffer.storage, let life = lives[BufferID(number)] else {
        return nil
      }
      let name = buffer.name.isEmpty ? kernels[life.lowerBound].name : buffer.name
      return PlannedBuffer(
        name: name, bytes: buffer.byteCount, offset: offset, life: life)
    }
  }
}

/// What `apus inspect` knows about a model.
struct ModelFacts {
  let path: String
  let imported: Graph
  let graph: Graph
  let target: Target
  /// Whether the text lists kernels.
  var showsKernels = false
  /// `nil` where the graph cannot be lowered, for example because sizes are open.
  let program: Program?
  /// Why there is no program.
  let obstacle: Diagnostic?
  /// What is computed with integers, when somebody asks.
  let integers: IntegerReport?

  init(
    _ path: String, _ compilation: Compilation, _ target: Target, integers: IntegerReport? = nil
  ) {
    self.path = path
    self.target = target
    self.integers = integers
    imported = compilation.imported
    graph = compilation.graph
    do {
      program = try compilation.program(for: target, name: "model")
      obstacle = nil
    } catch {
      program = nil
      obstacle = error.diagnostics.first
    }
  }

  /// Names and types of what goes in and out.
  var ports: [(direction: String, name: String, type: TensorType)] {
    imported.inputs.map { ("in", imported[$0].name ?? "", imported.type(of: $0)) }
      + zip(imported.outputs, imported.outputNames).map { ("out", $1, imported.type(of: $0)) }
  }

  /// The largest temporaries first.
  var largestBuffers: [PlannedBuffer] {
    Array(
      (program?.plannedBuffers ?? []).sorted { ($1.bytes, $0.offset) < ($0.bytes, $1.offset) }
        .prefix(10))
  }
}
