internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators that move blocks of elements.
  static let rearranging: [OperatorRule] = [
    OperatorRule("DepthToSpace") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let block = try node.blockSize(shape)
      let mode = try node.text("mode", default: "DCR")
      let depth = try node.extent(1, of: value)
      guard depth % (block * block) == 0, ["DCR", "CRD"].contains(mode) else {
        throw .invalid("block-size", "blocks of \(block) in mode \(mode) for shape \(shape)")
      }
      let (size, channels) = (Dimension(block), Dimension(depth / (block * block)))
      let isDepthFirst = mode == "DCR"
      let split = isDepthFirst ? [size, size, channels] : [channels, size, size]
      let parts = try node.reshape(
        value, to: Shape([shape[0]] + split + shape.dimensions[2...]))
      let order = isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]
      let result = Shape([shape[0], channels, shape[2] * size, shape[3] * size])
      return [try node.reshape(try node.transpose(parts, order), to: result)]
    },
    OperatorRule("SpaceToDepth") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let block = try node.blockSize(shape)
      let mode = try node.text("mode", default: "DCR")
      let image = (try node.extent(2, of: value), try node.extent(3, of: value))
      guard image.0 % block == 0, image.1 % block == 0, ["DCR", "CRD"].contains(mode) else {
        throw .invalid("block-size", "blocks of \(block) in mode \(mode) for shape \(shape)")
      }
      let (height, width) = (Dimension(image.0 / block), Dimension(image.1 / block))
      let size = Dimension(block)
      let parts = try node.reshape(
        value, to: Shape([shape[0], shape[1], height, size, width, size]))
      let order = mode == "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
      let result = Shape([shape[0], shape[1] * size * size, height, width])
      return [try node.reshape(try node.transpose(parts, order), to: result)]
    },
    OperatorRule("CenterCropPad") { node throws(ImportFailure) in
      var value = try node.operand(0)
      let type = node.type(of: value)
      let extents = try node.extents(of: value)
      let axes = try node.integers("axes") ?? Array(0..<type.rank)
      _ = try node.axes(axes, rank: type.rank)
      let declared = node.declaredExtents(rank: type.rank)
      let promised = axes.map { declared[$0 < 0 ? $0 + type.rank : $0] }
      guard let sizes = try node.integers(1, promised: promised),
        sizes.allSatisfy({ (0..<1 << 31).contains($0) })
      else { throw .invalid("missing-operand", "CenterCropPad needs a shape") }
      guard axes.count == sizes.count else {
        throw .invalid("crop-axes", "\(sizes.count) sizes for \(axes.count) axes")
      }
      var pad = Pad(
        before: extents.map { _ in 0 }, after: extents.map { _ in 0 }, mode: .constant)
      for (given, size) in zip(axes, sizes) {
        let axis = try node.axis(given, rank: type.rank)
        let missing = size - extents[axis]
        if missing < 0 {
          value = try node.slice(value, axis: axis, start: -missing / 2, count: size)
        } else {
          pad.before[axis] = Dimension(missing / 2)
          pad.after[axis] = Dimension(missing - missing / 2)
        }
      }
      return [try node.add(.pad(pad), [value, node.constant(0, type.element)])]
    },
    OperatorRule("Col2Im") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let extents = try node.extents(of: value)
      if node.isOpen(1) || node.isOpen(2) {
        return [try node.openColumnsJoined(value, extents)]
      }
      guard let image = try node.integers(1), let block = try node.integers(2),
        image.count == block.count, extents.count == 3,
        (image + block).allSatisfy({ (1..<1 << 24).contains($0) })
      else { throw .invalid("col2im-shape", "Col2Im needs a shape and a block of equal rank") }
      // The image that the window slides over decides how many columns there are.
      let holder = node.constant(0, node.type(of: value).element)
      let like = try node.broadcast(holder, to: try node.shape([1, 1] + image))
      let window = try node.window(extents: block, image: like)
      _ = try node.shape(block)
      return [try node.columnsJoined(value, extents, image: image, window)]
    },
    OperatorRule("MaxUnpool") { node throws(ImportFailure) in
      let (value, indices) = (try node.operand(0), try node.operand(1))
      let extents = try node.extents(of: value)
      guard let kernel = try node.integers("kernel_shape"), extents.count == kernel.count + 2,
        node.type(of: indices).shape == Shape(extents), !extents.contains(0)
      else { throw .invalid("unpool-shape", "values, indices and kernel do not fit together") }
      let window = try node.window(extents: kernel, image: value)
      let spatial = kernel.indices.map { axis in
        (extents[axis + 2] - 1) * window.strides[axis] + kernel[axis] - window.before[axis]
          - window.after[axis]
      }
      let image = try node.shape(Array(extents.prefix(2)) + spatial)
      let element = node.type(of: value).element
      let zeros = try node.broadcast(
        node.constant(0, element), to: Shape([image.elementCount]))
      let count = Shape([Shape(extents).elementCount])
      let flat = try node.add(
        .scatter(Scatter(.set, axes: [-1])),
        [zeros, try node.reshape(value, to: count), try node.reshape(indices, to: count)])
      let result = try node.reshape(flat, to: image)
      let promised = node.declaredExtents(rank: extents.count)
      guard let wanted = try node.integers(2, promised: promised) else { return [result] }
      let have = try node.extents(of: result)
      guard wanted.count == have.count, zip(wanted, have).allSatisfy({ $0 >= $1 }) else {
        throw .invalid("unpool-output", "output_shape \(wanted) is smaller than \(have)")
      }
      let pad = Pad(
        before: have.map { _ in 0 }, after: zip(wanted, have).map { $0 - $1 }, mode: .constant)
      return [try node.add(.pad(pad), [result, node.constant(0, element)])]
    },
  ]
}

extension NodeImporter {
  /// The block size of an operator on images `[N, C, H, W]`.
  fileprivate mutating func blockSize(_ shape: Shape) throws(ImportFailure) -> Int {
    let size = try integer("blocksize", default: 0)
    guard shape.rank == 4, (1..<1 << 15).contains(size) else {
      throw .invalid("block-size", "blocks of \(size) for shape \(shape)")
    }
    return size
  }

  /// Refuses pads that cut off, or are beyond measure.
  func requirePads(_ window: Window) throws(ImportFailure) {
    guard (window.before + window.after).allSatisfy({ (0..<1 << 31).contains($0) }) else {
      throw .invalid("col2im-shape", "pads \(window.before) and \(window.after)")
    }
  }

  /// Columns `[N, C · block, windows]` added up where windows overlap.
  fileprivate mutating func columnsJoined(
    _ value: ValueID, _ extents: [Int], image: [Int], _ window: Window
  ) throws(ImportFailure) -> ValueID {
    let rank = image.count
    try requirePads(window)
    let padded = image.indices.map { image[$0] + window.before[$0] + window.after[$0] }
    let counts = image.indices.map { axis in
      (padded[axis] - window.dilations[axis] * (window.extents[axis] - 1) - 1)
        / window.strides[axis] + 1
    }
    let block = window.extents.reduce(1, *)
    guard counts.allSatisfy({ $0 > 0 }), extents[1] % block == 0,
      Shape(counts).elementCount == Dimension(extents[2])
    else { throw .invalid("col2im-shape", "columns of shape \(extents) do not fill the image") }
    let channels = extents[1] / block
    let columns = try reshape(
      value, to: Shape([extents[0], channels] + window.extents + counts))
    var operands = [
      try broadcast(
        constant(0, type(of: value).element), to: try shape([extents[0], channels] + padded)),
      columns,
    ]
    for axis in 0..<rank {
      let tap = try places(window.extents[axis], along: 2 + axis, rank: 2 + 2 * rank)
      let start = try places(counts[axis], along: 2 + rank + axis, rank: 2 + 2 * rank)
      operands.append(
        try map(
          [tap, start],
          x * .integer(window.dilations[axis]) + y * .integer(window.strides[axis])))
    }
    let axes = [0, 1] + image.map { _ in -1 }
    var result = try add(.scatter(Scatter(.sum, axes: axes)), operands)
    for axis in 0..<rank {
      result = try slice(
        result, axis: axis + 2, start: window.before[axis], count: image[axis])
    }
    return result
  }
}
