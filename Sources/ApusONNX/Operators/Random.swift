internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators of random numbers, which are functions of a seed and of the place of an element.
  static let random: [OperatorRule] = [
    generator("RandomUniform", isLike: false, uniform),
    generator("RandomUniformLike", isLike: true, uniform),
    generator("RandomNormal", isLike: false, normal),
    generator("RandomNormalLike", isLike: true, normal),
    OperatorRule("Bernoulli") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let type = node.type(of: value)
      let isGiven = try node.integer("dtype") != nil
      let element = isGiven ? try node.elementType("dtype") : type.element
      let number = try node.uniform(type.shape, type.element)
      return [try node.map([number, value], .convert(x < y, element))]
    },
    OperatorRule("Multinomial") { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let isGiven = try node.integer("dtype") != nil
      let element = isGiven ? try node.elementType("dtype") : .i32
      let count = try node.integer("sample_size", default: 1)
      guard shape.rank == 2, shape[1] != 0, (1..<1 << 24).contains(count) else {
        throw .invalid("multinomial-shape", "\(count) samples of scores \(shape)")
      }
      let (rows, samples) = (shape[0], Dimension(count))
      // A sample is the number of classes whose running sum of chances it lies above.
      let chances = try node.add(.softmax(Softmax(axis: 1, logarithm: false)), [value])
      let sums = try node.add(
        .cumulate(Cumulate(.sum, axis: 1, exclusive: false, reverse: false)), [chances])
      let inner = try node.slice(sums, axis: 1, start: 0, count: shape[1] - 1)
      let numbers = try node.uniform(Shape([rows, samples]), node.type(of: value).element)
      let isAbove = try node.map(
        [
          try node.reshape(numbers, to: Shape([rows, samples, 1])),
          try node.reshape(inner, to: Shape([rows, 1, shape[1] - 1])),
        ], .convert(.compare(.greaterOrEqual, x, y), .i64))
      return [try node.converted(try node.total(isAbove, axis: 2), to: element)]
    },
    OperatorRule("Dropout", dropout),
  ]

  private typealias Numbers =
    @Sendable (inout NodeImporter, Shape, ElementType)
    throws(ImportFailure) -> ValueID

  private static func generator(
    _ name: String, isLike: Bool, _ body: @escaping Numbers
  ) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let isGiven = try node.integer("dtype") != nil
      let standard = isLike ? node.type(of: try node.operand(0)).element : .f32
      let element = isGiven ? try node.elementType("dtype") : standard
      let given =
        isLike
        ? node.type(of: try node.operand(0)).shape
        : try node.integers("shape").map { extents throws(ImportFailure) in
          try node.shape(extents)
        }
      guard let shape = given, element.isFloat else {
        throw .invalid("random-shape", "\(name) needs a shape and a type of real numbers")
      }
      return [try node.converted(try body(&node, shape, element), to: element)]
    }
  }

  private static let uniform: Numbers = { node, shape, element throws(ImportFailure) in
    let (low, high) = (try node.real("low", default: 0), try node.real("high", default: 1))
    return try node.map(
      [try node.uniform(shape, element)], x * .real(high - low) + .real(low))
  }

  private static let normal: Numbers = { node, shape, element throws(ImportFailure) in
    let (mean, scale) = (try node.real("mean", default: 0), try node.real("scale", default: 1))
    let pair = [
      try node.uniform(shape, element), try node.uniform(shape, element, stream: 1),
    ]
    // Box and Muller; 1 - x is never 0.
    let radius = Scalar.unary(.sqrt, .unary(.log, 1 - x) * -2)
    return try node.map(
      pair, radius * .unary(.cos, y * .real(2 * .pi)) * .real(scale) + .real(mean))
  }

  /// Dropout: in training mode, elements vanish with the chance `ratio` and others grow.
  private static let dropout: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let value = try node.operand(0)
    let (extents, element) = (node.type(of: value).shape, node.type(of: value).element)
    let ratio = try node.real("ratio", default: 0.5)
    // The mask had the type of the data before version 10.
    let maskElement = node.version < 10 ? element : .bool
    guard let training = try node.trainingFlag() else {
      _ = node.attribute("seed")
      return [
        try node.map([value], x),
        try node.broadcast(node.constant(1, maskElement), to: extents),
      ]
    }
    let chance = node.optionalOperand(1) ?? node.constant(ratio, element)
    let numbers = try node.uniform(extents, element)
    let wide = node.type(of: numbers).element
    // Operands: number, chance, whether this is training.
    let keeps = Scalar.binary(
      .or, .unary(.not, .operand(2)), .compare(.greaterOrEqual, x, .convert(y, wide)))
    let mask = try node.map([numbers, chance, training], keeps)
    let factor = Scalar.select(.operand(2), 1 / (1 - .operand(3)), 1)
    let scaled = Scalar.select(y, x * .convert(factor, element), 0)
    return [
      try node.map([value, mask, training, try node.converted(chance, to: element)], scaled),
      try node.converted(mask, to: maskElement),
    ]
  }
}

extension NodeImporter {
  /// Whether a Dropout is part of a training; `nil` when it never is.
  ///
  /// Before version 7 an attribute says so, up to version 11 none ever is, then an operand decides.
  fileprivate mutating func trainingFlag() throws(ImportFailure) -> ValueID? {
    if version < 7 {
      if version < 6 { _ = try integers("consumed_inputs") }
      return try flag("is_test", default: false) ? nil : constant(1, .bool)
    }
    guard let flag = optionalOperand(2), contents[flag]?.first != 0 else { return nil }
    return flag
  }

  /// Numbers from 0 up to 1, `f64` for that type and else `f32`, of the node's seed.
  fileprivate mutating func uniform(
    _ shape: Shape, _ element: ElementType, stream: UInt64 = 0
  ) throws(ImportFailure) -> ValueID {
    if shape.dimensions.contains(0) { return try broadcast(constant(0, element), to: shape) }
    func literal(_ bits: UInt64) -> Scalar { .literal(.integer(Int(bitPattern: UInt(bits))), .u64) }
    func folded(_ word: Scalar, _ bits: UInt64) -> Scalar {
      .binary(.xor, word, .binary(.shiftRight, word, literal(bits)))
    }
    // SplitMix64: word number n of a seed is its mixed sum with n times an odd number.
    var place = Scalar.literal(.integer(0), .i64)
    var (operands, stride) = ([ValueID](), Dimension(1))
    for axis in (0..<shape.rank).reversed() where shape[axis] != 1 {
      let index = Scalar.operand(operands.count)
      operands.append(try places(shape[axis], along: axis, rank: shape.rank))
      place = place + index * (try scalar(stride, &operands))
      stride = stride * shape[axis]
    }
    if operands.isEmpty { operands = [constant(0, .i64)] }
    let start = try randomKey().mixed &+ (stream &+ 1) &* UInt64.golden
    let word = literal(start) + .convert(place, .u64) * literal(2 &* UInt64.golden)
    var words = try map(operands, word)
    words = try map([words], folded(x, 30) * literal(0xbf58_476d_1ce4_e5b9))
    words = try map([words], folded(x, 27) * literal(0x94d0_49bb_1331_11eb))
    let last = Scalar.binary(.xor, x, .binary(.shiftRight, x, literal(31)))
    let isWide = element == .f64
    let bits = Scalar.binary(.shiftRight, last, literal(isWide ? 11 : 40))
    let numbers = try map(
      [words], .convert(bits, isWide ? .f64 : .f32) * .real(isWide ? 0x1p-53 : 0x1p-24))
    return try broadcast(numbers, to: shape)
  }

  /// The seed of the node: its attribute, or what its first result is called.
  private mutating func randomKey() throws(ImportFailure) -> UInt64 {
    switch attribute("seed") {
    case .float(let value)?: return UInt64(value.bitPattern)
    case .int(let value)?: return UInt64(bitPattern: Int64(value))
    case nil:
      // FNV-1a.
      return (node.outputs.first { !$0.isEmpty } ?? "").utf8.reduce(0xcbf2_9ce4_8422_2325) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01b3
      }
    default: throw .invalid("attribute-type", "attribute \"seed\" has the wrong type")
    }
  }
}

extension UInt64 {
  /// The odd number nearest to 2^64 divided by the golden ratio.
  fileprivate static let golden: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// The number mixed as SplitMix64 does.
  fileprivate var mixed: UInt64 {
    var word = (self ^ self >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}
