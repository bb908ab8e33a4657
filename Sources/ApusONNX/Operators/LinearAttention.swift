internal import ApusIR

private let x = Scalar.operand(0)

extension OperatorRule {
  /// Attention in a state of fixed size.
  static let linearAttention: [OperatorRule] = [
    OperatorRule("LinearAttention") { node throws(ImportFailure) in
      let heads = (
        try node.integer("q_num_heads", default: 0), try node.integer("kv_num_heads", default: 0)
      )
      let rule = try node.text("update_rule", default: "gated_delta")
      _ = try node.integer("chunk_size")  // A hint that does not change results.
      guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else {
        throw .invalid("update-rule", "update_rule \"\(rule)\" does not exist")
      }
      let core = LinearAttention(decays: rule.hasPrefix("gated"), corrects: rule.hasSuffix("delta"))
      guard heads.1 > 0, heads.0 > 0, heads.0 % heads.1 == 0,
        core.decays == (node.optionalOperand(4) != nil),
        core.corrects == (node.optionalOperand(5) != nil)
      else { throw .invalid("attention-heads", "the operands do not fit the rule \(rule)") }
      var operands = [try node.splitHeads(0, heads.0)]
      for place in [1, 2] { operands.append(try node.splitHeads(place, heads.1)) }
      let (keys, values) = (node.type(of: operands[1]).shape, node.type(of: operands[2]).shape)
      let state = Shape([keys[0], Dimension(heads.1), keys[3], values[3]])
      let element = node.type(of: try node.operand(0)).element
      let past = node.optionalOperand(3)
      if let past {
        operands.append(try node.converted(past, to: .f32))
      } else {
        operands.append(try node.broadcast(node.constant(0, .f32), to: state))
      }
      if core.decays {
        let decay = try node.splitHeads(4, heads.1)
        operands.append(try node.broadcast(try node.map([decay], .exp(x)), to: keys))
      }
      if core.corrects {
        let last = node.type(of: try node.operand(5)).rank - 1
        let share = try node.splitHeads(5, try node.extent(max(last, 0), of: try node.operand(5)))
        let rows = keys.dimensions[..<3]
        let wide = try node.broadcast(share, to: Shape(rows + [1]))
        operands.append(try node.reshape(wide, to: Shape(Array(rows))))
      }
      let results = try node.append(.linearAttention(core), operands)
      let given = try node.real("scale", default: 0)
      let width = Double(try node.extent(3, of: operands[1]))
      let scale = given == 0 ? 1 / width.squareRoot() : given
      let rows = try node.transpose(
        try node.map([results[0]], .convert(x * .real(scale), element)), [0, 2, 1, 3])
      let last = past.map { node.type(of: $0).element } ?? element
      return [
        try node.reshape(rows, to: Shape([keys[0], keys[2], Dimension(heads.0) * values[3]])),
        try node.converted(results[1], to: last),
      ]
    }
  ]
}

extension NodeImporter {
  /// Operand `place`, `[batch, steps, heads · width]`, as `f32` `[batch, heads, steps, width]`.
  fileprivate mutating func splitHeads(
    _ place: Int, _ heads: Int
  ) throws(ImportFailure) -> ValueID {
    let split = try splitWidth(of: try operand(place), heads: heads)
    return try converted(try transpose(split, [0, 2, 1, 3]), to: .f32)
  }
}
