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
      let given =
        node.version < 20
        ? try node.integer("axis", default: 1) : try node.integers(2)?.first ?? -2
      let axis = try node.axis(given, rank: extents.count)
      guard axis < extents.count - 1 else {
        throw .invalid("axis-range", "the last axis holds real and imaginary parts")
      }
      let length = try node.integers(1)?.first
      let standard = inverse && onesided ? 2 * (extents[axis] - 1) : extents[axis]
      let transform = Transform(
        length: length ?? standard, inverse: inverse, onesided: onesided)
      return [try node.transformed(value, axis: axis, transform)]
    },
    OperatorRule("STFT") { node throws(ImportFailure) in
      let signal = try node.operand(0)
      let extents = try node.extents(of: signal)
      let onesided = try node.flag("onesided", default: true)
      let window = node.optionalOperand(2)
      let windowLength = try window.map { value throws(ImportFailure) in
        try node.extents(of: value).first ?? 0
      }
      guard extents.count == 3, let step = try node.integers(1)?.first, step > 0 else {
        throw .invalid("stft-step", "a signal of rank 3 and a positive step expected")
      }
      let length = try node.integers(3)?.first ?? windowLength ?? extents[1]
      guard length > 0, length <= extents[1], windowLength ?? length == length else {
        throw .invalid("stft-length", "frames of \(length) of \(extents[1])")
      }
      let count = (extents[1] - length) / step + 1
      guard Shape([count, length]).elementCount.constant ?? .max < 1 << 26 else {
        throw .unsupported("stft-length", "\(count) frames of \(length)")
      }
      let places = (0..<count).flatMap { frame in (0..<length).map { Int64(frame * step + $0) } }
      let indices = node.constant(TensorData(.i64, [count, length], places))
      var frames = try node.add(.gather(Gather(axis: 1)), [signal, indices])
      if let window {
        frames = try node.map([frames, try node.reshape(window, to: Shape([length, 1]))], x * y)
      }
      let transform = Transform(length: length, inverse: false, onesided: onesided)
      return [try node.transformed(frames, axis: 2, transform)]
    },
    window("HannWindow", [0.5, -0.5]),
    window("HammingWindow", [25.0 / 46, -21.0 / 46]),
    window("BlackmanWindow", [0.42, -0.5, 0.08]),
  ]

  /// Σ cₖ cos(2 π k n / N), where N is one less for windows that are not periodic.
  private static func window(_ name: String, _ coefficients: [Double]) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      guard let size = try node.integers(0)?.first, size >= 0 else {
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
}

extension NodeImporter {
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
    let bins = transform.onesided && !transform.inverse ? length / 2 + 1 : length
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
