extension Outline {
  /// The outline with nodes and weights in the order in which a walk over ordered operands
  /// finishes them, and the old place of each node.
  func renumbered() -> (outline: Outline, order: [Int]) {
    var result = self
    var order: [Int] = []
    result.nodes = []
    result.weights = []
    var moved: [Source: Source] = [:]
    var visited = [Bool](repeating: false, count: nodes.count)
    func move(_ source: Source) -> Source {
      if case .input = source { return source }
      if let known = moved[source] { return known }
      guard case .weight(let place) = source else { return source }
      moved[source] = .weight(result.weights.count)
      result.weights.append(weights[place])
      return .weight(result.weights.count - 1)
    }
    func walk(_ root: Int) {
      var stack = [(node: root, next: 0)]
      if visited[root] { return }
      visited[root] = true
      while let top = stack.last {
        let operands = nodes[top.node].operands
        if top.next < operands.count {
          stack[stack.count - 1].next += 1
          if case .result(let node, _) = operands[top.next], !visited[node] {
            visited[node] = true
            stack.append((node, 0))
          }
          continue
        }
        stack.removeLast()
        var node = nodes[top.node]
        node.operands = node.operands.map(move)
        for place in node.types.indices {
          moved[.result(node: top.node, place: place)] =
            .result(node: result.nodes.count, place: place)
        }
        result.nodes.append(node)
        order.append(top.node)
      }
    }
    for source in results { if case .result(let node, _) = source { walk(node) } }
    for place in nodes.indices where nodes[place].types.isEmpty { walk(place) }
    result.results = results.map(move)
    return (result, order)
  }
}
