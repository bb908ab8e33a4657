/// How a Resize computes its elements.
struct ResizeStyle {
  enum Mode { case nearest, linear, cubic }
  enum Coordinates { case asymmetric, half, pytorchHalf, symmetricHalf, corners, cropAndResize }
  enum Rounding { case floor, ceil, preferFloor, preferCeil }
  let mode: Mode
  let coordinates: Coordinates
  let rounding: Rounding
  /// The parameter of cubic interpolation.
  let coefficient: Double
  /// Whether elements outside count nothing, rather than as the edge.
  let excludesOutside: Bool
  /// Whether a smaller image averages over what it leaves out.
  let softens: Bool
  /// The element of places outside the image.
  let extrapolation: Double

  static func mode(_ name: String) throws(ImportFailure) -> Mode {
    switch name {
    case "nearest": return .nearest
    case "linear", "bilinear": return .linear
    case "cubic": return .cubic
    default: throw .invalid("resize-mode", "mode \"\(name)\" does not exist")
    }
  }

  static func coordinates(_ name: String) throws(ImportFailure) -> Coordinates {
    switch name {
    case "asymmetric": return .asymmetric
    case "half_pixel": return .half
    case "pytorch_half_pixel": return .pytorchHalf
    case "half_pixel_symmetric": return .symmetricHalf
    case "align_corners": return .corners
    case "tf_crop_and_resize": return .cropAndResize
    default: throw .unsupported("resize-coordinates", "coordinate mode \"\(name)\"")
    }
  }

  static func rounding(_ name: String) throws(ImportFailure) -> Rounding {
    switch name {
    case "floor": return .floor
    case "ceil": return .ceil
    case "round_prefer_floor": return .preferFloor
    case "round_prefer_ceil": return .preferCeil
    default: throw .invalid("resize-nearest", "nearest_mode \"\(name)\" does not exist")
    }
  }
}

/// One axis of a Resize: which elements each new one is made of.
struct ResizedAxis {
  let number: Int
  let extent: Int
  var size: Int
  var scale = 1.0
  /// The part of the image that is resized, in units of its length.
  var window = (0.0, 1.0)

  init(number: Int, extent: Int) {
    self.number = number
    self.extent = extent
    size = extent
  }

  /// The shape of a vector along this axis.
  func aligned(_ count: Int, rank: Int) -> [Int] {
    (0..<rank).map { $0 == number ? count : 1 }
  }

  /// Whether each new element is the old one at its place.
  func isIdentity(_ style: ResizeStyle) -> Bool {
    size == extent
      && (0..<size).allSatisfy { index in
        taps(index, style).allSatisfy { $0.weight == ($0.place == index ? 1 : 0) }
      }
  }

  /// Whether a new element lies inside the image.
  func isInside(_ index: Int, _ style: ResizeStyle) -> Bool {
    (0...Double(extent - 1)).contains(source(index, style))
  }

  /// The place in the image that a new element stands for.
  private func source(_ index: Int, _ style: ResizeStyle) -> Double {
    let (place, length) = (Double(index), Double(extent))
    let width = scale * length
    let half = (place + 0.5) / scale - 0.5
    switch style.coordinates {
    case .asymmetric: return place / scale
    case .half: return half
    case .pytorchHalf: return width == 1 ? -0.5 : half
    case .symmetricHalf: return length / 2 * (1 - Double(size) / width) + half
    case .corners: return width == 1 ? 0 : place * (length - 1) / (width - 1)
    case .cropAndResize:
      let span = (window.1 - window.0) * (length - 1)
      return window.0 * (length - 1) + (width == 1 ? span / 2 : place * span / (width - 1))
    }
  }

  /// The elements that a new one is made of, and how much each counts; as many for each.
  func taps(_ index: Int, _ style: ResizeStyle) -> [(place: Int, weight: Double)] {
    let source = source(index, style)
    if style.mode == .nearest { return [(inside(nearest(source, style.rounding)), 1)] }
    // The last element before the place; the distance from it is in 0 < distance <= 1.
    let base = source.rounded(.up) - 1
    let distance = source - base
    let squeeze = style.softens ? min(scale, 1) : 1
    let reach = style.mode == .linear ? 1.0 : 2
    let first = Int((-reach / squeeze).rounded(.down)) + 1
    var taps: [(place: Int, weight: Double)] = []
    for step in first..<2 - first {
      let weight = kernel(squeeze * (Double(step) - distance), style)
      let place = base + Double(step)
      let counts = !style.excludesOutside || (place >= 0 && place <= Double(extent - 1))
      taps.append((inside(place), counts ? weight : 0))
    }
    let sum = taps.reduce(0) { $0 + $1.weight }
    return style.softens || style.excludesOutside
      ? taps.map { ($0.place, $0.weight / sum) } : taps
  }

  private func inside(_ place: Double) -> Int {
    Int(min(max(place, 0), Double(extent - 1)))
  }

  private func nearest(_ source: Double, _ rounding: ResizeStyle.Rounding) -> Double {
    let isHalf = source - source.rounded(.down) == 0.5
    switch rounding {
    case .floor: return source.rounded(.down)
    case .ceil: return source.rounded(.up)
    case .preferFloor: return isHalf ? source.rounded(.down) : source.rounded()
    case .preferCeil: return isHalf ? source.rounded(.up) : source.rounded()
    }
  }

  /// The weight of an element at a distance: a triangle, or Keys' cubic convolution.
  private func kernel(_ distance: Double, _ style: ResizeStyle) -> Double {
    let (d, a) = (abs(distance), style.coefficient)
    if style.mode == .linear { return max(1 - d, 0) }
    if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }
}
