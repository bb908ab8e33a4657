internal import ApusIR

extension Lowering {
  /// Reads new symbols from memory and checks everything else.
  mutating func lowerBind(_ node: Node, _ bind: Bind) {
    let vector = placement(of: node.operands[0])
    for (place, value) in bind.values.enumerated() {
      let coordinates = vector.extents.isEmpty ? [] : [Index(place)]
      let element = vector.access(coordinates)
      if let name = value.symbols.first, value == .symbol(name), setSymbols.insert(name).inserted {
        program.steps.append(.read(name, element))
      } else {
        let seen = freshSymbol()
        program.steps.append(.read(seen, element))
        program.steps.append(.require(.symbol(seen) - value))
      }
    }
    program.steps += bind.zeros.filter { $0 != 0 }.map { .require($0) }
  }

  /// A symbol for a number that is only checked.
  private mutating func freshSymbol() -> String {
    let name = "seen_\(program.symbols.count)"
    program.symbols.append(SymbolBounds(name: name, lower: .min, upper: .max))
    return name
  }
}
