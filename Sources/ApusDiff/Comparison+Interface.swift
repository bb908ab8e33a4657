private import ApusIR

extension Comparison {
  /// Compares names and notes about the model, where both sides have them.
  mutating func compareMetadata() {
    if old.name != new.name, !old.name.isEmpty, !new.name.isEmpty {
      add(.metadata, .renamed, "the model is called \(new.name), not \(old.name)")
    }
    guard let before = old.metadata, let after = new.metadata else { return }
    for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
      switch (before[key], after[key]) {
      case (let text?, nil): add(.metadata, .removed, "\(key) is gone: \(text.shortened)")
      case (nil, let text?): add(.metadata, .added, "\(key) is new: \(text.shortened)")
      case (let a, let b):
        let texts = [a, b].map { ($0 ?? "").shortened }
        add(.metadata, .changed, "\(key) was \(texts[0]), is \(texts[1])")
      }
    }
  }

  mutating func compareInterface() {
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
}

extension String {
  /// The text in quotes, at most some 80 characters of it.
  fileprivate var shortened: String {
    let start = prefix(80)
    return (start.endIndex == endIndex ? self : start + "…").jsonQuoted
  }
}
