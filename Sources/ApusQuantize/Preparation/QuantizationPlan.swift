internal import ApusIR

/// Which operations of a graph take integers, and which values are stored as integers for them.
struct QuantizationPlan {
  /// What an operation does with integers.
  enum Role: Hashable {
    /// A convolution or matrix product.
    case product
    /// Sums, means and other functions of tensors between products.
    case between
    /// Moves elements, whose scale stays.
    case view
  }

  /// The operations that take integers.
  private(set) var roles: [NodeID: Role] = [:]
  /// The values that are stored as integers.
  private(set) var stored: Set<ValueID> = []
  /// Stored values that operations with a role make; everybody reads their integers.
  private(set) var made: Set<ValueID> = []
  /// The first of the stored values that share scale and zero point.
  private var parents: [ValueID: ValueID] = [:]
  private let graph: Graph

  /// Plans a prepared graph; `isWanted` says which products take integers.
  init(_ graph: Graph, scope: QuantizationScope, where isWanted: @escaping (Node) -> Bool) {
    self.graph = graph
    var walk = PlanWalk(graph, scope, isWanted)
    walk.run()
    for node in graph.nodes where walk.kept.contains(node.id) {
      guard let role = walk.roles[node.id] else { continue }
      roles[node.id] = role
      stored.formUnion(graph.activations(of: node, role))
      made.formUnion([walk.tails[node.id]].compactMap(\.self))
    }
    made.formIntersection(stored)
    for node in graph.nodes where roles[node.id] == .view {
      for operand in graph.activations(of: node, .view) where stored.contains(node.results[0]) {
        join(node.results[0], operand)
      }
    }
  }

  /// The value whose scale and zero point a stored value takes.
  func representative(_ value: ValueID) -> ValueID {
    var value = value
    while let parent = parents[value] { value = parent }
    return value
  }

  private mutating func join(_ a: ValueID, _ b: ValueID) {
    let (first, second) = (representative(a), representative(b))
    if first != second { parents[first] = second }
  }

  /// The stored values whose numbers say what range they need, in the order of the graph: those
  /// that are no mere views of others.
  var sources: [ValueID] {
    let values = graph.inputs + graph.nodes.flatMap(\.results)
    return values.filter { value in
      guard stored.contains(value) else { return false }
      guard let node = graph.producer(of: value) else { return true }
      return roles[node.id] != .view
    }
  }
}

/// Which operations take integers beside the products.
public enum QuantizationScope: String, Hashable, Sendable, CaseIterable {
  /// Everything between products that can.
  case all
  /// Products alone, and what moves elements.
  case products
}

extension Graph {
  /// The operands of an operation with a role that are stored as integers.
  func activations(of node: Node, _ role: QuantizationPlan.Role) -> [ValueID] {
    let isList = if case .concat = node.operation { true } else { false }
    let operands = role == .view && !isList ? Array(node.operands.prefix(1)) : node.operands
    return operands.filter { constant($0) == nil }
  }
}

/// Finds the operations of a plan: forward to what can take integers, backward to what is asked to.
private struct PlanWalk {
  let graph: Graph
  let isWanted: (Node) -> Bool
  let scope: QuantizationScope
  var roles: [NodeID: QuantizationPlan.Role] = [:]
  /// What an operation makes, with the functions that follow and nobody else sees.
  var tails: [NodeID: ValueID] = [:]
  var kept: Set<NodeID> = []
  private let readers: [ValueID: [Node]]
  private var absorbed: Set<NodeID> = []

  init(_ graph: Graph, _ scope: QuantizationScope, _ isWanted: @escaping (Node) -> Bool) {
    (self.graph, self.scope, self.isWanted) = (graph, scope, isWanted)
    readers = graph.readers()
  }

  mutating func run() {
    var (integers, inputs) = (Set<ValueID>(), Set(graph.inputs))
    for node in graph.nodes where !absorbed.contains(node.id) {
      guard let role = role(of: node) else { continue }
      let operands = graph.activations(of: node, role)
      if operands.isEmpty { continue }
      switch role {
      case .product: break
      case .between: guard operands.allSatisfy(integers.contains) else { continue }
      case .view:
        guard operands.allSatisfy({ integers.contains($0) || inputs.contains($0) }) else {
          continue
        }
      }
      roles[node.id] = role
      let tail = role == .view ? node.results[0] : tail(of: node)
      tails[node.id] = tail
      if role == .view, !operands.allSatisfy(integers.contains) {
        inputs.insert(tail)
      } else {
        integers.insert(tail)
      }
    }
    for node in graph.nodes.reversed() {
      guard let role = roles[node.id], let tail = tails[node.id] else { continue }
      let isAsked = (readers[tail] ?? []).contains { reader in
        kept.contains(reader.id)
          && graph.activations(of: reader, roles[reader.id] ?? .view).contains(tail)
      }
      if role == .product || isAsked { kept.insert(node.id) }
    }
  }

  /// The last of the functions of one value that follow a node, one reader each.
  private mutating func tail(of node: Node) -> ValueID {
    var value = node.results[0]
    while let reader = onlyReader(of: value), case .map = reader.operation, isReal(reader),
      graph.type(of: reader.results[0]).shape == graph.type(of: value).shape,
      reader.operands.allSatisfy({ $0 == value || graph.constant($0) != nil })
    {
      absorbed.insert(reader.id)
      value = reader.results[0]
    }
    return value
  }

  private func onlyReader(of value: ValueID) -> Node? {
    guard let all = readers[value], all.count == 1, !graph.outputs.contains(value) else {
      return nil
    }
    return all[0]
  }

  /// Whether operands and results are of `f32`, but for indices.
  private func isReal(_ node: Node) -> Bool {
    node.results.count == 1 && graph.type(of: node.results[0]).element == .f32
      && node.operands.allSatisfy { graph.type(of: $0).element == .f32 }
  }

  private func role(of node: Node) -> QuantizationPlan.Role? {
    switch node.operation {
    case .conv, .matmul:
      let hasActivations = graph.constant(node.operands[0]) == nil
      return isReal(node) && hasActivations && isWanted(node) ? .product : nil
    case .map: return isReal(node) && scope == .all ? .between : nil
    case .pool(let pool):
      guard isReal(node) else { return nil }
      return pool.kind == .max ? .view : scope == .all ? .between : nil
    case .reduce(let reduce):
      let axes = Array(2..<max(2, graph.type(of: node.operands[0]).rank))
      let isMean = reduce.kind == .sum && reduce.axes == axes && !axes.isEmpty
      return isReal(node) && isMean && scope == .all ? .between : nil
    case .concat:
      let hasConstants = node.operands.contains { graph.constant($0) != nil }
      return isReal(node) && !hasConstants ? .view : nil
    case .transpose, .reshape, .slice, .broadcast: return isReal(node) ? .view : nil
    case .pad(let pad):
      let isZero = graph.constant(node.operands[1])?.isZero ?? false
      return isReal(node) && (pad.mode != .constant || isZero) ? .view : nil
    case .gather, .take:
      return graph.type(of: node.results[0]).element == .f32
        && graph.constant(node.operands[0]) == nil ? .view : nil
    case .constant, .extents, .scatter, .sort, .split, .blockMatMul, .argReduce,
      .cumulate, .softmax, .normalize, .lstm, .recurrent, .linearAttention, .relayout, .bind,
      .branch, .repeat,
      .kernel, .custom:
      return nil
    }
  }
}

extension TensorData {
  /// Whether all bytes are 0.
  var isZero: Bool { withBytes { $0.allSatisfy { $0 == 0 } } }
}
