internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Reductions, pooling, softmax and normalizations.
  static let reductions: [OperatorRule] = [
    reduction("ReduceSum", .sum), reduction("ReduceMax", .max), reduction("ReduceMin", .min),
    reduction("ReduceProd", .product),
    reduction("ReduceMean", .sum, after: .mean),
    reduction("ReduceL1", .sum, before: .unary(.absolute, x)),
    reduction("ReduceL2", .sum, before: x * x, after: .formula(.unary(.sqrt, x))),
    reduction("ReduceSumSquare", .sum, before: x * x),
    reduction("ReduceLogSum", .sum, after: .formula(.unary(.log, x))),
    OperatorRule("ReduceLogSumExp") { node throws(ImportFailure) in
      let value = try node.operand(0)
      if node.isOpen(1) { return [try node.openLogSumExp(value)] }
      guard let plan = try node.reductionPlan() else { return [try node.map([value], x)] }
      // max + log(Σ exp(x - max)), where a max that is infinite is left out.
      let most = try node.add(.reduce(Reduce(.max, axes: plan.axes)), [value])
      let shift = try node.map([most], .select(.unary(.isInfinite, x), 0, x))
      let powers = try node.map([value, shift], .exp(x - y))
      let sum = try node.add(.reduce(Reduce(.sum, axes: plan.axes)), [powers])
      return [try node.reshape(try node.map([sum, shift], .unary(.log, x) + y), to: plan.shape)]
    },
    search("ArgMax", .max), search("ArgMin", .min),
    softmax("Softmax", logarithm: false), softmax("LogSoftmax", logarithm: true),
    OperatorRule("MaxPool") { node throws(ImportFailure) in
      let window = try node.poolWindow()
      let byColumns = try node.flag("storage_order", default: false)
      let result = try node.add(.pool(Pool(.max, window: window)), [try node.operand(0)])
      if node.node.outputs.count == 1 { return [result] }
      return [result, try node.maximumPlaces(window, byColumns: byColumns)]
    },
    OperatorRule("AveragePool", averagePool),
    OperatorRule("LpPool") { node throws(ImportFailure) in
      let power = Double(try node.integer("p", default: 2))
      guard power >= 1 else { throw .invalid("pool-power", "p is \(power)") }
      let window = try node.poolWindow()
      let powers = try node.map(
        [try node.operand(0)], .binary(.pow, .unary(.absolute, x), .real(power)))
      let sum = try node.add(.pool(Pool(.sum, window: window)), [powers])
      return [try node.map([sum], .binary(.pow, x, .real(1 / power)))]
    },
    OperatorRule("GlobalAveragePool") { node throws(ImportFailure) in
      try node.reduced(.sum, spatialAxesOf: try node.operand(0), mean: true)
    },
    OperatorRule("GlobalMaxPool") { node throws(ImportFailure) in
      try node.reduced(.max, spatialAxesOf: try node.operand(0), mean: false)
    },
    OperatorRule("GlobalLpPool") { node throws(ImportFailure) in
      // p was a real number in opset 1.
      let power =
        node.version < 2
        ? try node.real("p", default: 2) : Double(try node.integer("p", default: 2))
      guard power >= 1 else { throw .invalid("pool-power", "p is \(power)") }
      let powers = try node.map(
        [try node.operand(0)], .binary(.pow, .unary(.absolute, x), .real(power)))
      let sums = try node.reduced(.sum, spatialAxesOf: powers, mean: false)
      return [try node.map(sums, .binary(.pow, x, .real(1 / power)))]
    },
  ]

  /// What follows a reduction.
  enum Finish: Sendable {
    case nothing
    case mean
    case formula(Scalar)
  }

  private static func reduction(
    _ name: String, _ kind: Reduce.Kind, before: Scalar? = nil, after: Finish = .nothing
  ) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      var value = try node.operand(0)
      let isBool = node.type(of: value).element == .bool
      if isBool { value = try node.converted(value, to: .u8) }
      if node.isOpen(1) {
        let result = try node.openReduction(value, kind, before: before, after: after)
        return [isBool ? try node.converted(result, to: .bool) : result]
      }
      let plan = try node.reductionPlan()
      if let before { value = try node.map([value], before) }
      guard let plan else {
        if case .formula(let formula) = after { return [try node.map([value], formula)] }
        if isBool { return [try node.converted(value, to: .bool)] }
        return [before == nil ? try node.map([value], x) : value]
      }
      var result = try node.reduced(value, kind, axes: plan.axes, after: after)
      if isBool { result = try node.converted(result, to: .bool) }
      return [try node.reshape(result, to: plan.shape)]
    }
  }

  private static func search(_ name: String, _ kind: ArgReduce.Kind) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let axis = try node.axis(try node.integer("axis", default: 0), rank: shape.rank)
      let last = try node.flag("select_last_index", default: false)
      let keeps = try node.flag("keepdims", default: true)
      let result = try node.add(.argReduce(ArgReduce(kind, axis: axis, last: last)), [value])
      if keeps { return [result] }
      var dimensions = shape.dimensions
      dimensions.remove(at: axis)
      return [try node.reshape(result, to: Shape(dimensions))]
    }
  }

  private static func softmax(_ name: String, logarithm: Bool) -> OperatorRule {
    OperatorRule(name) { node throws(ImportFailure) in
      let value = try node.operand(0)
      let shape = node.type(of: value).shape
      let given = try node.integer("axis", default: node.version < 13 ? 1 : -1)
      let axis = try node.axis(given, rank: shape.rank)
      guard node.version < 13, axis != shape.rank - 1 else {
        return [try node.add(.softmax(Softmax(axis: axis, logarithm: logarithm)), [value])]
      }
      // Before opset 13 all axes from `axis` on form one row.
      let row = shape.dimensions[axis...].reduce(Dimension(1), *)
      let flat = try node.reshape(value, to: Shape(shape.dimensions[..<axis] + [row]))
      let result = try node.add(.softmax(Softmax(axis: axis, logarithm: logarithm)), [flat])
      return [try node.reshape(result, to: shape)]
    }
  }

  private static let averagePool:
    @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
      node throws(ImportFailure) in
      let value = try node.operand(0)
      let includesPadding = try node.flag("count_include_pad", default: false)
      let plain = try node.poolWindow(ceil: false)
      let window = try node.poolWindow()
      let sum = try node.add(.pool(Pool(.sum, window: window)), [value])
      let element = node.type(of: value).element
      let counts = try node.windowCounts(
        window, image: value, padding: includesPadding ? plain : nil)
      if let same = counts.uniform {
        return [try node.map([sum], x * .real(1 / Double(same)))]
      }
      var extents = [1, 1]
      extents += counts.extents
      let data = TensorData(.f32, extents, counts.values.map { Float($0) })
      var divisor = node.constant(data)
      if element != .f32 { divisor = try node.map([divisor], .convert(x, element)) }
      return [try node.map([sum, divisor], x / y)]
    }
}

extension NodeImporter {
  /// The axes that a reduction runs over and the shape it leaves; `nil` when it does nothing.
  fileprivate mutating func reductionPlan() throws(ImportFailure) -> (axes: [Int], shape: Shape)? {
    let shape = type(of: try operand(0)).shape
    let given = try integers("axes", orOperand: 1) ?? []
    let keeps = try flag("keepdims", default: true)
    let doesNothing = try flag("noop_with_empty_axes", default: false)
    if given.isEmpty, doesNothing { return nil }
    let axes = given.isEmpty ? Array(0..<shape.rank) : try self.axes(given, rank: shape.rank)
    let left = (0..<shape.rank).filter { keeps || !axes.contains($0) }
    return (axes, Shape(left.map { axes.contains($0) ? 1 : shape[$0] }))
  }

  /// A reduction with what follows it; reduced axes keep extent 1.
  mutating func reduced(
    _ value: ValueID, _ kind: Reduce.Kind, axes: [Int], after: OperatorRule.Finish
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: value).shape
    let result = try add(.reduce(Reduce(kind, axes: axes)), [value])
    return try finished(result, after, count: axes.map { shape[$0] }.reduce(Dimension(1), *))
  }

  /// A reduction of `count` elements each, after what follows it.
  mutating func finished(
    _ value: ValueID, _ after: OperatorRule.Finish, count: Dimension
  ) throws(ImportFailure) -> ValueID {
    let element = type(of: value).element
    switch after {
    case .nothing: return value
    case .formula(let formula): return try map([value], formula)
    case .mean:
      guard let count = count.constant else {
        let divisor = try reshape(try vector([count]), to: Shape([Int]()))
        return try map([value, try map([divisor], .convert(x, element))], x / y)
      }
      guard element.isFloat else {
        return try map([value], x / .literal(.integer(max(count, 1)), element))
      }
      return try map([value], x * .real(1 / Double(count)))
    }
  }

  mutating func reduced(
    _ kind: Reduce.Kind, spatialAxesOf value: ValueID, mean: Bool
  ) throws(ImportFailure) -> [ValueID] {
    let axes = Array(2..<max(type(of: value).rank, 2))
    return [try reduced(value, kind, axes: axes, after: mean ? .mean : .nothing)]
  }

  /// The window of a pooling node.
  mutating func poolWindow(ceil: Bool? = nil) throws(ImportFailure) -> Window {
    guard let extents = try integers("kernel_shape") else {
      throw .invalid("missing-attribute", "\(node.operatorType) needs kernel_shape")
    }
    let rounds = try flag("ceil_mode", default: false)
    return try window(extents: extents, image: try operand(0), ceil: ceil ?? rounds)
  }

  /// How many positions each window covers: those of the image, or those of a padded image.
  func windowCounts(
    _ window: Window, image: ValueID, padding: Window?
  ) throws(ImportFailure) -> WindowCounts {
    guard let shape = Shape(Array(type(of: image).shape.dimensions.dropFirst(2))).extents else {
      throw .unsupported("symbolic-extent", "AveragePool of a symbolic image")
    }
    return WindowCounts(window, shape: shape, padding: padding)
  }
}

/// The number of positions that each window of a pooling covers.
struct WindowCounts {
  /// The number of windows along each axis.
  private(set) var extents: [Int] = []
  /// One count per window in row-major order.
  private(set) var values: [Int] = [1]

  init(_ window: Window, shape: [Int], padding: Window?) {
    for axis in shape.indices {
      let reach = (window.extents[axis] - 1) * window.dilations[axis] + 1
      let span = shape[axis] + window.before[axis] + window.after[axis] - reach
      let low = padding.map { -$0.before[axis] } ?? 0
      let high = shape[axis] + (padding?.after[axis] ?? 0)
      let counts = (0...max(span, 0) / window.strides[axis]).map { place in
        (0..<window.extents[axis]).count { tap in
          let index =
            place * window.strides[axis] + tap * window.dilations[axis] - window.before[axis]
          return index >= low && index < high
        }
      }
      extents.append(counts.count)
      values = values.flatMap { value in counts.map { value * $0 } }
    }
  }

  /// The count when it is the same for all windows.
  var uniform: Int? { values.allSatisfy { $0 == values[0] } ? values[0] : nil }
}
