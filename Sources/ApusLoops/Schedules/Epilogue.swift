internal import ApusIR

extension Lowering {
  /// The further operands of a task's epilogue, seen under the shape of the result.
  mutating func epiloguePlacements(_ task: KernelTask, shape: [Int]) -> [Placement] {
    task.epilogueOperands.map { placement(of: $0).broadcast(to: shape) }
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
