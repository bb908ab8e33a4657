internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)

extension OperatorRule {
  /// Attention in its parts.
  static let attention: [OperatorRule] = [OperatorRule("Attention", attend)]

  private static let attend: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    let isFlat = node.type(of: try node.operand(0)).rank == 3
    let heads = (try node.integer("q_num_heads"), try node.integer("kv_num_heads"))
    let query = try node.heads(try node.operand(0), heads.0)
    var (key, value) = (
      try node.heads(try node.operand(1), heads.1), try node.heads(try node.operand(2), heads.1)
    )
    var past: Dimension = 0
    if let (keys, values) = try node.pastStates() {
      past = node.type(of: keys).shape.dimensions.dropFirst(2).first ?? 0
      key = try node.add(.concat(Concat(axis: 2)), [keys, key])
      value = try node.add(.concat(Concat(axis: 2)), [values, value])
    }
    let sizes = try node.attentionSizes(query, key, value, past: past)
    let element = node.type(of: query).element
    let width = Double(try node.extent(3, of: query))
    let scale = try node.real("scale", default: 1 / width.squareRoot()).squareRoot()
    let products = try node.product(
      try node.map([query], x * .real(scale)),
      try node.transpose(try node.map([key], x * .real(scale)), [0, 1, 3, 2]), sizes)
    let cap = try node.real("softcap", default: 0)
    let capped =
      cap > 0
      ? try node.map([products], .unary(.tanh, x / .real(cap)) * .real(cap)) : products
    let bias = try node.attentionBias(sizes, element)
    let biased =
      try bias.map { bias throws(ImportFailure) in
        try node.map([capped, bias], x + y)
      } ?? capped
    var weights = biased
    if try node.integer("softmax_precision") != nil {
      weights = try node.converted(weights, to: try node.elementType("softmax_precision"))
    }
    weights = try node.add(.softmax(Softmax(axis: 3, logarithm: false)), [weights])
    weights = try node.converted(weights, to: element)
    if let bias { weights = try node.clearingMasked(weights, bias) }
    var result = try node.product(weights, value, sizes)
    if isFlat {
      let width = Dimension(sizes.heads) * node.type(of: value).shape[3]
      result = try node.reshape(
        try node.transpose(result, [0, 2, 1, 3]), to: Shape([sizes.batch, sizes.queries, width]))
    }
    let mode = try node.integer("qk_matmul_output_mode", default: 0)
    let stages = [products, capped, biased, weights]
    guard stages.indices.contains(mode) else {
      throw .invalid("attention-mode", "qk_matmul_output_mode is \(mode)")
    }
    return [result, key, value, stages[mode]]
  }
}

/// The extents of an attention.
struct AttentionSizes {
  let batch: Dimension
  /// The number of query heads.
  let heads: Int
  /// The number of query heads that share one key head.
  let sharing: Int
  let queries: Dimension
  /// The number of keys, past ones included.
  let keys: Dimension
  let past: Dimension
}

extension NodeImporter {
  /// The extents of an attention of operands of rank 4, checked as far as heads go.
  func attentionSizes(
    _ query: ValueID, _ key: ValueID, _ value: ValueID, past: Dimension = 0
  ) throws(ImportFailure) -> AttentionSizes {
    let (heads, shared) = (try extent(1, of: query), try extent(1, of: key))
    guard shared > 0, heads % shared == 0, type(of: value).shape[1] == Dimension(shared) else {
      throw .invalid("attention-heads", "\(heads) query heads for \(shared) key heads")
    }
    let (queries, keys) = (type(of: query).shape, type(of: key).shape)
    return AttentionSizes(
      batch: queries[0], heads: heads, sharing: heads / shared, queries: queries[2],
      keys: keys[2], past: past)
  }

  /// A tensor `[batch, heads, sequence, width]`, from that or `[batch, sequence, heads · width]`.
  fileprivate mutating func heads(_ value: ValueID, _ count: Int?) throws(ImportFailure) -> ValueID
  {
    if type(of: value).rank == 4 { return value }
    guard type(of: value).rank == 3, let count else {
      throw .invalid("attention-rank", "operands of rank 4, or of rank 3 with a number of heads")
    }
    return try transpose(try splitWidth(of: value, heads: count), [0, 2, 1, 3])
  }

  /// A tensor `[batch, sequence, heads, width]`, from `[batch, sequence, heads · width]`.
  mutating func splitWidth(of value: ValueID, heads: Int) throws(ImportFailure) -> ValueID {
    let shape = type(of: value).shape
    guard shape.rank == 3, heads > 0, try extent(2, of: value) % heads == 0 else {
      throw .invalid("attention-heads", "\(heads) heads in a tensor of shape \(shape)")
    }
    let width = shape[2] / Dimension(heads)
    return try reshape(value, to: Shape([shape[0], shape[1], Dimension(heads), width]))
  }

  fileprivate func pastStates() throws(ImportFailure) -> (ValueID, ValueID)? {
    switch (optionalOperand(4), optionalOperand(5)) {
    case (nil, nil): return nil
    case (let keys?, let values?): return (keys, values)
    default: throw .invalid("attention-past", "past keys and values belong together")
    }
  }

  /// The matrix product per head; several query heads may share one head on the right.
  mutating func product(
    _ left: ValueID, _ right: ValueID, _ sizes: AttentionSizes
  ) throws(ImportFailure) -> ValueID {
    if sizes.sharing == 1 { return try add(.matmul(MatMul()), [left, right]) }
    var (a, b) = (type(of: left).shape.dimensions, type(of: right).shape.dimensions)
    let result = Shape([a[0], a[1], a[2], b[3]])
    let groups = [sizes.heads / sizes.sharing, sizes.sharing].map { Dimension($0) }
    a.replaceSubrange(1...1, with: groups)
    b.insert(1, at: 2)
    let product = try add(
      .matmul(MatMul()), [try reshape(left, to: Shape(a)), try reshape(right, to: Shape(b))])
    return try reshape(product, to: result)
  }

  /// What is added to the scores: the mask, and -∞ where a key must not be seen.
  fileprivate mutating func attentionBias(
    _ sizes: AttentionSizes, _ element: ElementType
  ) throws(ImportFailure) -> ValueID? {
    var mask = try optionalOperand(3).map { mask throws(ImportFailure) in
      try paddedMask(mask, keys: sizes.keys)
    }
    var allowed = try visibleKeys(sizes)
    if let given = mask, type(of: given).element == .bool {
      allowed =
        try allowed.map { allowed throws(ImportFailure) in
          try map([allowed, given], .binary(.and, x, y))
        } ?? given
      mask = nil
    }
    guard let allowed else { return mask }
    let hidden = Scalar.select(
      x, .literal(.float(0), element), .literal(.float(-.infinity), element))
    guard let mask else { return try map([allowed], hidden) }
    return try map([allowed, mask], y + hidden)
  }

  /// A mask that hides the keys it does not mention.
  private mutating func paddedMask(
    _ mask: ValueID, keys: Dimension
  ) throws(ImportFailure) -> ValueID {
    let (shape, element) = (type(of: mask).shape, type(of: mask).element)
    guard shape.rank > 0 else { throw .invalid("attention-mask", "a mask without axes") }
    guard let last = shape[shape.rank - 1].constant, let keys = keys.constant else {
      return try checked(mask, axis: shape.rank - 1, extent: keys)
    }
    if last == keys { return mask }
    guard last < keys else {
      throw .invalid("attention-mask", "a mask of shape \(shape) for \(keys) keys")
    }
    let fill = constant(element == .bool ? 0 : -.infinity, element)
    let none = [Int](repeating: 0, count: shape.rank)
    let pad = Pad(before: none, after: none.dropLast() + [keys - last], mode: .constant)
    return try add(.pad(pad), [mask, fill])
  }

  /// Whether a query may see a key by its place; `nil` when each sees all.
  private mutating func visibleKeys(_ sizes: AttentionSizes) throws(ImportFailure) -> ValueID? {
    let key = try places(sizes.keys)
    var position = try places(sizes.queries, along: 0, rank: 2)
    var tests: [(ValueID, Scalar)] = []
    if let count = optionalOperand(6) {
      let column = try converted(
        try reshape(count, to: Shape([sizes.batch, 1, 1, 1])), to: .i64)
      tests.append((column, x < y))
      position = try map([position, column, try vector([sizes.queries])], x + y - z)
    } else if sizes.past != 0 {
      position = try map([position, try vector([sizes.past])], x + y)
    }
    if try flag("is_causal", default: false) {
      tests.append((position, .compare(.lessOrEqual, x, y)))
    }
    let left = try integer("left_window_size", default: -1)
    let right = try integer("right_window_size", default: -1)
    guard (-1..<1 << 40).contains(left), (-1..<1 << 40).contains(right) else {
      throw .invalid("attention-window", "a window of \(left) and \(right) keys")
    }
    if left >= 0 {
      tests.append((position, .compare(.greaterOrEqual, x, y - .integer(left))))
    }
    if right >= 0 { tests.append((position, .compare(.lessOrEqual, x, y + .integer(right)))) }
    var allowed: ValueID?
    for (operand, formula) in tests {
      let test = try map([key, operand], formula)
      allowed =
        try allowed.map { allowed throws(ImportFailure) in
          try map([allowed, test], .binary(.and, x, y))
        } ?? test
    }
    return allowed
  }

  /// Weights that are 0 in rows whose keys are all hidden.
  fileprivate mutating func clearingMasked(
    _ weights: ValueID, _ bias: ValueID
  ) throws(ImportFailure) -> ValueID {
    let most = try add(.reduce(Reduce(.max, axes: [type(of: bias).rank - 1])), [bias])
    return try map(
      [weights, most], .select(.compare(.equal, y, .real(-.infinity)), 0, x))
  }
}
