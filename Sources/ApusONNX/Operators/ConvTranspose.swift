internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Convolutions that are more than one core operation.
  static let convolutions: [OperatorRule] = [
    OperatorRule("ConvTranspose", convTranspose),
    OperatorRule("CausalConvWithState") { node throws(ImportFailure) in
      var value = try node.operand(0)
      let filter = try node.operand(1)
      let (shape, window) = (node.type(of: value).shape, try node.extents(of: filter))
      let activation = try node.text("activation", default: "none")
      guard shape.rank == 3, window.count == 3, Dimension(window[0]) == shape[1], window[1] == 1,
        window[2] > 0, ["none", "silu", "swish"].contains(activation)
      else { throw .invalid("causal-conv", "one filter per channel expected, not \(window)") }
      let history = Shape([shape[0], shape[1], Dimension(window[2] - 1)])
      let past =
        if let given = node.optionalOperand(3) { given } else {
          try node.broadcast(node.constant(0, node.type(of: value).element), to: history)
        }
      value = try node.add(.concat(Concat(axis: 2)), [past, value])
      let slide = Window(
        extents: [window[2]], strides: [1], dilations: [1], before: [0], after: [0])
      var result = try node.add(
        .conv(Conv(window: slide, groups: window[0])), [value, filter])
      result = try node.addingBias(result, operand: 2)
      if activation != "none" { result = try node.map([result], x * .unary(.sigmoid, x)) }
      var last = Slice(whole: node.type(of: value).shape)
      (last.starts[2], last.shape[2]) = (shape[2], history[2])
      return [result, try node.add(.slice(last), [value])]
    },
  ]

  /// A convolution of the image with zeros between its elements and the filter turned around.
  private static let convTranspose:
    @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
      node throws(ImportFailure) in
      let (image, filter) = (try node.operand(0), try node.operand(1))
      let kernel = try node.extents(of: filter)
      // How many images there are does not matter.
      var extents = node.type(of: image).shape.dimensions.prefix(1).map { _ in 1 }
      for axis in 0..<node.type(of: image).rank where axis > 0 {
        extents.append(try node.extent(axis, of: image))
      }
      let groups = try node.integer("group", default: 1)
      guard extents.count >= 3, kernel.count == extents.count, extents[1] > 0, groups >= 1,
        extents[1] % groups == 0, kernel[0] == extents[1]
      else { throw .invalid("conv-channel-mismatch", "\(kernel) filters for \(extents)") }
      let plan = try node.transposedPads(extents, kernel)
      let value = try node.spread(image, plan)
      // [C, M / g, …] -> [g, C / g, M / g, …] -> [g, M / g, C / g, …] -> [M, C / g, …]
      let taps = Array(kernel[2...])
      let split = Shape([groups, kernel[0] / groups, kernel[1]] + taps)
      let order = [0, 2, 1] + taps.indices.map { $0 + 3 }
      let bank = Shape([groups * kernel[1], kernel[0] / groups] + taps)
      var turned = try node.reshape(
        try node.transpose(try node.reshape(filter, to: split), order), to: bank)
      turned = try node.add(
        .slice(
          Slice(
            starts: [0, 0] + taps.map { $0 - 1 }, steps: [1, 1] + taps.map { _ in -1 },
            shape: bank)), [turned])
      let none = taps.map { _ in 0 }
      let window = Window(
        extents: taps, strides: taps.map { _ in 1 }, dilations: plan.dilations, before: none,
        after: none)
      let result = try node.add(.conv(Conv(window: window, groups: groups)), [value, turned])
      return [try node.addingBias(result, operand: 2)]
    }
}

/// How far a transposed convolution spreads its image.
private struct TransposedPads {
  let strides: [Int]
  let dilations: [Int]
  /// Zeros before the first element of each axis; negative cuts.
  var before: [Int]
  /// Zeros after the last element, those that belong to it by the stride included.
  var after: [Int]
}

extension NodeImporter {
  /// The result of a convolution with one number added per filter.
  mutating func addingBias(
    _ value: ValueID, operand place: Int
  ) throws(ImportFailure) -> ValueID {
    guard let bias = optionalOperand(place) else { return value }
    let shape = type(of: value).shape
    guard type(of: bias).shape == Shape([shape[1]]) else {
      throw .invalid("conv-bias", "the bias needs one number per filter")
    }
    let ones = [Dimension](repeating: 1, count: shape.rank - 2)
    return try map([value, try reshape(bias, to: Shape([shape[1]] + ones))], x + y)
  }

  fileprivate mutating func transposedPads(
    _ extents: [Int], _ kernel: [Int]
  ) throws(ImportFailure) -> TransposedPads {
    let rank = extents.count - 2
    let ones = [Int](repeating: 1, count: rank)
    let strides = try integers("strides") ?? ones
    let dilations = try integers("dilations") ?? ones
    let extra = try integers("output_padding") ?? ones.map { _ in 0 }
    var pads = try integers("pads") ?? (ones + ones).map { _ in 0 }
    let sizes = try integers("output_shape").map { Array($0.suffix(rank)) }
    let automatic = try text("auto_pad", default: "NOTSET")
    if let taps = try integers("kernel_shape"), taps != Array(kernel[2...]) {
      throw .invalid("conv-kernel-shape", "kernel_shape \(taps) differs from \(kernel)")
    }
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic),
      [strides, dilations, extra, sizes ?? ones].allSatisfy({ $0.count == rank }),
      pads.count == 2 * rank, (strides + dilations).allSatisfy({ (1..<1 << 20).contains($0) }),
      (extra + pads + (sizes ?? [])).allSatisfy({ (-1 << 31..<1 << 31).contains($0) })
    else { throw .invalid("window-rank", "the attributes do not fit \(rank) axes") }
    var plan = TransposedPads(strides: strides, dilations: dilations, before: [], after: [])
    for axis in 0..<rank {
      let reach = (kernel[axis + 2] - 1) * dilations[axis]
      let full = (extents[axis + 2] - 1) * strides[axis] + extra[axis] + reach + 1
      let isSame = automatic.hasPrefix("SAME")
      if let size = sizes?[axis] ?? (isSame ? extents[axis + 2] * strides[axis] : nil) {
        let total = max(full - size, 0)
        let half = total / 2
        pads[axis] = automatic == "SAME_UPPER" ? half : total - half
        pads[axis + rank] = total - pads[axis]
      }
      // A result that is larger than the spread image ends with zeros.
      let missing = max((sizes?[axis] ?? full) - full, 0)
      plan.before.append(reach - pads[axis])
      plan.after.append(reach - pads[axis + rank] + extra[axis] + missing - (strides[axis] - 1))
    }
    return plan
  }

  /// The image with `stride - 1` zeros after each element, and padded.
  fileprivate mutating func spread(
    _ image: ValueID, _ plan: TransposedPads
  ) throws(ImportFailure) -> ValueID {
    let zero = constant(0, type(of: image).element)
    var value = image
    var wide = type(of: image).shape
    for (place, stride) in plan.strides.enumerated() where stride > 1 {
      let axis = place + 2
      var column = wide
      column.dimensions.insert(1, at: axis + 1)
      let none = [Int](repeating: 0, count: column.rank)
      var pad = Pad(before: none, after: none, mode: .constant)
      pad.after[axis + 1] = Dimension(stride - 1)
      value = try add(.pad(pad), [try reshape(value, to: column), zero])
      wide[axis] = wide[axis] * Dimension(stride)
      value = try reshape(value, to: wide)
    }
    let pad = Pad(before: [0, 0] + plan.before, after: [0, 0] + plan.after, mode: .constant)
    return try add(.pad(pad), [value, zero])
  }
}
