internal import ApusIR

extension Lowering {
  /// Elementwise functions and copies: one pass over memory in the order of the result.
  mutating func scheduleMap(_ task: KernelTask) {
    let result = destination(of: task.results[0])
    var function = Pointwise.identity(result.element)
    if case .map(let map) = task.root { function = map.function }
    let operands = task.operands.map { placement(of: $0).broadcast(to: result.extents) }
    let layout = graph.type(of: task.results[0]).layout
    for operand in operands { offerReuse(of: operand, for: result, beside: operands) }
    kernel("map", origins: task.origins) { builder in
      builder.map(function, operands, to: result)
      builder.fillHalo(layout, of: result)
    }
  }

  /// Notes that a result may take the memory of an operand that is read at the same places only,
  /// unless one of `others`, which are read there too, is the same memory in another order.
  mutating func offerReuse(
    of operand: Placement, for result: Placement, beside others: [Placement]
  ) {
    guard operand.strides == result.strides, operand.origin == result.origin,
      program[operand.buffer].byteCount == program[result.buffer].byteCount,
      operand.element.bitWidth == result.element.bitWidth,
      others.allSatisfy({ other in
        other.buffer != operand.buffer
          || other.strides == operand.strides && other.origin == operand.origin
      })
    else { return }
    reuses.append((new: result.buffer, old: operand.buffer))
  }
}

extension KernelBuilder {
  /// `to[i] = function(operands[i])` for every place `i`; strings are made one after the other.
  mutating func map(
    _ function: Pointwise, _ operands: [Placement], to result: Placement,
    _ kind: LoopKind = .parallel
  ) {
    let kind = function.makesStrings ? .serial : kind
    let placements = [result] + operands
    var nest = Nest(placements)
    if target.vectorLength == .upTo { nest.swapShortLanes() }
    let inner = nest.extents.count - 1
    let vectorized =
      vectorizes(function, placements.map { ($0.element, 0) })
      && nest.strides.allSatisfy { accepts(laneStride: $0[inner]) }
    loops(Array(nest.extents.dropLast()), kind) { builder, outer in
      builder.strip(nest.extents[inner], vectorized: vectorized, inner == 0 ? kind : .serial) {
        builder, place, lanes in
        func access(_ number: Int) -> Access {
          let strides = nest.strides[number]
          let start = zip(outer + [place], strides).reduce(placements[number].origin) {
            $0 + $1.0 * $1.1
          }
          return Access(
            placements[number].buffer, start, laneStride: lanes == 1 ? 0 : strides[inner].fixed)
        }
        let loads = operands.indices.map { Expression.load(access($0 + 1)) }
        let value = builder.evaluate(function, loads, lanes: lanes)
        var target = access(0)
        target.laneStride = max(target.laneStride, 1)
        builder.store(target, value, lanes: lanes)
      }
    }
  }

  mutating func copy(from source: Placement, to target: Placement, _ kind: LoopKind = .parallel) {
    map(.identity(source.element), [source], to: target, kind)
  }

  /// Writes what stands for zero around a tensor whose layout has a halo.
  mutating func fillHalo(_ layout: Layout, of tensor: Placement) {
    let fill: Literal = layout.fill == 0 ? .zero(of: tensor.element) : .integer(layout.fill)
    var inner = tensor
    for edge in layout.halo.reversed() {
      // The outer halo axes are widened, so that corners are covered once by the first axis.
      for (start, count) in [
        (-edge.before, edge.before), (tensor.extents[edge.axis].fixed, edge.after),
      ]
      where count > 0 {
        var part = inner.slice(axis: edge.axis, start: start, count: count)
        part.strides = inner.strides
        self.fill(part, fill)
      }
      inner = inner.slice(
        axis: edge.axis, start: -edge.before,
        count: tensor.extents[edge.axis].fixed + edge.before + edge.after)
    }
  }

  /// Writes one number everywhere.
  mutating func fill(_ tensor: Placement, _ literal: Literal) {
    guard let constant = Pointwise([], .literal(literal, tensor.element)) else { return }
    map(constant, [], to: tensor)
  }

  /// Whether a function can be computed in vectors with loads and stores of given types.
  func vectorizes(_ function: Pointwise, _ storage: [(ElementType, Int)]) -> Bool {
    target.vectorizes(function) && storage.allSatisfy { target.vectorizes($0.0) }
  }

  /// Whether vectors may be loaded with such a distance of lanes.
  func accepts(laneStride: Dimension) -> Bool {
    guard let stride = laneStride.constant else { return false }
    return target.vectorLength == .upTo || stride == 0 || stride == 1
  }
}
