internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

/// One axis of a Resize whose scale, or part of the image, is computed.
private struct OpenAxis {
  let number: Int
  let extent: Int
  let size: Int
  let style: ResizeStyle

  /// The place in the image that an element stands for, given its index, the scale, and where the
  /// part of the image begins and ends; all `f64`.
  var source: Scalar {
    let (index, scale, first, last) = (x, y, Scalar.operand(2), Scalar.operand(3))
    let length = Double(extent)
    let width = scale * .real(length)
    let isOne = Scalar.compare(.equal, width, 1)
    let half = (index + 0.5) / scale - 0.5
    switch style.coordinates {
    case .asymmetric: return index / scale
    case .half: return half
    case .pytorchHalf: return .select(isOne, -0.5, half)
    case .symmetricHalf: return (1 - .real(Double(size)) / width) * .real(length / 2) + half
    case .corners: return .select(isOne, 0, index * .real(length - 1) / (width - 1))
    case .cropAndResize:
      let span = (last - first) * .real(length - 1)
      let step = Scalar.select(isOne, span * 0.5, index * span / (width - 1))
      return first * .real(length - 1) + step
    }
  }

  /// The place of an element that is taken as it is.
  var nearest: Scalar {
    let (below, above) = (Scalar.unary(.floor, x), Scalar.unary(.ceil, x))
    let isHalf = Scalar.compare(.equal, x - below, 0.5)
    switch style.rounding {
    case .floor: return below
    case .ceil: return above
    case .preferFloor: return .select(isHalf, below, .unary(.round, x))
    case .preferCeil: return .select(isHalf, above, .unary(.round, x))
    }
  }

  /// How many elements before and after a place can count; the scale is at least `size / extent`.
  var reach: Int {
    let standard = style.mode == .linear ? 1.0 : 2
    let shrink = style.softens ? max(Double(extent) / Double(size), 1) : 1
    return Int((standard * shrink).rounded(.up))
  }

  /// The weight of the element `step` after the last one before a place, given how far the place
  /// is from that one, where that one is, and the scale.
  func weight(step: Int) -> Scalar {
    let squeeze: Scalar = style.softens ? .min(.operand(2), 1) : .literal(.float(1), .f64)
    let d = Scalar.unary(.absolute, squeeze * (.real(Double(step)) - x))
    let a = Scalar.real(style.coefficient)
    let weight: Scalar
    if style.mode == .linear {
      weight = .max(1 - d, 0)
    } else {
      let inner = (d * (a + 2) - (a + 3)) * d * d + 1
      let outer = ((d * a - 5 * a) * d + 8 * a) * d - 4 * a
      weight = .select(.compare(.lessOrEqual, d, 1), inner, .select(d < 2, outer, 0))
    }
    guard style.excludesOutside else { return weight }
    let place = y + .real(Double(step))
    return .select(isInside(place), weight, 0)
  }

  /// Whether a place lies inside the image.
  func isInside(_ place: Scalar) -> Scalar {
    .binary(
      .and, .compare(.greaterOrEqual, place, 0),
      .compare(.lessOrEqual, place, .real(Double(extent - 1))))
  }

  /// The nearest index inside the image.
  func inside(_ place: Scalar) -> Scalar {
    .convert(.max(.min(place, .real(Double(extent - 1))), 0), .i64)
  }
}

/// Resize with scales, sizes or a part of the image that are computed; the file must declare the
/// shape of the result, which a run checks.
extension NodeImporter {
  /// Whether scales, sizes or the part of the image are known at run time only.
  mutating func isOpenResize(scales place: Int) throws(ImportFailure) -> Bool {
    if place == 1 { return isComputed(1) }
    if optionalOperand(3) != nil { return isOpen(3) || isComputed(1) }
    return isComputed(1) || isComputed(2)
  }

  private func isComputed(_ place: Int) -> Bool {
    optionalOperand(place).map { graph.constant($0) == nil } ?? false
  }

  /// The result of a Resize whose operands are computed.
  mutating func openResized(
    _ style: ResizeStyle, scales place: Int
  ) throws(ImportFailure) -> ValueID {
    let image = try operand(0)
    let extents = try extents(of: image)
    let given = try integers("axes") ?? Array(extents.indices)
    _ = try self.axes(given, rank: extents.count)
    guard style.mode == .nearest || type(of: image).element.isFloat else {
      throw .unsupported("resize-type", "interpolation of \(type(of: image).element)")
    }
    let declared = declaredExtents(rank: extents.count)
    var axes: [OpenAxis] = []
    for axis in given.map({ $0 < 0 ? $0 + extents.count : $0 }) {
      guard let size = declared[axis], size > 0, extents[axis] > 0, size < 256 * extents[axis],
        extents[axis] < 256 * size
      else {
        throw .unsupported("data-dependent", "a computed Resize needs a declared result shape")
      }
      axes.append(OpenAxis(number: axis, extent: extents[axis], size: size, style: style))
    }
    let scales = try computedScales(axes, place)
    var value = image
    for (number, axis) in axes.enumerated() where axis.extent > 1 || axis.size > 1 {
      var operands = [
        try converted(try places(axis.size), to: .f64),
        try slice(scales, axis: 0, start: number, count: 1),
      ]
      for end in style.coordinates == .cropAndResize ? [number, number + axes.count] : [] {
        let part = try converted(try operand(1), to: .f64)
        guard type(of: part).shape == Shape([2 * axes.count]) else {
          throw .invalid("resize-scales", "Resize needs two numbers of roi per axis")
        }
        operands.append(try slice(part, axis: 0, start: end, count: 1))
      }
      let source = try map(operands, axis.source)
      value = try resampled(value, axis, at: source, scale: operands[1])
    }
    return value == image ? try map([value], x) : value
  }

  /// The scale of each axis as an `f64` vector, with the check that the declared shape follows.
  private mutating func computedScales(
    _ axes: [OpenAxis], _ place: Int
  ) throws(ImportFailure) -> ValueID {
    let policy = try text("keep_aspect_ratio_policy", default: "stretch")
    let old = constant(TensorData(.f64, [axes.count], axes.map { Double($0.extent) }))
    var rounding = 0.0
    var scales = try converted(try operand(optionalOperand(3) == nil ? place : 3), to: .f64)
    guard type(of: scales).shape == Shape([axes.count]) else {
      throw .invalid("resize-scales", "Resize needs one number per axis")
    }
    if optionalOperand(3) != nil {
      scales = try map([scales, old], x / y)
      rounding = 0.5
      switch policy {
      case "stretch": break
      case "not_larger", "not_smaller":
        let kind: Reduce.Kind = policy == "not_larger" ? .min : .max
        let common = try add(.reduce(Reduce(kind, axes: [0])), [scales])
        scales = try broadcast(common, to: Shape([axes.count]))
      default: throw .invalid("resize-policy", "policy \"\(policy)\" does not exist")
      }
    }
    let sizes = try map(
      [scales, old], .convert(.unary(.floor, x * y + .real(rounding)), .i64))
    try bind(sizes, to: axes.map { Dimension($0.size) })
    return scales
  }

  /// One axis read at places between its elements.
  private mutating func resampled(
    _ value: ValueID, _ axis: OpenAxis, at source: ValueID, scale: ValueID
  ) throws(ImportFailure) -> ValueID {
    let type = type(of: value)
    let line = Shape(axis.aligned(rank: type.rank))
    var sum: ValueID
    if axis.style.mode == .nearest {
      let index = try map([source], axis.inside(axis.nearest))
      sum = try add(.gather(Gather(axis: axis.number)), [value, index])
    } else {
      sum = try interpolated(value, axis, at: source, scale: scale)
    }
    if axis.style.coordinates == .cropAndResize {
      let mask = try reshape(try map([source], axis.isInside(x)), to: line)
      sum = try map([sum, mask], .select(y, x, .real(axis.style.extrapolation)))
    }
    return sum
  }

  /// A weighted sum of gathers with computed indices and weights.
  private mutating func interpolated(
    _ value: ValueID, _ axis: OpenAxis, at source: ValueID, scale: ValueID
  ) throws(ImportFailure) -> ValueID {
    let type = type(of: value)
    let line = Shape(axis.aligned(rank: type.rank))
    // The last element before the place; the distance from it is in 0 < distance <= 1.
    let base = try map([source], .unary(.ceil, x) - 1)
    let distance = try map([source, base], x - y)
    var weights: [ValueID] = []
    let steps = 1 - axis.reach...axis.reach
    for step in steps {
      weights.append(try map([distance, base, scale], axis.weight(step: step)))
    }
    if axis.style.softens || axis.style.excludesOutside {
      var total = weights[0]
      for weight in weights.dropFirst() { total = try map([total, weight], x + y) }
      for place in weights.indices { weights[place] = try map([weights[place], total], x / y) }
    }
    var sum: ValueID?
    for (step, weight) in zip(steps, weights) {
      let index = try map([base], axis.inside(x + .real(Double(step))))
      let picked = try add(.gather(Gather(axis: axis.number)), [value, index])
      let factor = try reshape(try converted(weight, to: type.element), to: line)
      sum =
        if let before = sum { try map([picked, factor, before], x * y + .operand(2)) } else {
          try map([picked, factor], x * y)
        }
    }
    return sum ?? value
  }
}

extension OpenAxis {
  /// The shape of a vector along this axis.
  func aligned(rank: Int) -> [Int] { (0..<rank).map { $0 == number ? size : 1 } }
}
