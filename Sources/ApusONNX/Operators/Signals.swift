internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Discrete Fourier transforms as matrix products, and window functions.
  static let signals: [OperatorRule] = [
    OperatorRule("DFT") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let extents = try node.extents(of: value)
      let inverse = try node.flag("inverse", default: false)
      let onesided = try node.flag("onesided", default: false)
      let length = try node.integers(1)?.first
      let rank = extents.count
      let transforms = extents.map { extent in
        let standard = inverse && onesided ? 2 * (extent - 1) : extent
        return Transform(length: length ?? standard, inverse: inverse, onesided: onesided)
      }
      func transformed(
        _ node: inout NodeImporter, _ axis: Int
      ) throws(ImportFailure) -> ValueID {
        guard axis < rank - 1 else {
          throw .invalid("axis-range", "the last axis holds real and imaginary parts")
        }
        return try node.transformed(value, axis: axis, transforms[axis])
      }
      if node.version < 20 || node.optionalOperand(2) == nil {
        let given = try node.version < 20 ? node.integer("axis", default: 1) : -2
        return [try transformed(&node, try node.axis(given, rank: rank))]
      }
      let declared = node.declaredExtents(rank: rank)
      let candidates = (0..<max(rank - 1, 0)).filter { axis in
        transforms[axis].length > 0
          && (0..<rank - 1).allSatisfy { place in
            let extent = place == axis ? transforms[axis].bins : extents[place]
            return declared[place] ?? extent == extent
          }
      }
      return [try node.choosingAxis(2, rank: rank, candidates: candidates, transformed)]
    },
    OperatorRule("STFT") { node throws(ImportFailure) in
      let signal = try node.operand(0)
      let extents = try node.extents(of: signal)
      let onesided = try node.flag("onesided", default: true)
      let window = node.optionalOperand(2)
      let windowLength = try window.map { value throws(ImportFailure) in
        try node.extents(of: value).first ?? 0
      }
      guard extents.count == 3 else {
        throw .invalid("stft-step", "a signal of rank 3 and a positive step expected")
      }
      let given = node.isOpen(3) ? nil : try node.integers(3)?.first ?? windowLength ?? extents[1]
      // Two lengths of frames have the same number of bins.
      let bins = node.declaredExtents(rank: 4)[2].map { min($0, 1 << 20) } ?? 0
      let promised =
        windowLength.map { [$0] } ?? (onesided ? [2 * bins - 2, 2 * bins - 1] : [bins])
      let candidates = (given.map { [$0] } ?? promised).filter { (1...extents[1]).contains($0) }
      guard !candidates.isEmpty, candidates.allSatisfy({ windowLength ?? $0 == $0 }) else {
        throw .invalid("stft-length", "frames of \(given ?? 0) of \(extents[1])")
      }
      let length =
        if let given { node.vector([given]) } else {
          try node.converted(try node.operand(3), to: .i64)
        }
      let rows = try node.frameStarts(of: extents[1], length: length, known: given)
      let frames: (inout NodeImporter, Int) throws(ImportFailure) -> ValueID = {
        node, length throws(ImportFailure) in
        let count = node.type(of: rows).shape[0].constant ?? 0
        guard Shape([count, length]).elementCount.constant ?? .max < 1 << 26 else {
          throw .unsupported("stft-length", "\(count) frames of \(length)")
        }
        let places = try node.map([rows, try node.places(length, along: 1, rank: 2)], x + y)
        var frames = try node.add(.gather(Gather(axis: 1)), [signal, places])
        if let window {
          frames = try node.map([frames, try node.reshape(window, to: Shape([length, 1]))], x * y)
        }
        let transform = Transform(length: length, inverse: false, onesided: onesided)
        return try node.transformed(frames, axis: 2, transform)
      }
      return [try node.choosing(length, among: candidates, frames)]
    },
    window("HannWindow", [0.5, -0.5]),
    window("HammingWindow", [25.0 / 46, -21.0 / 46]),
    window("BlackmanWindow", [0.42, -0.5, 0.08]),
  ]

  /// Σ cₖ cos(2 π k n / N), where N is one less for windows that are not periodic.
  private static func window(_ name: String, _ coefficients: [Double]) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let promised = node.declaredExtents(rank: 1)
      guard let size = try node.integers(0, promised: promised)?.first, size >= 0 else {
        throw .invalid("window-size", "\(name) needs a size")
      }
      let isPeriodic = try node.flag("periodic", default: true)
      let given = try node.integer("output_datatype") != nil
      let element = given ? try node.elementType("output_datatype") : .f32
      let period = Double(isPeriodic ? size : max(size - 1, 1))
      let place = Scalar.convert(x, .f64)
      var sum = Scalar.real(coefficients[0])
      for (order, coefficient) in coefficients.enumerated().dropFirst() {
        let angle = place * .real(2 * .pi * Double(order) / period)
        sum = .unary(.cos, angle) * .real(coefficient) + sum
      }
      return [try node.map([try node.places(size)], .convert(sum, element))]
    }
  }
}

/// A discrete Fourier transform.
private struct Transform {
  let length: Int
  let inverse: Bool
  let onesided: Bool
  /// The extent of the result.
  var bins: Int { onesided && !inverse ? length / 2 + 1 : length }
}

extension NodeImporter {
  /// The places `[frames, 1]` in a signal at which the frames of an STFT start.
  ///
  /// When step or length is computed, the number of frames is the one that the file declares.
  fileprivate mutating func frameStarts(
    of extent: Int, length: ValueID, known: Int?
  ) throws(ImportFailure) -> ValueID {
    let given = try operand(1)
    let number = isOpen(1) ? nil : try integers(1)?.first
    let declared = declaredExtents(rank: 4)[1]
    guard number ?? 1 > 0 else {
      throw .invalid("stft-step", "a signal of rank 3 and a positive step expected")
    }
    let computed = number.flatMap { number in known.map { (extent - $0) / number + 1 } }
    guard let count = computed ?? declared, count > 0 else {
      throw .unsupported("stft-length", "how many frames there are is not known")
    }
    let step = try reshape(try converted(given, to: .i64), to: Shape([Int]()))
    let frames = (.literal(.integer(extent), .i64) - y) / .max(x, 1) + 1
    let isFit = Scalar.binary(.and, x > 0, .binary(.and, y > 0, y < .integer(extent + 1)))
    let one = try reshape(length, to: Shape([1]))
    try bind(try map([step, one], .select(isFit, frames, 0)), to: [Dimension(count)])
    return try map([try places(count, along: 0, rank: 2), step], x * y)
  }

  /// The transform of an axis of a tensor whose last axis holds the real part, or both parts.
  fileprivate mutating func transformed(
    _ value: ValueID, axis: Int, _ transform: Transform
  ) throws(ImportFailure) -> ValueID {
    let extents = try extents(of: value)
    let (rank, parts, length) = (extents.count, extents[extents.count - 1], transform.length)
    guard (1..<1 << 15).contains(length), (1...2).contains(parts) else {
      throw .unsupported("dft-length", "a transform of \(length) elements of \(parts) parts")
    }
    let isReal = transform.inverse && transform.onesided
    let used = min(extents[axis], isReal ? length / 2 + 1 : length)
    let bins = transform.bins
    // [..., n, parts] with the axis next to the parts, as rows of n · parts numbers.
    var order = Array(0..<rank)
    order.remove(at: axis)
    order.insert(axis, at: rank - 2)
    let rows = try transpose(try slice(value, axis: axis, start: 0, count: used), order)
    let outer = order.dropLast(2).map { extents[$0] }
    let flat = try reshape(rows, to: try shape([outer.reduce(1, *), used * parts]))
    let results = isReal ? 1 : 2
    let matrix = try fourierMatrix(
      transform, from: used, parts: parts, to: bins, results: results,
      element: type(of: value).element)
    let product = try add(.matmul(MatMul()), [flat, matrix])
    let split = try reshape(product, to: Shape(outer + [bins, results]))
    var back = Array(0..<rank - 2)
    back.insert(rank - 2, at: axis)
    return try transpose(split, back + [rank - 1])
  }

  /// The matrix `[n · parts, bins · results]`: a turn by ±2π n k / length of each part.
  private mutating func fourierMatrix(
    _ transform: Transform, from used: Int, parts: Int, to bins: Int, results: Int,
    element: ElementType
  ) throws(ImportFailure) -> ValueID {
    let rank = 4
    let operands = [
      try places(used, along: 0, rank: rank), try places(bins, along: 2, rank: rank),
      try places(parts, along: 1, rank: rank), try places(results, along: 3, rank: rank),
    ]
    let length = Double(transform.length)
    // From part p to part q the turn has a quarter more or less: cos(angle + (p - q) π / 2).
    let steps = Scalar.convert(.binary(.floorMod, x * y, .integer(transform.length)), .f64)
    let sign: Double = transform.inverse ? 1 : -1
    let quarters = Scalar.convert(.operand(2) - .operand(3), .f64)
    let angle = steps * .real(sign * 2 * .pi / length) + quarters * .real(.pi / 2)
    var weight = Scalar.unary(.cos, angle)
    if transform.inverse { weight = weight * .real(1 / length) }
    if transform.inverse, transform.onesided {
      // Bins that have no mirror image count once, all others twice.
      let isSingle = Scalar.binary(
        .or, .compare(.equal, x, 0),
        .compare(.equal, x * 2, .integer(transform.length)))
      weight = weight * .select(isSingle, .literal(.float(1), .f64), .literal(.float(2), .f64))
    }
    let matrix = try map(operands, .convert(weight, element))
    return try reshape(matrix, to: try shape([used * parts, bins * results]))
  }
}
