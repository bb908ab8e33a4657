internal import ApusIR

extension Lowering {
  /// Any contraction: one sum per lane, loops over the reduction, guards where padding is read.
  mutating func scheduleContraction(_ task: KernelTask) throws(DiagnosticError) {
    let types = task.operands.map { graph.type(of: $0) }
    guard case .contraction(let contraction) = task.root.definition.semantics(of: types) else {
      throw DiagnosticError(
        Diagnostic(
          .unsupported, id: "no-schedule", "no schedule for this form of \(task.root.mnemonic)",
          notes: task.origins))
    }
    let result = destination(of: task.results[0])
    let nest = ContractionNest(
      contraction, operands: task.operands.map { placement(of: $0) }, result: result)
    let extra = epiloguePlacements(task, shape: result.extents)
    let layout = graph.type(of: task.results[0]).layout
    kernel(task.root.mnemonic, origins: task.origins) { builder in
      builder.contraction(nest, task, result: result, extra: extra)
      builder.fillHalo(layout, of: result)
    }
  }
}

/// The operands of a contraction as accesses over its iterators.
struct ContractionNest {
  let contraction: Contraction
  /// The extents of all iterators: those of the result, then the reduction.
  let extents: [Dimension]
  let operands: [Placement]
  /// For each operand the strides of all iterators.
  let strides: [[Dimension]]
  /// Axes of operands that may lie outside their extent.
  let guards: [Guard]

  /// An axis of an operand whose index has to be checked.
  struct Guard {
    var operand: Int
    var axis: Int
    var place: IndexMap.Axis
    var extent: Dimension
  }

  init(_ contraction: Contraction, operands: [Placement], result: Placement) {
    self.contraction = contraction
    self.operands = operands
    let extents = result.extents + contraction.reduction
    self.extents = extents
    strides = zip(operands, contraction.maps).map { operand, map in
      operand.viewed(through: map, extents: extents).strides
    }
    guards = zip(operands, contraction.maps).enumerated().flatMap { number, pair in
      pair.1.axes.enumerated().compactMap { axis, place in
        guard place.mayLeave(pair.0.extents[axis], over: extents) else { return nil }
        return Guard(operand: number, axis: axis, place: place, extent: pair.0.extents[axis])
      }
    }
  }

  /// The access of an operand at given values of the iterators; `checked` holds the indices of
  /// `guards`, in order.
  func access(
    _ operand: Int, _ iterators: [Index], checked: [Index], laneStride: Int
  ) -> Access {
    var coordinates = contraction.maps[operand].axes.map { $0.index(iterators) }
    for (guarded, index) in zip(guards, checked) where guarded.operand == operand {
      coordinates[guarded.axis] = index
    }
    return Access(
      operands[operand].buffer, operands[operand].index(coordinates), laneStride: laneStride)
  }

  /// Whether lanes may run along an axis of the result.
  func allowsLanes(along axis: Int, _ builder: KernelBuilder) -> Bool {
    strides.allSatisfy { builder.accepts(laneStride: $0[axis]) }
      && !guards.contains { $0.place.terms.contains { $0.iterator == axis } }
  }
}

extension IndexMap.Axis {
  /// Whether a value may lie outside `0..<extent`; true when symbols keep that open.
  func mayLeave(_ extent: Dimension, over extents: [Dimension]) -> Bool {
    if self == .iterator(terms.first?.iterator ?? 0), extents[terms[0].iterator] == extent {
      return false
    }
    guard var low = offset.constant, let extent = extent.constant else { return true }
    var high = low
    for term in terms {
      guard let count = extents[term.iterator].constant, let factor = term.coefficient.constant
      else { return true }
      if count <= 0 { return false }
      let reach = factor * (count - 1)
      low += min(reach, 0)
      high += max(reach, 0)
    }
    return low < 0 || high >= extent
  }

  /// The value as an index.
  func index(_ iterators: [Index]) -> Index {
    terms.reduce(Index(offset)) { $0 + iterators[$1.iterator] * $1.coefficient }
  }
}

extension KernelBuilder {
  mutating func contraction(
    _ nest: ContractionNest, _ task: KernelTask, result: Placement, extra: [Placement]
  ) {
    let axes = result.extents.indices.sorted(by: {
      result.strides[$0].isLonger(than: result.strides[$1])
    })
    let candidates = axes.reversed().filter {
      result.extents[$0] != 1 && nest.allowsLanes(along: $0, self)
        && vectorizes(
          task, result: result,
          operands: extra
            + nest.operands.map {
              Placement(
                buffer: $0.buffer, element: $0.element, origin: Index(0), extents: result.extents,
                strides: result.extents.map { _ in 0 })
            }, along: $0)
    }
    let lane = candidates.first
    let outer = axes.filter { $0 != lane }
    loops(outer.map { result.extents[$0] }, .parallel) { builder, places in
      var coordinates = [Index](repeating: Index(0), count: axes.count)
      for (axis, place) in zip(outer, places) { coordinates[axis] = place }
      guard let lane else {
        builder.sum(nest, task, result, extra, coordinates, lane: nil, lanes: 1)
        return
      }
      builder.strip(result.extents[lane], vectorized: true) { builder, place, lanes in
        coordinates[lane] = place
        builder.sum(nest, task, result, extra, coordinates, lane: lane, lanes: lanes)
      }
    }
  }

  /// One element (or vector of elements) of the result.
  private mutating func sum(
    _ nest: ContractionNest, _ task: KernelTask, _ result: Placement, _ extra: [Placement],
    _ coordinates: [Index], lane: Int?, lanes: Int
  ) {
    let contraction = nest.contraction
    let element = contraction.body.result.arithmetic
    let total = set(.literal(contraction.initial, element), element, lanes: lanes)
    loops(contraction.reduction) { builder, reduction in
      let iterators = coordinates + reduction
      let guards = nest.guards.map { ($0.place.index(iterators), $0.extent) }
      builder.guarding(guards[...]) { builder, checked in
        let loads = nest.operands.indices.map { operand in
          let stride = lanes == 1 ? 0 : lane.map { nest.strides[operand][$0].fixed } ?? 0
          return Expression.load(
            nest.access(operand, iterators, checked: checked, laneStride: stride))
        }
        let value = builder.evaluate(contraction.body, loads, lanes: lanes)
        builder.update(total, .binary(contraction.combine, .register(total), value))
      }
    }
    var value = Expression.register(total)
    let sum = contraction.body.result
    if sum.isNarrowInteger { value = value.converted(from: .i32, to: sum) }
    value = finish(task, value, extra, at: coordinates, lanesAlong: lane, lanes: lanes)
    var target = result.access(coordinates, lanesAlong: lane)
    if lanes == 1 { target.laneStride = 1 }
    store(target, value, lanes: lanes)
  }

  /// Runs the body where every index lies in its extent, with the checked indices.
  private mutating func guarding(
    _ guards: ArraySlice<(Index, Dimension)>, _ checked: [Index] = [],
    _ body: (inout KernelBuilder, [Index]) -> Void
  ) {
    guard let (index, extent) = guards.first else { return body(&self, checked) }
    within(index, extent: extent) { builder, place in
      builder.guarding(guards.dropFirst(), checked + [place], body)
    }
  }
}
