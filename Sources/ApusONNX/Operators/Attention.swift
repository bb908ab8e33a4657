internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

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
    var past = 0
    if let (keys, values) = try node.pastStates() {
      past = try node.extents(of: keys).dropFirst(2).first ?? 0
      key = try node.add(.concat(Concat(axis: 2)), [keys, key])
      value = try node.add(.concat(Concat(axis: 2)), [values, value])
    }
    let (q, k) = (try node.extents(of: query), try node.extents(of: key))
    guard k[1] > 0, q[1] % k[1] == 0, k[1] == (try node.extents(of: value))[1] else {
      throw .invalid("attention-heads", "\(q[1]) query heads for \(k[1]) key heads")
    }
    let sizes = AttentionSizes(
      batch: q[0], heads: q[1], sharing: q[1] / k[1], queries: q[2], keys: k[2], past: past)
    let element = node.type(of: query).element
    let scale = try node.real("scale", default: 1 / Double(q[3]).squareRoot()).squareRoot()
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
      let width = (try node.extents(of: value))[3]
      result = try node.reshape(
        try node.transpose(result, [0, 2, 1, 3]),
        to: Shape([sizes.batch, sizes.queries, sizes.heads * width]))
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
  let batch: Int
  /// The number of query heads.
  let heads: Int
  /// The number of query heads that share one key head.
  let sharing: Int
  let queries: Int
  /// The number of keys, past ones included.
  let keys: Int
  let past: Int
}

extension NodeImporter {
  /// A tensor `[batch, heads, sequence, width]`, from that or `[batch, sequence, heads · width]`.
  fileprivate mutating func heads(_ value: ValueID, _ count: Int?) throws(ImportFailure) -> ValueID
  {
    let extents = try extents(of: value)
    if extents.count == 4 { return value }
    guard extents.count == 3, let count, count > 0, extents[2] % count == 0 else {
      throw .invalid("attention-rank", "operands of rank 4, or of rank 3 with a number of heads")
    }
    let split = try reshape(
      value, to: Shape([extents[0], extents[1], count, extents[2] / count]))
    return try transpose(split, [0, 2, 1, 3])
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
    var (a, b) = (try extents(of: left), try extents(of: right))
    let result = Shape([a[0], a[1], a[2], b[3]])
    a.replaceSubrange(1...1, with: [sizes.heads / sizes.sharing, sizes.sharing])
    b.insert(1, at: 2)
    let product = try add(
      .matmul(MatMul()),
      [try reshape(left, to: try shape(a)), try reshape(right, to: try shape(b))])
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
  private mutating func paddedMask(_ mask: ValueID, keys: Int) throws(ImportFailure) -> ValueID {
    let extents = try extents(of: mask)
    guard let last = extents.last, last <= keys else {
      throw .invalid("attention-mask", "a mask of shape \(extents) for \(keys) keys")
    }
    if last == keys { return mask }
    let element = type(of: mask).element
    let fill = constant(element == .bool ? 0 : -.infinity, element)
    let none = extents.map { _ in 0 }
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
      position = try map([position, column], x + y - .integer(sizes.queries))
    } else if sizes.past > 0 {
      position = try map([position], x + .integer(sizes.past))
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
