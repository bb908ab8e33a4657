internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Changes of resolution.
  static let resizing: [OperatorRule] = [
    OperatorRule("Resize") { node throws(ImportFailure) in
      let isOld = node.version < 11
      let style = ResizeStyle(
        mode: try ResizeStyle.mode(try node.text("mode", default: "nearest")),
        coordinates: try ResizeStyle.coordinates(
          try node.text(
            "coordinate_transformation_mode", default: isOld ? "asymmetric" : "half_pixel")),
        rounding: try ResizeStyle.rounding(
          try node.text("nearest_mode", default: isOld ? "floor" : "round_prefer_floor")),
        coefficient: try node.real("cubic_coeff_a", default: -0.75),
        excludesOutside: try node.flag("exclude_outside", default: false),
        softens: try node.flag("antialias", default: false),
        extrapolation: try node.real("extrapolation_value", default: 0))
      return [try node.resized(style, scales: isOld ? 1 : 2)]
    },
    OperatorRule("Upsample") { node throws(ImportFailure) in
      guard node.version < 10 else {
        throw .invalid("deprecated", "Upsample does not exist in opset \(node.version)")
      }
      let style = ResizeStyle(
        mode: try ResizeStyle.mode(try node.text("mode", default: "nearest")),
        coordinates: .asymmetric, rounding: .floor, coefficient: -0.75, excludesOutside: false,
        softens: false, extrapolation: 0)
      return [try node.resized(style, scales: 1)]
    },
  ]
}

extension NodeImporter {
  /// Each axis that changes becomes a weighted sum of gathers with constant indices.
  fileprivate mutating func resized(
    _ style: ResizeStyle, scales place: Int
  ) throws(ImportFailure) -> ValueID {
    if try isOpenResize(scales: place) { return try openResized(style, scales: place) }
    let image = try operand(0)
    var value = image
    let targets = try resizeTargets(type(of: image).shape, scales: place, style)
    guard targets.allSatisfy({ $0.extent > 0 && ($0.scale > 1 / 256 || !style.softens) }) else {
      throw .unsupported("resize-range", "Resize of nothing, or to less than 1 in 256")
    }
    guard style.mode == .nearest || type(of: image).element.isFloat else {
      throw .unsupported("resize-type", "interpolation of \(type(of: image).element)")
    }
    for axis in targets
    where type(of: image).shape[axis.number].constant != nil && !axis.isIdentity(style) {
      value = try resampled(value, axis, style)
    }
    for axis in targets where style.coordinates == .cropAndResize {
      let inside = (0..<axis.size).map { axis.isInside($0, style) ? UInt8(1) : 0 }
      if !inside.contains(0) { continue }
      let mask = constant(
        TensorData(.bool, axis.aligned(axis.size, rank: targets.count), inside))
      value = try map([value, mask], .select(y, x, .real(style.extrapolation)))
    }
    return value == image ? try map([value], x) : value
  }

  /// One axis at its new extent.
  private mutating func resampled(
    _ value: ValueID, _ axis: ResizedAxis, _ style: ResizeStyle
  ) throws(ImportFailure) -> ValueID {
    let rank = type(of: value).rank
    let taps = (0..<axis.size).map { axis.taps($0, style) }
    var sum: ValueID?
    for number in 0..<(taps.first?.count ?? 1) {
      let indices = taps.map { Int64($0[number].place) }
      let picked = try add(
        .gather(Gather(axis: axis.number)),
        [value, constant(TensorData(.i64, [axis.size], indices))])
      if style.mode == .nearest { return picked }
      let numbers = taps.map { Float($0[number].weight) }
      let weights = try converted(
        constant(TensorData(.f32, axis.aligned(axis.size, rank: rank), numbers)),
        to: type(of: value).element)
      sum =
        if let before = sum { try map([picked, weights, before], x * y + .operand(2)) } else {
          try map([picked, weights], x * y)
        }
    }
    return sum ?? value
  }

  /// The new extent and the scale of each axis; open ones stay, and count as extents of 1.
  private mutating func resizeTargets(
    _ shape: Shape, scales place: Int, _ style: ResizeStyle
  ) throws(ImportFailure) -> [ResizedAxis] {
    let extents = shape.dimensions.map { $0.constant ?? 1 }
    let axes = try integers("axes") ?? Array(extents.indices)
    _ = try self.axes(axes, rank: extents.count)
    let policy = try text("keep_aspect_ratio_policy", default: "stretch")
    var result = extents.enumerated().map { ResizedAxis(number: $0, extent: $1) }
    let window =
      try style.coordinates == .cropAndResize ? reals(1, named: "roi", count: 2 * axes.count) : nil
    let sizes = try place == 2 ? newExtents(shape, axes) : nil
    if let sizes, !sizes.isEmpty {
      guard sizes.count == axes.count, sizes.allSatisfy({ $0 > 0 }) else {
        throw .invalid("resize-sizes", "Resize needs one positive size per axis")
      }
      let ratios = zip(sizes, axes).map {
        Double($0) / Double(extents[$1 < 0 ? $1 + extents.count : $1])
      }
      let common: Double?
      switch policy {
      case "stretch": common = nil
      case "not_larger": common = ratios.min()
      case "not_smaller": common = ratios.max()
      default: throw .invalid("resize-policy", "policy \"\(policy)\" does not exist")
      }
      for (number, axis) in axes.enumerated() {
        let axis = axis < 0 ? axis + extents.count : axis
        result[axis].scale = common ?? ratios[number]
        let size = common.map { ($0 * Double(extents[axis]) + 0.5).rounded(.down) }
        result[axis].size = try resizedExtent(size ?? Double(sizes[number]))
      }
    } else {
      let scales = try reals(place, named: "scales", count: axes.count)
      for (number, axis) in axes.enumerated() {
        let axis = axis < 0 ? axis + extents.count : axis
        guard shape[axis].constant != nil || scales[number] == 1 else { throw openAxes(shape) }
        result[axis].scale = scales[number]
        result[axis].size = try resizedExtent(
          (Double(extents[axis]) * scales[number]).rounded(.down))
      }
    }
    for (number, axis) in axes.enumerated() {
      guard let window else { continue }
      guard shape.extents != nil else { throw openAxes(shape) }
      result[axis < 0 ? axis + extents.count : axis].window = (
        window[number], window[number + axes.count]
      )
    }
    return result
  }

  /// What operand 3 holds, 1 for open axes, which must stay.
  private func newExtents(_ shape: Shape, _ axes: [Int]) throws(ImportFailure) -> [Int]? {
    guard let given = try dimensions(3) else { return nil }
    // Sizes that are too few or too many are refused later.
    guard given.count == axes.count else { return given.map { $0.constant ?? 1 } }
    return try zip(given, axes).map { size, axis throws(ImportFailure) in
      let extent = shape[axis < 0 ? axis + shape.rank : axis]
      if extent.constant == nil, size == extent { return 1 }
      guard let number = size.constant, extent.constant != nil else { throw openAxes(shape) }
      return number
    }
  }

  private func openAxes(_ shape: Shape) -> ImportFailure {
    .unsupported("symbolic-extent", "Resize of open axes of the shape \(shape)")
  }

  private func resizedExtent(_ size: Double) throws(ImportFailure) -> Int {
    guard size >= 0, size <= Double(1 << 24) else {
      throw ImportFailure(
        category: .limitExceeded, id: "resize-limit",
        message: "Resize to an extent of \(size)")
    }
    return Int(size)
  }

  /// Constant real numbers of an operand, or of an attribute that older versions have.
  private mutating func reals(
    _ place: Int, named name: String, count: Int
  ) throws(ImportFailure) -> [Double] {
    var numbers: [Double] = []
    if case .floats(let values)? = attribute(name) {
      numbers = values.map { Double($0) }
    } else if let operand = optionalOperand(place) {
      guard let data = graph.constant(operand), data.type.element == .f32 else {
        throw .unsupported("data-dependent", "Resize with \(name) that are computed at run time")
      }
      numbers = data.elements(as: Float.self).map { Double($0) }
    }
    guard numbers.count == count, numbers.allSatisfy({ $0 == $0 && abs($0) < 65536 }),
      name != "scales" || numbers.allSatisfy({ $0 > 0 })
    else { throw .invalid("resize-scales", "Resize needs one constant of \(name) per axis") }
    return numbers
  }
}
