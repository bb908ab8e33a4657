internal import ApusIR

/// Operations that pick and place elements.
extension GraphExporter {
  mutating func write(_ slice: Slice, _ task: ExportTask) throws(ExportFailure) -> String {
    let shape = task.type(0).shape
    var (axes, starts, ends, steps) = ([Int](), [Dimension](), [Dimension](), [Int]())
    var result = task.operands[0]
    for axis in 0..<shape.rank {
      let (start, count) = (slice.starts[axis], slice.shape[axis])
      if start == 0, slice.steps[axis] == 1, count == shape[axis] { continue }
      // Where the number of elements is known but not the place, indices keep it known.
      guard let step = slice.steps[axis].constant, start.constant != nil || count.constant == nil
      else {
        let turns = try places(along: 0, of: Shape([count]))
        let index = emit("Mul", [turns, try size(slice.steps[axis])])
        let places = emit("Add", [index, try size(start)])
        result = emit("Gather", [result, places], ["axis": .int(axis)])
        continue
      }
      axes.append(axis)
      starts.append(start)
      steps.append(step)
      // Backwards the end may be -1, which ONNX would count from the end of the axis.
      let end = start + count * Dimension(step)
      ends.append(step > 0 ? end : end - shape[axis])
    }
    if axes.isEmpty { return result }
    return emit(
      "Slice",
      [result, try vector(starts), try vector(ends), constant(axes), constant(steps)])
  }

  /// Indices as `i64`, none of which leaves an axis of an extent.
  mutating func clamped(
    _ task: ExportTask, _ place: Int, _ extent: Dimension
  ) throws(ExportFailure) -> String {
    let type = task.type(place)
    if let data = task.graph.constant(task.node.operands[place]), let size = extent.constant {
      let numbers =
        type.element == .i64
        ? data.elements(as: Int64.self) : data.elements(as: Int32.self).map { Int64($0) }
      if numbers.allSatisfy({ (-Int64(size)..<Int64(size)).contains($0) }),
        let extents = type.shape.extents
      {
        return type.element == .i64
          ? task.operands[place] : constant(TensorData(.i64, extents, numbers))
      }
    }
    return emit(
      "Clip",
      [
        cast(task.operands[place], from: type.element, to: .i64), try scalar(extent * -1),
        try scalar(extent - 1),
      ])
  }

  /// The one axis that an index operand tells when all others follow themselves.
  private func indexedAxis(_ axes: [Int], rank: Int) -> Int? {
    guard axes.count == rank, axes.count(where: { $0 == -1 }) == 1,
      axes.enumerated().allSatisfy({ $1 == -1 || $0 == $1 })
    else { return nil }
    return axes.firstIndex(of: -1)
  }

  /// The coordinates of elements of data, along a new last axis.
  private mutating func coordinates(
    _ axes: [Int], along shape: Shape, _ task: ExportTask, first: Int
  ) throws(ExportFailure) -> String {
    let target = try vector(shape.dimensions)
    var next = first
    var parts: [String] = []
    for (axis, place) in axes.enumerated() {
      var part: String
      if place == -1 {
        part = try clamped(task, next, task.type(0).shape[axis])
        next += 1
      } else {
        part = try places(along: place, of: shape)
      }
      part = emit("Expand", [part, target])
      parts.append(emit("Unsqueeze", [part, constant([shape.rank])]))
    }
    return emit("Concat", parts, ["axis": .int(shape.rank)])
  }

  mutating func write(_ gather: Gather, _ task: ExportTask) throws(ExportFailure) -> String {
    let index = try clamped(task, 1, task.type(0).shape[gather.axis])
    return emit("Gather", [task.operands[0], index], ["axis": .int(gather.axis)])
  }

  mutating func write(_ take: Take, _ task: ExportTask) throws(ExportFailure) -> String {
    let target = try vector(take.shape.dimensions)
    if take.axes.isEmpty { return emit("Expand", [task.operands[0], target]) }
    if let axis = indexedAxis(take.axes, rank: take.shape.rank) {
      let index = emit("Expand", [try clamped(task, 1, task.type(0).shape[axis]), target])
      return emit("GatherElements", [task.operands[0], index], ["axis": .int(axis)])
    }
    let index = try coordinates(take.axes, along: take.shape, task, first: 1)
    return emit("GatherND", [task.operands[0], index])
  }

  mutating func write(_ scatter: Scatter, _ task: ExportTask) throws(ExportFailure) -> String {
    let shape = task.type(1).shape
    guard !scatter.axes.isEmpty else {
      throw .unsupported("export-scalar", "updates of a single number cannot be written")
    }
    let reduction: ONNXAttribute.Value =
      switch scatter.kind {
      case .set: .string(Array("none".utf8))
      case .sum: .string(Array("add".utf8))
      case .product: .string(Array("mul".utf8))
      case .max: .string(Array("max".utf8))
      case .min: .string(Array("min".utf8))
      }
    if let axis = indexedAxis(scatter.axes, rank: shape.rank) {
      let index = emit(
        "Expand",
        [try clamped(task, 2, task.type(0).shape[axis]), try vector(shape.dimensions)])
      return emit(
        "ScatterElements", [task.operands[0], index, task.operands[1]],
        ["axis": .int(axis), "reduction": reduction])
    }
    let index = try coordinates(scatter.axes, along: shape, task, first: 2)
    return emit(
      "ScatterND", [task.operands[0], index, task.operands[1]], ["reduction": reduction])
  }

  mutating func write(_ sort: Sort, _ task: ExportTask) throws(ExportFailure) -> [String] {
    let type = task.type(0)
    let wide: ElementType = type.element == .bool ? .i32 : type.element.computing
    let sorted = emit(
      "TopK",
      [cast(task.operands[0], from: type.element, to: wide), try size(type.shape[sort.axis])],
      ["axis": .int(sort.axis), "largest": .int(sort.descending ? 1 : 0), "sorted": .int(1)],
      results: 2)
    return [cast(sorted[0], from: wide, to: type.element), sorted[1]]
  }
}
