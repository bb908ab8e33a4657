private import ApusIR

/// An outline with the readers of each value.
struct FlowGraph {
  /// A node that reads a value, with the place of the operand.
  struct Reader {
    var node: Int
    var place: Int
  }

  /// How much of a node its colour holds.
  enum Detail { case everything, structure }

  let outline: Outline
  /// The nodes that read a result of each node.
  private(set) var readers: [[Reader]]
  /// The nodes that read each input.
  private(set) var inputReaders: [[Reader]]
  /// Whether an output reads a result of each node.
  private(set) var isOutput: [Bool]
  /// What each node is like.
  let kinds: [String]
  private let inputColours: [UInt64]

  init(_ outline: Outline, inputsByName: Bool) {
    self.outline = outline
    var known: [String: String] = [:]
    kinds = outline.nodes.indices.map { outline.likeness(at: $0, &known) }
    readers = Array(repeating: [], count: outline.nodes.count)
    inputReaders = Array(repeating: [], count: outline.inputs.count)
    isOutput = Array(repeating: false, count: outline.nodes.count)
    for case .result(let node, _) in outline.results { isOutput[node] = true }
    inputColours = outline.inputs.enumerated().map { place, port in
      var hash = StableHash()
      hash.combine(inputsByName ? port.name : "\(place)")
      return hash.value
    }
    for (number, node) in outline.nodes.enumerated() {
      for (place, operand) in node.operands.enumerated() {
        let reader = Reader(node: number, place: node.isSymmetric ? 0 : place)
        switch operand {
        case .input(let input): inputReaders[input].append(reader)
        case .result(let producer, _): readers[producer].append(reader)
        case .weight: break
        }
      }
    }
  }

  /// The nodes that read what a source gives; none for a weight.
  func readers(of source: Outline.Source) -> [Reader] {
    switch source {
    case .input(let place): inputReaders[place]
    case .result(let node, _): readers[node]
    case .weight: []
    }
  }

  /// Whether an input stands for an input of another graph.
  func isSame(input: Int, as other: Int, of graph: FlowGraph) -> Bool {
    inputColours[input] == graph.inputColours[other]
  }

  /// Colours of nodes: of themselves, of what they read, of what reads them, of all together.
  struct Colours {
    var local: [UInt64] = []
    var down: [UInt64] = []
    var up: [UInt64] = []
    var weights: [UInt64] = []
    var both: [UInt64] { zip(down, up).map { ($0 &* 31) ^ $1 } }
    /// All colours but those of nodes themselves.
    var all: Set<UInt64> { Set(down).union(up).union(weights) }
  }

  /// The colours of all nodes, in which exact ones stand where both models have them, so that what
  /// has changed is known by what has not.
  ///
  /// - Complexity: linear in the edges.
  func colours(
    _ detail: Detail, keeping kept: (exact: Colours, common: Set<UInt64>)? = nil
  ) -> Colours {
    func exact(_ colours: KeyPath<Colours, [UInt64]>, _ place: Int) -> UInt64? {
      guard let kept else { return nil }
      let colour = kept.exact[keyPath: colours][place]
      return kept.common.contains(colour) ? colour : nil
    }
    var colours = Colours()
    colours.weights = outline.weights.indices.map {
      exact(\.weights, $0) ?? colour(weight: $0, detail)
    }
    for (number, node) in outline.nodes.enumerated() {
      var hash = StableHash()
      hash.combine(detail == .everything ? node.label : kinds[number])
      for case .weight(let place) in node.operands { hash.combine(colours.weights[place]) }
      colours.local.append(hash.value)
      var operands = node.operands.map { source in
        switch source {
        case .input(let place): inputColours[place]
        case .result(let producer, let place): colours.down[producer] &+ UInt64(place)
        case .weight(let place): colours.weights[place]
        }
      }
      if node.isSymmetric { operands.sort() }
      for operand in operands { hash.combine(operand) }
      colours.down.append(exact(\.down, number) ?? hash.value)
    }
    colours.up = colours.local
    var outputs: [Int: [UInt64]] = [:]
    for (place, source) in outline.results.enumerated() {
      if case .result(let node, _) = source { outputs[node, default: []].append(UInt64(place)) }
    }
    for number in outline.nodes.indices.reversed() {
      var above = readers[number].map { colours.up[$0.node] &* 31 &+ UInt64($0.place) }
      above += outputs[number] ?? []
      var hash = StableHash()
      hash.combine(colours.local[number])
      for colour in above.sorted() { hash.combine(colour) }
      colours.up[number] = exact(\.up, number) ?? hash.value
    }
    return colours
  }

  private func colour(weight place: Int, _ detail: Detail) -> UInt64 {
    let weight = outline.weights[place]
    var hash = StableHash()
    if detail == .everything { hash.combine(weight.digest) }
    hash.combine(weight.type)
    return hash.value
  }
}
