/// Two outlines as one graph, in which what stands for each other is one item.
///
/// A picture of both models that follows it has the same things at the same places.
package struct UnionGraph {
  /// An input, node or output of one model or of both.
  package struct Item: Hashable {
    package var old: Outline.Spot?
    package var new: Outline.Spot?
  }

  /// A value that one item gives to another.
  package struct Edge: Hashable {
    package var from: Int
    package var to: Int
    package var isOld: Bool
    package var isNew: Bool
  }

  package private(set) var items: [Item] = []
  package private(set) var edges: [Edge] = []
  private var oldItems: [Outline.Spot: Int] = [:]
  private var newItems: [Outline.Spot: Int] = [:]
  private var places: [Edge: Int] = [:]

  /// The union of the outlines that a report compares.
  ///
  /// - Complexity: linear in the sizes of both.
  package init(_ old: Outline, _ new: Outline, _ report: DiffReport) {
    let inputs = Outline.partners(old.inputs, new.inputs)
    let outputs = Outline.partners(old.outputs, new.outputs)
    add(inputs, new.inputs.count, Outline.Spot.input)
    add(report.partners, new.nodes.count, Outline.Spot.node)
    add(outputs, new.outputs.count, Outline.Spot.output)
    connect(old, oldItems) { $0.isOld = true }
    connect(new, newItems) { $0.isNew = true }
  }

  /// The items that show spots of both models, that of the new one first.
  package func items(_ old: Outline.Spot?, _ new: Outline.Spot?) -> [Int] {
    let (before, after) = (old.flatMap { oldItems[$0] }, new.flatMap { newItems[$0] })
    return [after, before == after ? nil : before].compactMap { $0 }
  }

  private mutating func add(_ partners: [Int?], _ count: Int, _ spot: (Int) -> Outline.Spot) {
    for (place, partner) in partners.enumerated() {
      oldItems[spot(place)] = items.count
      if let partner { newItems[spot(partner)] = items.count }
      items.append(Item(old: spot(place), new: partner.map(spot)))
    }
    for place in 0..<count where newItems[spot(place)] == nil {
      newItems[spot(place)] = items.count
      items.append(Item(old: nil, new: spot(place)))
    }
  }

  private mutating func connect(
    _ outline: Outline, _ known: [Outline.Spot: Int], _ mark: (inout Edge) -> Void
  ) {
    for (number, node) in outline.nodes.enumerated() {
      for operand in node.operands { connect(operand, .node(number), known, mark) }
    }
    for (number, source) in outline.results.enumerated() {
      connect(source, .output(number), known, mark)
    }
  }

  private mutating func connect(
    _ source: Outline.Source, _ reader: Outline.Spot, _ known: [Outline.Spot: Int],
    _ mark: (inout Edge) -> Void
  ) {
    let spot: Outline.Spot
    switch source {
    case .input(let place): spot = .input(place)
    case .result(let node, _): spot = .node(node)
    case .weight: return
    }
    guard let from = known[spot], let to = known[reader] else { return }
    let key = Edge(from: from, to: to, isOld: false, isNew: false)
    let place = places[key] ?? edges.count
    if place == edges.count { edges.append(key) }
    places[key] = place
    mark(&edges[place])
  }
}
