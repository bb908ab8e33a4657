internal import ApusIR

extension Pass {
  /// Chooses how tensors lie in memory.
  ///
  /// Convolutions read and write images with channels innermost, and read images that are padded
  /// in memory; what follows them keeps their order. Values that come in otherwise get a relayout.
  ///
  /// Before: `%1 = conv %x, %w {before = [1, 1], …} : tensor<1x8x8x8xf32>`
  /// After: `%1 = relayout %x : tensor<1x8x8x8xf32, order(0,2,3,1) halo(2:1:1,3:1:1)>`, then the
  /// convolution, whose result is `tensor<1x8x8x8xf32, order(0,2,3,1)>`.
  public static let assignLayouts = Pass(
    "assign-layouts", "choose channels-last layouts and padded images for convolutions",
    stage: .laidOut
  ) { graph, _ in
    var plan = LayoutPlan(graph)
    plan.chooseOrders()
    plan.chooseHalos()
    plan.joinHalos()
    graph = plan.applied()
  }
}

/// The layouts of all values of a graph.
private struct LayoutPlan {
  let graph: Graph
  private var orders: [ValueID: [Int]] = [:]
  private var halos: [ValueID: [Int: (before: Int, after: Int)]] = [:]
  /// What convolutions want to read outside an image.
  private var fills: [ValueID: Set<Int>] = [:]

  init(_ graph: Graph) { self.graph = graph }

  /// Convolutions decide; elementwise operations, pooling, joins and rows that are picked follow
  /// their operands.
  mutating func chooseOrders() {
    for node in graph.nodes {
      guard let result = node.results.first else { continue }
      let rank = graph.type(of: result).rank
      switch node.operation.root {
      case .conv: orders[result] = Layout.channelsLast(rank: rank).order
      case .map, .pool, .reduce, .concat, .pad, .gather:
        let operand = node.operands.first {
          orders[$0] != nil && graph.type(of: $0).rank == rank
        }
        guard let operand, node.results.count == 1 else { continue }
        orders[result] = orders[operand]
      default: continue
      }
    }
  }

  /// Images that windows of convolutions leave get a border of what stands for zero.
  mutating func chooseHalos() {
    for node in graph.nodes {
      guard case .conv(let conv) = node.operation.root else { continue }
      let source = graph.type(of: node.operands[0]).shape
      let result = rootType(node).shape
      for axis in conv.window.extents.indices {
        guard let extent = source[axis + 2].constant, let count = result[axis + 2].constant else {
          continue
        }
        let window = conv.window
        let last =
          (count - 1) * window.strides[axis] + (window.extents[axis] - 1) * window.dilations[axis]
          - window.before[axis]
        let known = halos[node.operands[0]]?[axis + 2] ?? (0, 0)
        halos[node.operands[0], default: [:]][axis + 2] = (
          max(known.before, window.before[axis]), max(known.after, last - (extent - 1))
        )
        if window.before[axis] > 0 || last > extent - 1 {
          fills[node.operands[0], default: []].insert(conv.zero)
        }
      }
    }
  }

  /// A result and an addend of it that nobody reads later get the same halo, so that the result can
  /// take the addend's memory.
  mutating func joinHalos() {
    var last: [ValueID: NodeID] = [:]
    for node in graph.nodes { for operand in node.operands { last[operand] = node.id } }
    let pairs = graph.nodes.flatMap { node -> [(ValueID, ValueID)] in
      guard case .kernel = node.operation, case .conv = node.operation.root else { return [] }
      let result = node.results[0]
      let addend = node.operands.dropFirst(2).first {
        last[$0] == node.id && graph.type(of: $0) == graph.type(of: result)
          && orders[$0] == orders[result] && isFlexible($0)
      }
      return isFlexible(result) ? addend.map { [($0, result)] } ?? [] : []
    }
    // Along a chain of additions each join may ask for another one before it.
    for _ in pairs.indices {
      var changed = false
      for (a, b) in pairs {
        let fill = (fills[a] ?? []).union(fills[b] ?? [])
        guard fill.count <= 1 else { continue }
        let joined = (halos[a] ?? [:]).merging(halos[b] ?? [:]) {
          (max($0.before, $1.before), max($0.after, $1.after))
        }
        for value in [a, b] where layout(value).halo != Layout(halo: halo(joined)).halo {
          (halos[value], fills[value], changed) = (joined, fill, true)
        }
      }
      if !changed { return }
    }
  }

  private func halo(_ extents: [Int: (before: Int, after: Int)]) -> [Layout.Halo] {
    extents.map { Layout.Halo(axis: $0.key, before: $0.value.before, after: $0.value.after) }
  }

  private func rootType(_ node: Node) -> TensorType {
    guard case .kernel(let kernel) = node.operation, let root = kernel.body.nodes.first else {
      return graph.type(of: node.results[0])
    }
    return kernel.body.type(of: root.results[0])
  }

  private func layout(_ value: ValueID) -> Layout {
    Layout(
      order: orders[value] ?? [], halo: halo(halos[value] ?? [:]), fill: fills[value]?.first ?? 0)
  }

  /// Whether the node that makes a value can write it in any layout.
  private func isFlexible(_ value: ValueID) -> Bool {
    if graph.outputs.contains(value) || (fills[value]?.count ?? 0) > 1 { return false }
    switch graph.producer(of: value)?.operation.root {
    case .conv?, .map?, .pool?, .concat?: return true
    default: return false
    }
  }

  /// The graph with these layouts, and relayouts where a value cannot be made in its own.
  func applied() -> Graph {
    var copies: [ValueID: [Int: ValueID]] = [:]
    var olds: [ValueID: ValueID] = [:]
    for input in graph.inputs { olds[input] = input }
    return graph.rebuilt { node, result in
      var operands = node.operands
      if case .conv(let conv) = node.operation.root {
        let source = graph[node.id].operands[0]
        if !isFlexible(source) || orders[source] == nil {
          let rank = graph.type(of: source).rank
          let layout = Layout(
            order: Layout.channelsLast(rank: rank).order, halo: layout(source).halo,
            fill: conv.zero)
          let copy =
            copies[source]?[conv.zero]
            ?? result.append(
              .relayout(Relayout(layout)), [operands[0]],
              typed: [
                TensorType(
                  graph.type(of: source).element, graph.type(of: source).shape, layout: layout)
              ], origins: node.origins)[0]
          copies[source, default: [:]][conv.zero] = copy
          operands[0] = copy
        }
      }
      let types = node.results.map { value -> TensorType in
        var type = graph.type(of: value)
        let chosen = layout(value)
        type.layout = Layout(
          order: chosen.order, halo: isFlexible(value) && orders[value] != nil ? chosen.halo : [],
          fill: chosen.fill)
        return type
      }
      return result.append(node.operation, operands, typed: types, origins: node.origins)
    }
  }
}

extension Operation {
  /// The operation itself, or the root of a kernel.
  var root: Operation {
    guard case .kernel(let kernel) = self, let first = kernel.body.nodes.first else { return self }
    return first.operation
  }
}
