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

  /// Writes extents with symbols as numbers.
  mutating func lowerExtents(_ node: Node, _ extents: Extents) {
    let result = destination(of: node.results[0])
    kernel("extents", origins: node.origins) { builder in
      for (place, extent) in extents.shape.dimensions.enumerated() {
        builder.store(result.access([Index(place)]), .index(Index(extent)), lanes: 1)
      }
    }
  }

  /// A symbol for a number that is only checked.
  private mutating func freshSymbol() -> String {
    let name = "seen_\(program.symbols.count)"
    program.symbols.append(SymbolBounds(name: name, lower: .min, upper: .max))
    return name
  }
}

// MARK: Regions

extension Lowering {
  /// Lowers the way that is taken; each way writes the results with the sizes that it gives them.
  mutating func lowerBranch(_ node: Node, _ branch: Branch) throws(DiagnosticError) {
    let condition = placement(of: node.operands[0]).access([])
    let seen = node.operands.dropFirst().map { placement(of: $0) }
    let results = node.results.map { destination(of: $0) }
    let types = node.results.map { graph.type(of: $0) }
    var ways: [[Step]] = []
    for body in [branch.yes, branch.no] {
      ways.append(
        try region(body, seen) { lowering, outputs throws(DiagnosticError) in
          for (place, value) in outputs.enumerated() {
            let shape = lowering.graph.type(of: value).shape
            for axis in 0..<shape.rank where types[place].shape[axis] != shape[axis] {
              guard let symbol = types[place].shape[axis].symbols.first else { continue }
              lowering.program.steps.append(.assign(symbol, shape[axis]))
            }
            var target = results[place]
            target.extents = shape.dimensions
            if types[place].shape != shape { target.strides = shape.rowMajorStrides }
            lowering.deliver(value, to: target)
          }
        } destinations: { place in
          body.outputTypes[place].shape == types[place].shape ? results[place] : nil
        })
    }
    program.steps.append(.branch(condition, ways[0], ways[1]))
    setSymbols.formUnion(branch.sizes.flatMap(\.symbols))
  }

  /// Lowers a body that runs again and again: carried values stay in one place.
  mutating func lowerRepeat(_ node: Node, _ loop: Repeat) throws(DiagnosticError) {
    let counter = loop.counter.symbols.first ?? ""
    var operands = node.operands.map { placement(of: $0) }
    let results = node.results.map { destination(of: $0) }
    var condition: Placement?
    if loop.tests {
      let state = allocate(TensorType(.bool, []), name: "condition", .arena(offset: 0))
      kernel("condition", origins: node.origins) { $0.copy(from: operands[0], to: state) }
      condition = state
      operands.removeFirst()
    }
    for (operand, state) in zip(operands.prefix(loop.carried), results)
    where !state.extents.contains(0) {
      kernel("state", origins: node.origins) { $0.copy(from: operand, to: state) }
    }
    setSymbols.insert(counter)
    let seen = results.prefix(loop.carried) + operands.dropFirst(loop.carried)
    let body = try region(loop.body, Array(seen)) { lowering, outputs throws(DiagnosticError) in
      let states = [condition].compactMap(\.self) + results.prefix(loop.carried)
      lowering.deliver(stacks: outputs.dropFirst(states.count), to: results, loop)
      lowering.deliver(states: outputs.prefix(states.count), to: states)
    } destinations: { place in
      let stack = place - loop.testCount
      guard stack >= loop.carried else { return nil }
      return results[stack].fixing([0], at: [Index(loop.counter)])
    }
    program.steps.append(
      .repeat(counter, limit: loop.limit, condition: condition?.access([]), body))
    if loop.tests, let turns = loop.turns.symbols.first {
      setSymbols.insert(turns)
      program.steps.append(.assign(turns, loop.counter))
    }
  }

  /// The steps of a region whose inputs lie at given places.
  ///
  /// - Parameters:
  ///   - finish: Puts the outputs where they belong.
  ///   - destinations: Where an output may be computed at once.
  private mutating func region(
    _ body: Graph, _ inputs: [Placement],
    finish: (inout Lowering, [ValueID]) throws(DiagnosticError) -> Void,
    destinations place: (Int) -> Placement? = { _ in nil }
  ) throws(DiagnosticError) -> [Step] {
    let outer = (graph, placements, destinations, program.steps)
    (graph, placements, destinations, program.steps) = (body, [:], [:], [])
    for (input, placement) in zip(body.inputs, inputs) { placements[input] = placement }
    for (number, output) in body.outputs.enumerated()
    where makesStorage(output) && placements[output] == nil
      && body.type(of: output).layout == .rowMajor
    {
      placements[output] = place(number)
    }
    planJoins()
    for inner in body.nodes { try lower(inner) }
    try finish(&self, body.outputs)
    let steps = program.steps
    (graph, placements, destinations, program.steps) = outer
    return steps
  }

  /// Copies an output of a region unless it was computed in its place.
  private mutating func deliver(_ value: ValueID, to target: Placement) {
    let source = placement(of: value)
    guard source != target, !target.extents.contains(0) else { return }
    kernel("result", origins: []) { $0.copy(from: source, to: target) }
  }

  private mutating func deliver(
    stacks: ArraySlice<ValueID>, to results: [Placement], _ loop: Repeat
  ) {
    for (value, result) in zip(stacks, results.dropFirst(loop.carried)) {
      deliver(value, to: result.fixing([0], at: [Index(loop.counter)]))
    }
  }

  /// Copies new states over old ones; those that are made of old ones are set aside first.
  private mutating func deliver(states: ArraySlice<ValueID>, to targets: [Placement]) {
    let buffers = Set(targets.map(\.buffer))
    var sources: [Placement] = []
    for (value, target) in zip(states, targets) {
      var source = placement(of: value)
      if source != target, buffers.contains(source.buffer), !source.extents.contains(0) {
        let aside = allocate(
          TensorType(source.element, Shape(source.extents)), name: "aside", .arena(offset: 0))
        kernel("aside", origins: []) { $0.copy(from: source, to: aside) }
        source = aside
      }
      sources.append(source)
    }
    for (source, target) in zip(sources, targets)
    where source != target && !target.extents.contains(0) {
      kernel("state", origins: []) { $0.copy(from: source, to: target) }
    }
  }
}
