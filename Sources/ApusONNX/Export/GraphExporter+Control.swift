internal import ApusIR

/// Operations that run graphs, and symbols that running sets.
extension GraphExporter {
  /// The symbols that a vector sets; checks of what is known are left to what runs the model.
  mutating func write(_ bind: Bind, _ task: ExportTask) {
    for (place, extent) in bind.values.enumerated() where extent.isSymbol && sizes[extent] == nil {
      let type = task.type(0)
      let vector = cast(task.operands[0], from: type.element, to: .i64)
      sizes[extent] =
        type.rank == 0
        ? emit("Unsqueeze", [vector, constant([0])]) : emit("Gather", [vector, constant([place])])
    }
  }

  mutating func write(_ branch: Branch, _ task: ExportTask) throws(ExportFailure) -> [String] {
    func way(_ graph: Graph, _ exporter: inout GraphExporter) throws(ExportFailure) -> ONNXGraph {
      try exporter.region(inputs: []) { exporter throws(ExportFailure) in
        let names = graph.outputs.map { _ in exporter.unique("result") }
        exporter.inline(
          graph, Array(zip(graph.inputs, task.operands.dropFirst())), outputs: names)
        return Array(zip(names, graph.outputTypes))
      }
    }
    let (yes, no) = (try way(branch.yes, &self), try way(branch.no, &self))
    let results = emit(
      "If", [task.operands[0]], ["then_branch": .graph(yes), "else_branch": .graph(no)],
      results: task.node.results.count)
    for (place, name) in results.enumerated() {
      for (axis, extent) in task.resultType(place).shape.dimensions.enumerated()
      where branch.sizes.contains(extent) && sizes[extent] == nil {
        sizes[extent] = self.extent(of: name, axis)
      }
    }
    return results
  }

  mutating func write(_ loop: Repeat, _ task: ExportTask) throws(ExportFailure) -> [String] {
    let graph = loop.body
    let number = TensorType(.i64, [])
    let (turn, go, count) = (unique("turn"), unique("go"), unique("count"))
    let states = graph.inputs.prefix(loop.carried).map { (unique("state"), graph.type(of: $0)) }
    // Without stacks only a state of its own tells how many turns there were.
    let stacks = graph.outputs.count - loop.testCount - loop.carried
    let counts = loop.tests && stacks == 0
    let body = try region(
      inputs: [(turn, number), (go, TensorType(.bool, []))] + states
        + (counts ? [(count, number)] : [])
    ) { exporter throws(ExportFailure) in
      exporter.sizes[loop.counter] = exporter.emit("Unsqueeze", [turn, exporter.constant([0])])
      let names = graph.outputs.map { _ in exporter.unique("result") }
      let around = task.operands.dropFirst(loop.testCount + loop.carried)
      exporter.inline(
        graph, Array(zip(graph.inputs, states.map(\.0) + around)), outputs: names)
      var outputs = Array(zip(names, graph.outputTypes))
      if !loop.tests {
        outputs.insert((exporter.emit("Identity", [go]), TensorType(.bool, [])), at: 0)
      }
      if counts {
        let next = exporter.emit("Add", [turn, try exporter.scalar(1)])
        outputs.insert((next, number), at: 1 + loop.carried)
      }
      return outputs
    }
    let start = counts ? [try scalar(0)] : []
    var results = emit(
      "Loop",
      [try scalar(loop.limit), loop.tests ? task.operands[0] : ""]
        + task.operands.dropFirst(loop.testCount).prefix(loop.carried) + start,
      ["body": .graph(body)], results: loop.carried + start.count + stacks)
    if loop.tests, loop.turns.isSymbol {
      sizes[loop.turns] =
        counts
        ? emit("Unsqueeze", [results.remove(at: loop.carried), constant([0])])
        : extent(of: results[loop.carried], 0)
    }
    return results
  }
}
