internal import ApusIR

extension OperatorRule {
  /// Operators that copy elements, and those that make tensors out of shapes.
  static let movement: [OperatorRule] = [
    OperatorRule("Concat") { node throws(ImportFailure) in
      let operands = try node.allOperands()
      let axis = try node.integer("axis", default: 1)
      return [
        try node.add(
          .concat(Concat(axis: try node.axis(axis, rank: node.type(of: operands[0]).rank))),
          operands)
      ]
    },
    OperatorRule("Gather") { node throws(ImportFailure) in
      let operands = try node.allOperands(atLeast: 2, atMost: 2)
      let shape = node.type(of: operands[0]).shape
      let axis = try node.axis(try node.integer("axis", default: 0), rank: shape.rank)
      if let extent = shape[axis].constant,
        let index = node.contents[operands[1]]?.compactMap(\.constant)
          .first(where: { $0 < -extent || $0 >= extent })
      {
        throw .invalid("gather-index", "index \(index) is outside an axis of extent \(extent)")
      }
      return [try node.add(.gather(Gather(axis: axis)), operands)]
    },
    OperatorRule("Pad", pad),
    OperatorRule("Tile") { node throws(ImportFailure) in
      // [d] -> [1, d] -> [r, d] -> [r * d] for every axis
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let expected = node.declaredExtents(rank: shape.rank)
      let promised = zip(expected, shape.dimensions).map { total, extent -> Int? in
        guard let total, let extent = extent.constant, extent > 0 else { return nil }
        return total / extent
      }
      let repeats = try node.sizes(
        try node.converted(try node.operand(1), to: .i64), "repeat", expected: promised)
      guard repeats.count == shape.rank else {
        throw .invalid("tile-repeats", "Tile needs one repeat per axis")
      }
      let split = Shape(shape.dimensions.flatMap { [1, $0] })
      let wide = Shape(zip(repeats, shape.dimensions).flatMap { [$0, $1] })
      let result = Shape(zip(repeats, shape.dimensions).map { $0 * $1 })
      let copies = try node.broadcast(try node.reshape(value, to: split), to: wide)
      return [try node.add(.reshape(Reshape(result)), [copies])]
    },
    OperatorRule("Shape") { node throws(ImportFailure) in
      let shape = node.type(of: try node.operand(0)).shape
      func bound(_ value: Int) -> Int {
        min(max(value < 0 ? value + shape.rank : value, 0), shape.rank)
      }
      let start = bound(try node.integer("start", default: 0))
      let end = bound(try node.integer("end", default: shape.rank))
      let part = Shape(Array(shape.dimensions[start..<max(start, end)]))
      return [try node.add(.extents(Extents(part)), [])]
    },
    OperatorRule("Size") { node throws(ImportFailure) in
      let count = node.type(of: try node.operand(0)).shape.elementCount
      let extent = try node.add(.extents(Extents(Shape([count]))), [])
      return [try node.reshape(extent, to: Shape([Int]()))]
    },
    OperatorRule("Constant") { node throws(ImportFailure) in [try node.constantAttribute()] },
    OperatorRule("ConstantOfShape") { node throws(ImportFailure) in
      let operand = try node.operand(0)
      let rank = node.type(of: operand).shape.elementCount.constant ?? 0
      let extents = try node.sizes(
        operand, "size", expected: node.declaredExtents(rank: rank))
      var fill = node.constant(0, .f32)
      if case .tensor(let tensor)? = node.attribute("value") {
        fill = node.constant(tensor.data)
      }
      let scalar = try node.reshape(fill, to: Shape([Int]()))
      return [try node.add(.broadcast(Broadcast(Shape(extents))), [scalar])]
    },
    OperatorRule("Range", range),
  ]

  private static let pad: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let value = try node.operand(0)
    let type = node.type(of: value)
    let name = try node.text("mode", default: "constant")
    guard let mode = Pad.Mode(rawValue: name) else {
      throw .invalid("pad-mode", "mode \"\(name)\" does not exist")
    }
    var fill = node.constant(try node.real("value", default: 0), type.element)
    if let given = node.optionalOperand(2) { fill = try node.reshape(given, to: Shape([Int]())) }
    if node.isOpen(1) || node.isOpen(3) {
      if mode != .constant { return [try node.openMirroring(value, mode)] }
      let pads = try node.openPads(value, rank: type.rank)
      let pad = Pad(before: pads.before, after: pads.after, mode: mode)
      return [try node.add(.pad(pad), [value, fill])]
    }
    guard let pads = try node.dimensions(node.version < 2 ? "paddings" : "pads", orOperand: 1)
    else {
      throw .invalid("missing-operand", "Pad needs pads")
    }
    let axes = try node.integers(3) ?? Array(0..<type.rank)
    guard pads.count == 2 * axes.count else {
      throw .invalid("pad-count", "\(pads.count) pads for \(axes.count) axes")
    }
    _ = try node.axes(axes, rank: type.rank)
    var result = Pad(
      before: [Int](repeating: 0, count: type.rank), after: [Int](repeating: 0, count: type.rank),
      mode: mode)
    for (place, axis) in axes.enumerated() {
      let axis = try node.axis(axis, rank: type.rank)
      result.before[axis] = pads[place]
      result.after[axis] = pads[place + axes.count]
    }
    return [try node.add(.pad(result), [value, fill])]
  }

  private static let range: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let element = node.type(of: try node.operand(0)).element
    let isKnown = !(0..<3).contains { node.isOpen($0) }
    guard element == .i64 || element == .i32, isKnown else {
      return [try node.openRange(element)]
    }
    guard let start = try node.integers(0)?.first, let limit = try node.integers(1)?.first,
      let step = try node.integers(2)?.first
    else { throw .invalid("missing-operand", "Range needs start, limit and delta") }
    guard step != 0 else { throw .invalid("range-delta", "delta is 0") }
    let (distance, overflow) = limit.subtractingReportingOverflow(start)
    let count = step > 0 ? (distance - 1) / step + 1 : (distance + 1) / step + 1
    guard !overflow, abs(count) < 1 << 24 else {
      throw ImportFailure(
        category: .limitExceeded, id: "range-size", message: "Range has too many elements")
    }
    let length = (step > 0) == (distance > 0) && distance != 0 ? count : 0
    let numbers = (0..<length).map { start + $0 * step }
    return [
      node.constant(
        element == .i64
          ? TensorData(.i64, [length], numbers.map { Int64($0) })
          : TensorData(.i32, [length], numbers.map { Int32(truncatingIfNeeded: $0) }))
    ]
  }
}

extension NodeImporter {
  /// ONNX Range of numbers that are real or computed.
  ///
  /// Its length is a symbol unless the file declares it. A delta of 0 stops the run.
  fileprivate mutating func openRange(_ element: ElementType) throws(ImportFailure) -> ValueID {
    let (start, limit, delta) = (Scalar.operand(0), Scalar.operand(1), Scalar.operand(2))
    var numbers: [ValueID] = []
    for operand in try allOperands(atLeast: 3, atMost: 3) {
      guard type(of: operand).element == element else {
        throw .invalid("element-type", "start, limit and delta of a Range have different types")
      }
      numbers.append(try reshape(operand, to: Shape([1])))
    }
    if contents[numbers[0]] == [0], contents[numbers[2]] == [1],
      let count = knownExtents(of: numbers[1]).first ?? nil, isBounded(count, by: 0...1 << 24)
    {
      return try converted(try places(count), to: element)
    }
    let reals = try numbers.map { value throws(ImportFailure) in try converted(value, to: .f64) }
    let steps = Scalar.unary(.ceil, (limit - start) / delta)
    let isUsable = Scalar.compare(.notEqual, delta, 0)
    let count = try map(
      reals, .convert(.select(isUsable, .min(.max(steps, 0), .real(0x1p40)), -1), .i64))
    let size = try sizes(count, "count", expected: declaredExtents(rank: 1), in: 0...1 << 24)
    let places = try places(size[0])
    let wide: ElementType = element.isFloat ? .f64 : .i64
    let formula = Scalar.convert(start, wide) + .convert(limit, wide) * .convert(delta, wide)
    return try map([numbers[0], places, numbers[2]], .convert(formula, element))
  }

  /// The tensor that a Constant node carries in one of its attributes.
  mutating func constantAttribute() throws(ImportFailure) -> ValueID {
    guard node.attributes.count == 1, let name = node.attributes.first?.name else {
      throw .invalid("constant-value", "Constant needs exactly one value")
    }
    switch attribute(name) {
    case .tensor(let tensor)?: return constant(tensor.data, name: tensor.name)
    case .float(let value)?: return constant(TensorData(.f32, [], [value]))
    case .int(let value)?: return constant(TensorData(.i64, [], [Int64(value)]))
    case .floats(let values)?: return constant(TensorData(.f32, [values.count], values))
    case .ints(let values)?:
      return constant(TensorData(.i64, [values.count], values.map { Int64($0) }))
    case .string(let bytes)?: return constant(TensorData(strings: [bytes], []))
    case .strings(let texts)?: return constant(TensorData(strings: texts, [texts.count]))
    default: throw .unsupported("constant-kind", "Constant with \"\(name)\"")
    }
  }
}
