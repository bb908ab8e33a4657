internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

/// One element that an interpolation reads along one axis: where, and how much it counts.
struct Tap {
  /// Places along the axis, inside it.
  var index: ValueID
  /// What the element is multiplied by.
  var weight: ValueID
}

extension OperatorRule {
  /// Operators that read an image between its elements.
  static let sampling: [OperatorRule] = [
    OperatorRule("GridSample") { node throws(ImportFailure) in
      let (image, grid) = (try node.operand(0), try node.operand(1))
      let (extents, places) = (node.type(of: image).shape, node.type(of: grid).shape)
      let rank = extents.rank - 2
      guard rank >= 1, places.rank == rank + 2, places[rank + 1] == Dimension(rank),
        places[0] == extents[0], !extents.dimensions.contains(0)
      else { throw .invalid("grid-shape", "a grid of shape \(places) for \(extents)") }
      let style = try node.gridStyle()
      let points = places.dimensions[1...rank]
      let shape = Shape([extents[0], extents[1]] + points)
      var taps: [[Tap]] = []
      for axis in 0..<rank {
        // The last axis of the image comes first in the grid.
        let part = try node.part(grid, axis: rank + 1, rank - 1 - axis)
        let column = try node.reshape(part, to: Shape([extents[0], 1] + points))
        let extent = try node.extent(axis + 2, of: image)
        let place = try node.map([column], style.place(in: extent))
        taps.append(try node.taps(at: place, extent: extent, style))
      }
      let axes = [0, 1] + taps.map { _ in -1 }
      return [try node.sampled(image, taps, axes: axes, shape: shape)]
    },
    OperatorRule("AffineGrid") { node throws(ImportFailure) in
      let theta = try node.operand(0)
      let aligns = try node.flag("align_corners", default: false)
      guard
        let size = try node.gridSize(
          rank: (node.type(of: theta).shape.dimensions.last?.constant ?? 0) + 1),
        (4...5).contains(size.count),
        size.allSatisfy({ (1..<1 << 24).contains($0) }),
        node.type(of: theta).shape == Shape([size[0], size.count - 2, size.count - 1])
      else { throw .invalid("grid-size", "theta and size do not fit together") }
      let rank = size.count - 2
      let element = node.type(of: theta).element
      let space = try node.shape(Array(size[2...]) + [1])
      var columns: [ValueID] = []
      for axis in (0..<rank).reversed() {
        let count = Double(size[axis + 2])
        let place = Scalar.convert(x, element)
        let formula =
          aligns
          ? place * .real(2 / Swift.max(count - 1, 1)) - 1
          : (place * 2 + 1) * .real(1 / count) - 1
        let line = try node.places(size[axis + 2], along: axis, rank: rank + 1)
        columns.append(try node.broadcast(try node.map([line], formula), to: space))
      }
      columns.append(try node.broadcast(node.constant(1, element), to: space))
      let points = try node.add(.concat(Concat(axis: rank)), columns)
      let flat = try node.reshape(
        points, to: Shape([1, size[2...].reduce(1, *), rank + 1]))
      let grid = try node.add(.matmul(MatMul()), [flat, try node.transpose(theta, [0, 2, 1])])
      return [try node.reshape(grid, to: Shape([size[0]] + size[2...] + [rank]))]
    },
  ]
}

/// How an image is read between its elements and outside.
struct GridStyle {
  enum Mode { case nearest, linear, cubic }
  enum Padding { case zeros, border, reflection }
  let mode: Mode
  let padding: Padding
  var alignsCorners = true

  /// The place in an axis that a number between -1 and 1 stands for.
  fileprivate func place(in extent: Int) -> Scalar {
    let size = Double(extent)
    let place =
      alignsCorners
      ? (x + 1) * 0.5 * .real(size - 1) : ((x + 1) * .real(size) - 1) * 0.5
    return mode == .nearest ? .unary(.round, place) : place
  }

  /// Between which places an axis is mirrored.
  fileprivate func mirrors(of extent: Int) -> (Double, Double) {
    alignsCorners ? (0, Double(extent - 1)) : (-0.5, Double(extent) - 0.5)
  }
}

extension NodeImporter {
  /// All combinations of taps, elements times weights, added up or combined otherwise.
  ///
  /// `indices` are the index operands of axes before those that taps belong to.
  mutating func sampled(
    _ data: ValueID, indices: [ValueID] = [], _ taps: [[Tap]], axes: [Int], shape: Shape,
    combine: BinaryFunction = .add
  ) throws(ImportFailure) -> ValueID {
    var combinations: [[Tap]] = [[]]
    for choices in taps {
      combinations = combinations.flatMap { one in choices.map { one + [$0] } }
    }
    var sum: ValueID?
    for combination in combinations {
      let element = try add(
        .take(Take(axes: axes, shape: shape)), [data] + indices + combination.map(\.index))
      var weight = combination[0].weight
      for tap in combination.dropFirst() { weight = try map([weight, tap.weight], x * y) }
      // What lies outside counts 0, even where the element that is read instead is no number.
      let term = Scalar.select(.compare(.equal, y, 0), 0, x * y)
      if let before = sum {
        sum = try map(
          [element, weight, before],
          .binary(combine, .operand(2), term))
      } else {
        sum = try map([element, weight], term)
      }
    }
    guard let sum else { throw .invalid("grid-shape", "nothing to interpolate") }
    return sum
  }

  /// The shape of the image that a grid is for; how many channels it has does not matter.
  fileprivate mutating func gridSize(rank: Int) throws(ImportFailure) -> [Int]? {
    guard isOpen(1), (4...5).contains(rank) else { return try integers(1) }
    let grid = declaredExtents(rank: rank)
    let size = try sizes(
      try converted(try operand(1), to: .i64), "channels",
      expected: [grid[0], nil] + grid[1..<rank - 1],
      in: 1...1 << 24)
    guard size.count == rank else { return nil }
    var result: [Int] = []
    for (axis, extent) in size.enumerated() {
      guard let number = axis == 1 ? 1 : extent.constant else { return try integers(1) }
      result.append(number)
    }
    return result
  }

  fileprivate mutating func gridStyle() throws(ImportFailure) -> GridStyle {
    let mode: GridStyle.Mode
    switch try text("mode", default: version < 20 ? "bilinear" : "linear") {
    case "nearest": mode = .nearest
    case "linear", "bilinear": mode = .linear
    case "cubic", "bicubic": mode = .cubic
    default: throw .invalid("grid-mode", "no such mode")
    }
    let padding: GridStyle.Padding
    switch try text("padding_mode", default: "zeros") {
    case "zeros": padding = .zeros
    case "border": padding = .border
    case "reflection": padding = .reflection
    default: throw .invalid("grid-padding", "no such padding_mode")
    }
    return GridStyle(
      mode: mode, padding: padding, alignsCorners: try flag("align_corners", default: false))
  }

  /// The taps of an axis at places of its elements and between.
  mutating func taps(
    at places: ValueID, extent: Int, _ style: GridStyle
  ) throws(ImportFailure) -> [Tap] {
    let size = Double(extent)
    let (low, high) = style.mirrors(of: extent)
    var place = x
    switch style.padding {
    case .zeros: break
    case .border: place = .max(.min(place, .real(size - 1)), 0)
    case .reflection: place = place.reflected(low, high)
    }
    let coordinate = try map([places], place)
    let offsets: [(Double, Scalar)]
    // y is the distance from the element before.
    switch style.mode {
    case .nearest: offsets = [(0, .literal(.float(1), type(of: places).element))]
    case .linear: offsets = [(0, 1 - y), (1, y)]
    case .cubic:
      offsets = [
        (-1, .cubicOuter(y + 1)), (0, .cubicInner(y)), (1, .cubicInner(1 - y)),
        (2, .cubicOuter(2 - y)),
      ]
    }
    let base = try map([coordinate], .unary(.floor, x))
    let fraction = try map([coordinate, base], x - y)
    var taps: [Tap] = []
    for (offset, weight) in offsets {
      let index = try map([base], x + .real(offset))
      var inside = Scalar.max(.min(x, .real(size - 1)), 0)
      if style.padding == .reflection {
        inside = .max(.min(x.reflected(low, high), .real(size - 1)), 0)
      }
      let isInside = Scalar.binary(
        .and, .compare(.greaterOrEqual, x, 0), .compare(.lessOrEqual, x, .real(size - 1)))
      taps.append(
        Tap(
          index: try map([index], .convert(inside, .i64)),
          weight: try map(
            [index, fraction],
            style.padding == .zeros ? .select(isInside, weight, 0) : weight)))
    }
    return taps
  }
}

extension Scalar {
  /// The formula folded back at `low` and `high` until it lies between them.
  fileprivate func reflected(_ low: Double, _ high: Double) -> Scalar {
    let span = high - low
    guard span > 0 else { return self * 0 + .real(low) }
    let wave = Scalar.binary(.floorMod, self - .real(low), .real(2 * span))
    return .min(wave, .real(2 * span) - wave) + .real(low)
  }

  /// Keys' cubic convolution with a = -0.75, at distances up to 1.
  fileprivate static func cubicInner(_ distance: Scalar) -> Scalar {
    (distance * 1.25 - 2.25) * distance * distance + 1
  }

  /// Keys' cubic convolution with a = -0.75, at distances from 1 to 2.
  fileprivate static func cubicOuter(_ distance: Scalar) -> Scalar {
    ((distance * -0.75 + 3.75) * distance - 6) * distance + 3
  }
}
