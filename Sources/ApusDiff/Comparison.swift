private import ApusIR

/// Finds the changes between two outlines, those of their bodies included.
struct Comparison {
  private let old: Outline
  private let new: Outline
  private let names: Snapshot.Names
  private let moves: Moves
  private var matching: Matching { moves.matching }
  private(set) var changes: [DiffReport.Change] = []

  init(_ old: Outline, _ new: Outline, _ names: Snapshot.Names) {
    (self.old, self.new, self.names) = (old, new, names)
    moves = Moves(Matching(old, new))
  }

  /// The new node at the place of each old node.
  var partners: [Int?] {
    matching.partner.enumerated().map { moves.contains($0) ? nil : $1 }
  }

  mutating func run() {
    // Snapshots have no name.
    if old.name != new.name, !old.name.isEmpty, !new.name.isEmpty {
      add(.metadata, .renamed, "the model is called \(new.name), not \(old.name)")
    }
    compareInterface()
    for (place, partner) in matching.partner.enumerated() {
      if let partner {
        compare(place, partner)
      } else {
        add(.topology, .removed, "removed \(old.nodes[place].kind)", place, nil)
        if let conversion = conversion(at: place, old) {
          add(
            .precision, .removed, "removed a step from \(conversion.from) to \(conversion.to)",
            place, nil)
        }
      }
    }
    for (place, partner) in matching.inverse.enumerated() where partner == nil {
      add(.topology, .added, "added \(new.nodes[place].kind)", nil, place)
      if let conversion = conversion(at: place, new) {
        add(
          .precision, .added, "added a step from \(conversion.from) to \(conversion.to)", nil, place
        )
      }
    }
  }

  /// Tells of a difference that no other change explains.
  mutating func addUnnamed() {
    add(.topology, .changed, "the models differ in their canonical texts")
  }

  private mutating func add(
    _ category: DiffReport.Class, _ kind: DiffReport.Kind, _ message: String,
    _ oldNode: Int? = nil, _ newNode: Int? = nil, _ weights: WeightDifference? = nil
  ) {
    changes.append(
      DiffReport.Change(
        category: category, kind: kind, message: message, old: oldNode.map { place($0, old) } ?? [],
        new: newNode.map { place($0, new) } ?? [], weights: weights,
        oldSpot: oldNode.map(Outline.Spot.node), newSpot: newNode.map(Outline.Spot.node)))
  }

  private mutating func addPort(
    _ category: DiffReport.Class, _ kind: DiffReport.Kind, _ message: String,
    _ oldSpot: Outline.Spot?, _ newSpot: Outline.Spot?
  ) {
    changes.append(
      DiffReport.Change(
        category: category, kind: kind, message: message, oldSpot: oldSpot, newSpot: newSpot))
  }

  /// The origins of a node, or its number where they are not known.
  private func place(_ node: Int, _ outline: Outline) -> [String] {
    let origins = outline.nodes[node].origins
    return origins.isEmpty ? ["%\(node) \(outline.nodes[node].operation)"] : origins
  }

  // MARK: Interface

  private mutating func compareInterface() {
    compare(old.inputs, new.inputs, "input", Outline.Spot.input)
    compare(old.outputs, new.outputs, "output", Outline.Spot.output)
    if old.symbols != new.symbols {
      let texts = [old.symbols, new.symbols].map { $0.joined(separator: ", ") }
      add(.interface, .changed, "symbols \(texts[0]) became \(texts[1])")
    }
    let sources = Dictionary(zip(new.outputs.map(\.name), new.results)) { first, _ in first }
    let isByName = Set(old.outputs.map(\.name)) == Set(new.outputs.map(\.name))
    for (place, source) in old.results.enumerated() where place < new.results.count {
      let other = isByName ? sources[old.outputs[place].name] : new.results[place]
      guard let other else { continue }
      compare(source, other, of: "output \(old.outputs[place].name)", nil, nil)
    }
  }

  private mutating func compare(
    _ a: [Outline.Port], _ b: [Outline.Port], _ what: String, _ spot: (Int) -> Outline.Spot
  ) {
    let (oldNames, newNames) = (a.map(\.name), b.map(\.name))
    if oldNames != newNames, oldNames.sorted() == newNames.sorted() {
      let texts = [oldNames, newNames].map { $0.joined(separator: ", ") }
      let first = oldNames.indices.first { oldNames[$0] != newNames[$0] } ?? 0
      addPort(
        .interface, .moved, "the order of \(what)s \(texts[0]) became \(texts[1])", spot(first), nil
      )
    }
    let partners = Outline.partners(a, b)
    for (place, port) in a.enumerated() {
      guard let partner = partners[place] else {
        addPort(.interface, .removed, "\(what) \(port.name) is gone", spot(place), nil)
        continue
      }
      let (other, spots) = (b[partner], (spot(place), spot(partner)))
      if other.name != port.name {
        addPort(
          .interface, .renamed, "\(what) \(port.name) is called \(other.name)", spots.0, spots.1)
      }
      guard other.type != port.type else { continue }
      addPort(
        .interface, .changed, "\(what) \(port.name) was \(port.type), is \(other.type)", spots.0,
        spots.1)
      if port.type.elementName != other.type.elementName {
        addPort(
          .precision,
          .changed,
          "\(what) \(port.name) was \(port.type.elementName), is \(other.type.elementName)",
          spots.0, spots.1)
      }
    }
    let known = Set(partners.compactMap { $0 })
    for (place, port) in b.enumerated() where !known.contains(place) {
      addPort(.interface, .added, "\(what) \(port.name): \(port.type) is new", nil, spot(place))
    }
  }

  // MARK: Nodes

  private mutating func compare(_ a: Int, _ b: Int) {
    let (x, y) = (old.nodes[a], new.nodes[b])
    if matching.old.kinds[a] != matching.new.kinds[b] {
      add(.topology, .replaced, "\(x.kind) became \(y.kind)", a, b)
    } else {
      compareAttributes(x, y, a, b)
    }
    for (before, after) in zip(x.types, y.types)
    where before.elementName != after.elementName || before.quantization != after.quantization {
      add(.precision, .changed, "the result was \(before), is \(after)", a, b)
    }
    if moves.contains(a) { addMove(a, b) } else { compareOperands(a, b) }
    for (before, after) in zip(x.bodies, y.bodies) {
      var inner = Comparison(before, after, names)
      inner.run()
      for var change in inner.changes {
        change.message = "in the body of \(x.operation): " + change.message
        (change.oldSpot, change.newSpot) = (.node(a), .node(b))
        changes.append(change)
      }
    }
    if names == .origins, x.origins != y.origins, !x.origins.isEmpty, !y.origins.isEmpty {
      add(.metadata, .renamed, "renamed", a, b)
    }
  }

  private mutating func compareAttributes(
    _ x: Outline.Node, _ y: Outline.Node, _ a: Int, _ b: Int
  ) {
    let (before, after) = (x.values, y.values)
    for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
      // A formula names the element types, which are told apart; a shape that follows from that
      // of an input is a change of the interface.
      if name == "f", x.types.map(\.elementName) != y.types.map(\.elementName) { continue }
      if name == "shape", hasOtherInputs, shapes(x, old) != shapes(y, new) { continue }
      let category = name == "f" && isQuantization(a, old) ? DiffReport.Class.precision : .attribute
      add(
        category, .changed,
        "\(x.operation) \(name): \(before[name] ?? "default") → \(after[name] ?? "default")", a, b)
    }
  }

  /// Between which element types a node takes numbers, where one of them has few bits.
  private func conversion(at place: Int, _ outline: Outline) -> (from: Substring, to: Substring)? {
    let node = outline.nodes[place]
    guard ["map", "matmul", "conv"].contains(node.operation), let result = node.types.first else {
      return nil
    }
    let (after, others) = (result.elementName, shapes(node, outline).map(\.elementName))
    let before = others.first { $0 != after && ($0.isNarrow || after.isNarrow) }
    guard let before, before != "bool", after != "bool" else { return nil }
    return (before, after)
  }

  /// Whether a node quantizes numbers or takes them back: its own numbers are scales and zero
  /// points.
  private func isQuantization(_ place: Int, _ outline: Outline) -> Bool {
    guard outline.nodes[place].operation == "map",
      let (before, after) = conversion(at: place, outline)
    else { return false }
    return (before.isInteger && before.isNarrow) || (after.isInteger && after.isNarrow)
  }

  /// Whether inputs have changed their types.
  private var hasOtherInputs: Bool { old.inputs.map(\.type) != new.inputs.map(\.type) }

  /// The types of what a node reads.
  private func shapes(_ node: Outline.Node, _ outline: Outline) -> [String] {
    node.operands.map { source in
      switch source {
      case .input(let place): outline.inputs[place].type
      case .result(let node, let place): outline.nodes[node].types[place]
      case .weight(let place): outline.weights[place].type
      }
    }
  }

  private mutating func addMove(_ a: Int, _ b: Int) {
    let pairs = zip(old.nodes[a].operands, new.nodes[b].operands)
    guard let (before, after) = pairs.first(where: { !matching.agree($0, $1) }) else { return }
    add(
      .topology, .moved,
      "\(old.nodes[a].kind) moved: it read \(name(before, old)), reads \(name(after, new))", a, b)
  }

  private mutating func compareOperands(_ a: Int, _ b: Int) {
    let (x, y) = (old.nodes[a].operands, new.nodes[b].operands)
    var targets = y
    if x.count == 2, y.count == 2 {
      let straight = moves.agree(x[0], y[0]) && moves.agree(x[1], y[1])
      let crossed = moves.agree(x[0], y[1]) && moves.agree(x[1], y[0])
      if old.nodes[a].isSymmetric {
        if !straight, crossed || moves.agree(x[0], y[1]) || moves.agree(x[1], y[0]) {
          targets.swapAt(0, 1)
        }
      } else if !straight, crossed {
        add(.topology, .swapped, "operands 0 and 1 of \(old.nodes[a].operation) are swapped", a, b)
        return
      }
    }
    for (place, pair) in zip(x, targets).enumerated() {
      compare(pair.0, pair.1, of: "operand \(place) of \(old.nodes[a].operation)", a, b)
    }
    if x.count != y.count {
      add(
        .topology, .rewired, "\(old.nodes[a].operation) reads \(y.count) operands, not \(x.count)",
        a, b)
    }
  }

  private mutating func compare(
    _ a: Outline.Source, _ b: Outline.Source, of what: String, _ oldNode: Int?, _ newNode: Int?
  ) {
    if moves.agree(a, b) { return }
    switch (a, b) {
    case (.weight(let x), .weight(let y)):
      compareWeights(old.weights[x], new.weights[y], of: what, oldNode, newNode)
    case (.result(let x, _), _) where matching.partner[x] == nil: return
    case (_, .result(let y, _)) where matching.inverse[y] == nil: return
    default:
      add(.topology, .rewired, "\(what) was \(name(a, old)), is \(name(b, new))", oldNode, newNode)
    }
  }

  private mutating func compareWeights(
    _ x: Outline.Weight, _ y: Outline.Weight, of what: String, _ oldNode: Int?, _ newNode: Int?
  ) {
    if x.type.elementName != y.type.elementName {
      add(.precision, .changed, "\(what) was \(x.type), is \(y.type)", oldNode, newNode)
    } else if x.type != y.type {
      add(.weight, .changed, "\(what) was \(x.type), is \(y.type)", oldNode, newNode)
    } else {
      let both = x.data.flatMap { before in
        y.data.flatMap { WeightDifference(from: before, to: $0) }
      }
      let name = x.name.isEmpty ? "" : " (\(x.name))"
      let isScale = oldNode.map { isQuantization($0, old) } ?? false
      add(
        isScale ? .precision : .weight, .changed, "the numbers of \(what)\(name) changed", oldNode,
        newNode, both)
    }
  }

  private func name(_ source: Outline.Source, _ outline: Outline) -> String {
    switch source {
    case .input(let place): "input \(outline.inputs[place].name)"
    case .result(let node, let result):
      place(node, outline).joined(separator: ", ") + (result == 0 ? "" : " result \(result)")
    case .weight(let place): "a constant \(outline.weights[place].type)"
    }
  }
}

extension Outline.Node {
  fileprivate var values: [String: String] {
    Dictionary(attributes.map { ($0.name, $0.value) }) { first, _ in first }
  }
}

extension Substring {
  /// Whether an element type is a whole number.
  fileprivate var isInteger: Bool {
    let kind = ElementType(rawValue: String(self))?.kind
    return kind == .signed || kind == .unsigned
  }

  /// Whether an element type has less than the 32 bits in which models compute.
  fileprivate var isNarrow: Bool {
    (ElementType(rawValue: String(self))?.bitWidth).map { (1...16).contains($0) } ?? false
  }
}

extension String {
  /// The quantization at the end of a type's text.
  fileprivate var quantization: Substring? { split(separator: ",").first { $0.hasPrefix("q(") } }
}
