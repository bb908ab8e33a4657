extension Comparison {
  /// Compares two nodes that stand for each other.
  mutating func compare(_ a: Int, _ b: Int) {
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
    if let block = moves.block(from: a) { addMove(block, a, b) } else { compareOperands(a, b) }
    for (before, after) in zip(x.bodies, y.bodies) {
      var inner = Comparison(before, after, names)
      inner.run()
      // What goes in and out of a body is what the operation reads and makes.
      for change in inner.changes where change.category != .interface {
        add(change, of: x.operation, a, b)
      }
    }
    if names == .origins, x.origins != y.origins, !x.origins.isEmpty, !y.origins.isEmpty {
      add(.metadata, .renamed, "renamed", a, b)
    }
  }

  private mutating func compareAttributes(
    _ x: Outline.Node, _ y: Outline.Node, _ a: Int, _ b: Int
  ) {
    let (before, after) = (old.attributes(of: a), new.attributes(of: b))
    for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
      // A formula names the element types, which are told apart; a shape that follows from that
      // of an input is a change of the interface.
      if name == "f", old.elementNames(around: a) != new.elementNames(around: b) { continue }
      if name == "shape", hasOtherInputs, old.types(readBy: x) != new.types(readBy: y) { continue }
      let category: DiffReport.Class =
        name == "f" && old.isQuantization(at: a) ? .precision : .attribute
      add(
        category, .changed,
        "\(x.operation) \(name): \(before[name] ?? "default") → \(after[name] ?? "default")", a, b)
    }
  }

  /// Whether inputs have changed their types.
  private var hasOtherInputs: Bool { old.inputs.map(\.type) != new.inputs.map(\.type) }

  private mutating func addMove(_ block: [Int], _ a: Int, _ b: Int) {
    let pairs = zip(old.nodes[a].operands, new.nodes[b].operands)
    guard let pair = pairs.first(where: { !matching.agree($0, $1) }) else { return }
    let (before, after) = sourceNames(pair.0, pair.1)
    let subject = block.count == 1 ? old.nodes[a].kind : "a block of \(block.count) operations"
    addMove(block, "\(subject) moved: it read \(before), reads \(after)")
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
      let isScale = old.isQuantization(at: a) && new.isQuantization(at: b)
      add(
        isScale ? .precision : .topology, .rewired,
        "\(old.nodes[a].operation) reads \(y.count) operands, not \(x.count)", a, b)
    }
  }

  /// Compares what an operand or output reads.
  mutating func compare(
    _ a: Outline.Source, _ b: Outline.Source, of what: String, _ oldNode: Int?, _ newNode: Int?
  ) {
    if moves.agree(a, b) { return }
    switch (a, b) {
    case (.weight(let x), .weight(let y)):
      compareWeights(old.weights[x], new.weights[y], of: what, oldNode, newNode)
    case (.result(let x, _), _) where matching.partner[x] == nil: return
    case (_, .result(let y, _)) where matching.inverse[y] == nil: return
    default:
      let (before, after) = sourceNames(a, b)
      add(.topology, .rewired, "\(what) was \(before), is \(after)", oldNode, newNode)
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
      let isScale = oldNode.map { old.isScale(x, at: $0) } ?? false
      // One number alone says how, as an attribute does.
      let isAlone = x.type.elementName == x.type
      add(
        isScale ? .precision : isAlone ? .attribute : .weight, .changed,
        "the numbers of \(what)\(name) changed", oldNode, newNode, both)
    }
  }

  /// What two sources are called; with their numbers in the old model where they are called the
  /// same.
  private func sourceNames(
    _ a: Outline.Source, _ b: Outline.Source
  ) -> (old: String, new: String) {
    let (before, after) = (old.name(of: a), new.name(of: b))
    guard before == after, case .result(let x, _) = a, case .result(let y, _) = b else {
      return (before, after)
    }
    let number = matching.inverse[y].map { "%\($0)" } ?? "new"
    return ("\(before) (%\(x))", "\(after) (\(number))")
  }
}

extension Outline {
  fileprivate func name(of source: Source) -> String {
    switch source {
    case .input(let place): "input \(inputs[place].name)"
    case .result(let node, let result):
      origins(of: node).joined(separator: ", ") + (result == 0 ? "" : " result \(result)")
    case .weight(let place): "a constant \(weights[place].type)"
    }
  }
}

extension String {
  /// The quantization at the end of a type's text.
  fileprivate var quantization: Substring? { split(separator: ",").first { $0.hasPrefix("q(") } }
}
