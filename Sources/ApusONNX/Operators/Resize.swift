internal import ApusIR

extension OperatorRule {
  /// Changes of resolution.
  static let resizing: [OperatorRule] = [
    OperatorRule("Resize") { node throws(ImportFailure) in
      let mode = try node.text("mode", default: "nearest")
      let coordinates = try node.text(
        "coordinate_transformation_mode", default: node.version < 11 ? "asymmetric" : "half_pixel")
      let rounding = try node.text(
        "nearest_mode", default: node.version < 11 ? "floor" : "round_prefer_floor")
      _ = try node.real("cubic_coeff_a", default: -0.75)
      _ = try node.flag("exclude_outside", default: false)
      _ = try node.real("extrapolation_value", default: 0)
      return [
        try node.resizedNearest(mode, coordinates, rounding, scales: node.version < 11 ? 1 : 2)
      ]
    },
    OperatorRule("Upsample") { node throws(ImportFailure) in
      guard node.version < 10 else {
        throw .invalid("deprecated", "Upsample does not exist in opset \(node.version)")
      }
      return [
        try node.resizedNearest(
          try node.text("mode", default: "nearest"), "asymmetric", "floor", scales: 1)
      ]
    },
  ]
}

extension NodeImporter {
  /// Nearest-neighbour resizing: each axis that changes is gathered with constant indices.
  fileprivate mutating func resizedNearest(
    _ mode: String, _ coordinates: String, _ rounding: String, scales place: Int
  ) throws(ImportFailure) -> ValueID {
    guard mode == "nearest" else { throw .unsupported("resize-mode", "Resize with mode \(mode)") }
    var value = try operand(0)
    guard let extents = type(of: value).shape.extents else {
      throw .unsupported("symbolic-extent", "Resize of a symbolic image")
    }
    let (sizes, factors) = try resizeTargets(extents, scales: place)
    for axis in extents.indices where sizes[axis] != extents[axis] {
      guard sizes[axis] <= 1 << 24, extents[axis] > 0 else {
        throw ImportFailure(
          category: .limitExceeded, id: "resize-limit",
          message: "Resize from \(extents[axis]) to \(sizes[axis]) elements")
      }
      var indices: [Int64] = []
      for index in 0..<sizes[axis] {
        let source = try resizeSource(
          Double(index), Double(extents[axis]), Double(sizes[axis]), factors[axis], coordinates)
        let nearest = try nearest(source, rounding)
        indices.append(Int64(min(max(nearest, 0), Double(extents[axis] - 1))))
      }
      let picked = constant(TensorData(.i64, [indices.count], indices))
      value = try add(.gather(Gather(axis: axis)), [value, picked])
    }
    return value == (try operand(0)) ? try map([value], .operand(0)) : value
  }

  /// The extents after resizing and the scale of each axis.
  private mutating func resizeTargets(
    _ extents: [Int], scales place: Int
  ) throws(ImportFailure) -> ([Int], [Double]) {
    if node.attributes.contains(where: {
      $0.name == "axes" || $0.name == "keep_aspect_ratio_policy"
    }) {
      throw .unsupported("resize-axes", "Resize with axes or an aspect ratio policy")
    }
    if place == 2, let sizes = try integers(3), !sizes.isEmpty {
      guard sizes.count == extents.count, sizes.allSatisfy({ $0 > 0 }) else {
        throw .invalid("resize-sizes", "Resize needs one positive size per axis")
      }
      return (sizes, zip(sizes, extents).map { Double($0) / Double($1) })
    }
    var factors: [Double] = []
    if let operand = optionalOperand(place) {
      guard let data = graph.constant(operand) else {
        throw .unsupported("data-dependent", "Resize with scales that are computed at run time")
      }
      factors = data.elements(as: Float.self).map { Double($0) }
    } else if case .floats(let values)? = attribute("scales") {
      factors = values.map { Double($0) }
    }
    guard factors.count == extents.count, factors.allSatisfy({ $0 > 0 && $0 < 65536 }) else {
      throw .invalid("resize-scales", "Resize needs one positive constant scale per axis")
    }
    return (zip(extents, factors).map { Int((Double($0) * $1).rounded(.down)) }, factors)
  }

  /// The place in the source that a place in the result stands for.
  private func resizeSource(
    _ index: Double, _ extent: Double, _ size: Double, _ scale: Double, _ mode: String
  ) throws(ImportFailure) -> Double {
    switch mode {
    case "asymmetric": index / scale
    case "half_pixel": (index + 0.5) / scale - 0.5
    case "pytorch_half_pixel": size > 1 ? (index + 0.5) / scale - 0.5 : 0
    case "align_corners": size > 1 ? index * (extent - 1) / (size - 1) : 0
    default: throw .unsupported("resize-coordinates", "coordinate mode \"\(mode)\"")
    }
  }

  private func nearest(_ source: Double, _ mode: String) throws(ImportFailure) -> Double {
    switch mode {
    case "floor": source.rounded(.down)
    case "ceil": source.rounded(.up)
    case "round_prefer_floor":
      source - source.rounded(.down) == 0.5 ? source.rounded(.down) : source.rounded()
    case "round_prefer_ceil":
      source - source.rounded(.down) == 0.5 ? source.rounded(.up) : source.rounded()
    default: throw .invalid("resize-nearest", "nearest_mode \"\(mode)\" does not exist")
    }
  }
}
