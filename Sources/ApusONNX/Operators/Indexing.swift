internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators that read or write elements at places given by tensors.
  static let indexing: [OperatorRule] = [
    OperatorRule("GatherElements") { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 2, atMost: 2)
      let data = node.type(of: operands[0]).shape
      guard node.type(of: operands[1]).rank == data.rank else {
        throw .invalid("gather-rank", "data and indices differ in rank")
      }
      let axes = try node.axesIndexed(rank: data.rank)
      let indices = try node.fitting(operands[1], to: data, axes)
      let take = Take(axes: axes, shape: node.type(of: indices).shape)
      return [try node.add(.take(take), [operands[0], indices])]
    },
    OperatorRule("GatherND") { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 2, atMost: 2)
      let batch = try node.integer("batch_dims", default: 0)
      let (data, indices) = (node.type(of: operands[0]).shape, node.type(of: operands[1]).shape)
      guard batch >= 0, batch < indices.rank, batch <= data.rank else {
        throw .invalid("gather-batch", "batch_dims is \(batch)")
      }
      let parts = try node.coordinates(operands[1], of: data, from: batch)
      let inner = data.dimensions[(batch + parts.count)...]
      let shape = Shape(indices.dimensions.dropLast() + inner)
      let axes = (0..<data.rank).map { axis in
        axis < batch
          ? axis
          : axis < batch + parts.count ? -1 : axis - batch - parts.count + indices.rank - 1
      }
      return [try node.add(.take(Take(axes: axes, shape: shape)), [operands[0]] + parts)]
    },
    OperatorRule("ScatterElements", scatterElements), OperatorRule("Scatter", scatterElements),
    OperatorRule("ScatterND") { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 3, atMost: 3)
      let (data, indices) = (node.type(of: operands[0]).shape, node.type(of: operands[1]).shape)
      let parts = try node.coordinates(operands[1], of: data, from: 0)
      let axes = (0..<data.rank).map { $0 < parts.count ? -1 : $0 - parts.count + indices.rank - 1 }
      return [try node.scattered([operands[0], operands[2]] + parts, axes)]
    },
    OperatorRule("TensorScatter") { node throws(ImportFailure) in
      let (cache, update) = (try node.operand(0), try node.operand(1))
      let shape = node.type(of: update).shape
      let axis = try node.axis(try node.integer("axis", default: -2), rank: shape.rank)
      let mode = try node.text("mode", default: "linear")
      guard axis > 0, node.type(of: cache).rank == shape.rank,
        let length = node.type(of: cache).shape[axis].constant
      else { throw .invalid("axis-range", "the axis of the sequence is \(axis)") }
      var index = try node.places(shape[axis], along: axis, rank: shape.rank)
      if let starts = node.optionalOperand(2) {
        let ones = [Dimension](repeating: 1, count: shape.rank - 1)
        let column = try node.reshape(starts, to: Shape([shape[0]] + ones))
        index = try node.map([index, try node.converted(column, to: .i64)], x + y)
      }
      switch mode {
      case "linear": break
      case "circular": index = try node.map([index], .binary(.floorMod, x, .integer(length)))
      default: throw .invalid("scatter-mode", "mode \"\(mode)\" does not exist")
      }
      let axes = (0..<shape.rank).map { $0 == axis ? -1 : $0 }
      return [try node.add(.scatter(Scatter(.set, axes: axes)), [cache, update, index])]
    },
    OperatorRule("ReverseSequence") { node throws(ImportFailure) in
      let (value, lengths) = (try node.operand(0), try node.operand(1))
      let shape = node.type(of: value).shape
      let time = try node.axis(try node.integer("time_axis", default: 0), rank: shape.rank)
      let batch = try node.axis(try node.integer("batch_axis", default: 1), rank: shape.rank)
      guard time != batch, shape[time] != 0 else {
        throw .invalid("axis-twice", "time and batch need axes of their own")
      }
      let places = try node.places(shape[time], along: time, rank: shape.rank)
      var row = Shape([Int](repeating: 1, count: shape.rank))
      row[batch] = shape[batch]
      let ends = try node.converted(try node.reshape(lengths, to: row), to: .i64)
      let mirrored = try node.map(
        [places, ends], .select(.compare(.less, x, y), y - 1 - x, x))
      let axes = (0..<shape.rank).map { $0 == time ? -1 : $0 }
      return [try node.add(.take(Take(axes: axes, shape: shape)), [value, mirrored])]
    },
    OperatorRule("ArrayFeatureExtractor", domain: "ai.onnx.ml") { node throws(ImportFailure) in
      let (value, indices) = (try node.operand(0), try node.operand(1))
      let shape = node.type(of: value).shape
      guard shape.rank >= 1 else { throw .invalid("gather-rank", "the data has rank 0") }
      let count = node.type(of: indices).shape.elementCount
      let flat = try node.reshape(indices, to: Shape([count]))
      let picked = try node.add(.gather(Gather(axis: shape.rank - 1)), [value, flat])
      return [shape.rank == 1 ? try node.reshape(picked, to: Shape([1, count])) : picked]
    },
  ]

  private static let scatterElements:
    @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
      node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 3, atMost: 3)
      let rank = node.type(of: operands[0]).rank
      guard node.type(of: operands[1]).shape == node.type(of: operands[2]).shape,
        node.type(of: operands[1]).rank == rank
      else { throw .invalid("scatter-shape", "indices and updates differ in shape") }
      let axes = try node.axesIndexed(rank: rank)
      return [try node.scattered([operands[0], operands[2], operands[1]], axes)]
    }
}

extension NodeImporter {
  /// Each axis as itself, but for the one that is indexed.
  fileprivate mutating func axesIndexed(rank: Int) throws(ImportFailure) -> [Int] {
    let axis = try self.axis(try integer("axis", default: 0), rank: rank)
    return (0..<rank).map { $0 == axis ? -1 : $0 }
  }

  /// Indices with the extents of the data along axes that they do not name; where either is open, a
  /// run checks that both agree.
  fileprivate mutating func fitting(
    _ indices: ValueID, to data: Shape, _ axes: [Int]
  ) throws(ImportFailure) -> ValueID {
    var result = indices
    for axis in 0..<data.rank where axes[axis] >= 0 {
      let reach = type(of: indices).shape[axis]
      if reach.constant != nil, data[axis].constant != nil { continue }
      result = try checked(result, axis: axis, extent: data[axis])
    }
    return result
  }

  /// The numbers of the last axis of an index tensor, one tensor each, with an axis of extent 1 for
  /// each axis of the data that they leave open.
  fileprivate mutating func coordinates(
    _ indices: ValueID, of data: Shape, from first: Int
  ) throws(ImportFailure) -> [ValueID] {
    let shape = type(of: indices).shape
    guard shape.rank > 0, let count = shape[shape.rank - 1].constant,
      count <= data.rank - first
    else { throw .invalid("index-depth", "indices of shape \(shape) for data of shape \(data)") }
    let open = [Dimension](repeating: 1, count: data.rank - first - count)
    var parts: [ValueID] = []
    for place in 0..<count {
      let part = try part(indices, axis: shape.rank - 1, place)
      parts.append(try reshape(part, to: Shape(type(of: part).shape.dimensions + open)))
    }
    return parts
  }

  /// A scatter with the combination that the node asks for.
  fileprivate mutating func scattered(
    _ operands: [ValueID], _ axes: [Int]
  ) throws(ImportFailure) -> ValueID {
    let names = ["none": Scatter.Kind.set, "add": .sum, "mul": .product, "max": .max, "min": .min]
    let name = try text("reduction", default: "none")
    guard let kind = names[name] else {
      throw .invalid("scatter-reduction", "reduction \"\(name)\" does not exist")
    }
    return try add(.scatter(Scatter(kind, axes: axes)), operands)
  }
}
