internal import ApusIR

extension Lowering {
  /// The further operands of a task's epilogue, seen under the shape of the result.
  mutating func epiloguePlacements(_ task: KernelTask, shape: [Dimension]) -> [Placement] {
    task.epilogueOperands.map { placement(of: $0).broadcast(to: shape) }
  }

  /// The further operands of a task's epilogue, to be read in vectors along one axis of the result;
  /// copied where their elements lie too far apart for that.
  mutating func epiloguePlacements(
    _ task: KernelTask, shape: [Dimension], lanesAlong axis: Int
  ) -> [Placement] {
    let builder = KernelBuilder(target: target)
    return task.epilogueOperands.map { value in
      let operand = placement(of: value)
      if builder.accepts(laneStride: operand.broadcast(to: shape).strides[axis]) {
        return operand.broadcast(to: shape)
      }
      var order = Array(operand.extents.indices)
      order.append(order.remove(at: axis - (shape.count - operand.extents.count)))
      let back = order.indices.map { place in order.firstIndex(of: place) ?? place }
      return contiguous(operand.permuted(order)).permuted(back).broadcast(to: shape)
    }
  }
}

extension KernelTask {
  /// The epilogue when tiles and windows of a target apply it.
  func fusedEpilogue(_ target: Target) -> Pointwise? {
    epilogue.flatMap { target.fuses($0) ? $0 : nil }
  }
}

extension KernelBuilder {
  /// The element to store for a finished root element at given coordinates.
  mutating func finish(
    _ task: KernelTask, _ value: Expression, _ operands: [Placement], at coordinates: [Index],
    lanesAlong axis: Int?, lanes: Int
  ) -> Expression {
    guard let function = task.epilogue else { return value }
    let loads = operands.map {
      Expression.load($0.access(coordinates, lanesAlong: lanes == 1 ? nil : axis))
    }
    return evaluate(function, [value] + loads, lanes: lanes)
  }

  /// Whether the epilogue of a task can be computed in vectors along an axis.
  func vectorizes(
    _ task: KernelTask, result: Placement, operands: [Placement], along axis: Int
  ) -> Bool {
    let function = task.epilogue ?? .identity(result.element)
    let storage = ([result] + operands).map { ($0.element, 0) }
    return vectorizes(function, storage)
      && ([result] + operands).allSatisfy { accepts(laneStride: $0.strides[axis]) }
  }
}

extension TileEpilogue {
  /// The statements that store lanes of one row of a tile, after what the epilogue does to them.
  ///
  /// `sum` holds the lanes from `column` on; registers are numbered from `firstRegister` on.
  public static func store(
    _ epilogue: TileEpilogue?, _ sum: Register, in output: TileRows, row: Int, column: Int,
    lanes: Int, firstRegister: inout Int, target: Target
  ) -> [Statement] {
    func place(_ rows: TileRows) -> Access {
      Access(
        rows.base.buffer,
        rows.base.index + (rows.offsets[row] + column * rows.base.laneStride),
        laneStride: rows.base.laneStride)
    }
    var builder = KernelBuilder(target: target, firstRegister: firstRegister)
    var value = Expression.register(sum)
    if let epilogue {
      let loads = epilogue.operands.map { Expression.load(place($0)) }
      value = builder.evaluate(epilogue.function, [value] + loads, lanes: lanes)
    }
    builder.store(place(output), value, lanes: lanes)
    firstRegister = builder.nextRegister
    return builder.statements
  }
}
