internal import ApusBytecode
internal import ApusIR

extension TensorData {
  /// Real numbers rounded to a type of floats, as the interpreter does it; larger ones than
  /// `highest` become that.
  func rounded(to element: ElementType, highest: Double? = nil) -> TensorData? {
    var graph = Graph(name: "round")
    let clamped =
      highest.map { Scalar.max(.min(.operand(0), .real($0)), .real(-$0)) } ?? .operand(0)
    guard
      let result = try? graph.map([graph.constant(self)], .convert(clamped, element))
    else { return nil }
    graph.addOutput(result, name: "rounded")
    return Session.evaluate(graph)?.first
  }
}

extension GroupedWeights {
  /// Weights as floats of 8 bits that fill the range of the type, group by group.
  static func floats(_ weights: TensorData, _ groups: WeightGroups) -> GroupedWeights? {
    let code = WeightCode(floats: .f8e4m3fn, highest: 448)
    return scaled(weights, groups, code) { code.step(for: $0, .nearest).scale }.map {
      data, scales in
      GroupedWeights(
        axis: groups.axis, block: groups.block, data: data,
        scales: TensorData(.f32, groups.shape, scales))
    }
  }

  /// Weights whose groups share a power of 2: that of the largest one, less the largest of the
  /// type (OCP Microscaling Formats 1.0, section 6.3).
  static func microscaled(
    _ weights: TensorData, _ groups: WeightGroups, _ element: ElementType
  ) -> GroupedWeights? {
    let (highest, largestExponent): (Float, Int) =
      element == .f4e2m1 ? (6, 2) : (448, 8)
    let code = WeightCode(floats: element, highest: highest)
    func exponent(_ values: [Float]) -> Int {
      let largest = values.reduce(0) { max($0, abs($1)) }
      return largest.isNormal ? max(Int(largest.exponent) - largestExponent, -126) : -126
    }
    let result = scaled(weights, groups, code) {
      Float(sign: .plus, exponent: exponent($0), significand: 1)
    }
    return result.map { data, scales in
      let bits = scales.map { UInt8(truncatingIfNeeded: Int($0.exponent) + 127) }
      return GroupedWeights(
        axis: groups.axis, block: groups.block, data: data,
        scales: TensorData(.f8e8m0, groups.shape, bits))
    }
  }

  private static func scaled(
    _ weights: TensorData, _ groups: WeightGroups, _ code: WeightCode,
    _ scale: ([Float]) -> Float
  ) -> (TensorData, [Float])? {
    var numbers = weights.elements(as: Float.self)
    var scales: [Float] = []
    for group in 0..<groups.count {
      let places = groups.places(of: group)
      scales.append(scale(places.map { numbers[$0] }))
      for place in places { numbers[place] /= scales[group] }
    }
    let data = TensorData(.f32, weights.type.shape.extents ?? [], numbers)
      .rounded(to: code.element, highest: Double(code.highest))
    return data.map { ($0, scales) }
  }
}
