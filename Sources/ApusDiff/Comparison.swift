/// Finds the changes between two outlines, those of their bodies included.
struct Comparison {
  let old: Outline
  let new: Outline
  let names: Snapshot.Names
  let moves: Moves
  var matching: Matching { moves.matching }
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
    compareMetadata()
    compareInterface()
    for (place, partner) in matching.partner.enumerated() {
      if let partner {
        compare(place, partner)
      } else {
        add(.topology, .removed, "removed \(old.nodes[place].kind)", place, nil)
        if let conversion = old.conversion(at: place) {
          add(
            .precision, .removed, "removed a step from \(conversion.from) to \(conversion.to)",
            place, nil)
        }
      }
    }
    for (place, partner) in matching.inverse.enumerated() where partner == nil {
      add(.topology, .added, "added \(new.nodes[place].kind)", nil, place)
      if let conversion = new.conversion(at: place) {
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

  /// Adds a change of a body, at the operation that runs it.
  mutating func add(_ inner: DiffReport.Change, of operation: String, _ a: Int, _ b: Int) {
    var change = inner
    change.message = "in the body of \(operation): " + change.message
    (change.oldSpot, change.newSpot) = (.node(a), .node(b))
    changes.append(change)
  }

  mutating func add(
    _ category: DiffReport.Class, _ kind: DiffReport.Kind, _ message: String,
    _ oldNode: Int? = nil, _ newNode: Int? = nil, _ weights: WeightDifference? = nil
  ) {
    changes.append(
      DiffReport.Change(
        category: category, kind: kind, message: message,
        old: oldNode.map(old.origins) ?? [], new: newNode.map(new.origins) ?? [], weights: weights,
        oldSpot: oldNode.map(Outline.Spot.node), newSpot: newNode.map(Outline.Spot.node)))
  }

  /// Adds a change of an input or output.
  mutating func addPort(
    _ category: DiffReport.Class, _ kind: DiffReport.Kind, _ message: String,
    _ oldSpot: Outline.Spot?, _ newSpot: Outline.Spot?
  ) {
    changes.append(
      DiffReport.Change(
        category: category, kind: kind, message: message, oldSpot: oldSpot, newSpot: newSpot))
  }

  /// Adds the move of the nodes of a block, which is told at its first one.
  mutating func addMove(_ block: [Int], _ message: String) {
    let partners = block.compactMap { matching.partner[$0] }
    changes.append(
      DiffReport.Change(
        category: .topology, kind: .moved, message: message, old: block.flatMap(old.origins),
        new: partners.flatMap(new.origins), oldSpot: block.first.map(Outline.Spot.node),
        newSpot: partners.first.map(Outline.Spot.node)))
  }
}

extension Outline {
  /// The origins of a node, or its number where they are not known.
  func origins(of node: Int) -> [String] {
    nodes[node].origins.isEmpty ? ["%\(node) \(nodes[node].operation)"] : nodes[node].origins
  }
}
