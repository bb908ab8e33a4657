internal import ApusIR

extension Graph {
  /// The graph with bounds for counters of loops that have none: they stay below the limit.
  func boundingCounters() -> Graph {
    var result = self
    for loop in repeats {
      guard let name = loop.counter.symbols.first,
        !result.symbols.contains(where: { $0.name == name })
      else { continue }
      let most = loop.limit.range { name in
        result.symbols.first { $0.name == name }.flatMap { known in
          known.upper.map { min(known.lower, $0)...$0 }
        }
      }
      result.symbols.append(
        SymbolBounds(name: name, lower: 0, upper: most.map { max($0.upperBound - 1, 0) }))
    }
    return result
  }

  /// All loops, those in regions included.
  private var repeats: [Repeat] {
    nodes.flatMap { node -> [Repeat] in
      let inner = node.operation.regions.flatMap(\.repeats)
      guard case .repeat(let loop) = node.operation else { return inner }
      return [loop] + inner
    }
  }
}
