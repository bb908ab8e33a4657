extension Operation {
  /// The types of the results for operands of given types.
  ///
  /// - Throws: `OperatorError` when the operator does not take such operands.
  func resultTypes(of operands: [TensorType]) throws(OperatorError) -> [TensorType] {
    if !takesStrings, operands.contains(where: { $0.element == .string }) {
      throw OperatorError("\(mnemonic) of string is not defined", id: "element-type")
    }
    return try definition.resultTypes(of: operands)
  }

  /// Whether elements may be strings: they are moved or compared, or a function says what is done.
  private var takesStrings: Bool {
    switch self {
    case .constant, .extents, .map, .transpose, .reshape, .broadcast, .slice, .concat, .pad,
      .gather, .take, .split, .relayout, .branch, .repeat, .kernel, .custom:
      true
    case .scatter(let scatter): scatter.kind == .set
    case .sort, .matmul, .blockMatMul, .conv, .pool, .reduce, .argReduce, .cumulate, .softmax,
      .normalize, .lstm,
      .recurrent, .linearAttention, .bind:
      false
    }
  }
}
