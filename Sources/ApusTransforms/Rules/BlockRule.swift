internal import ApusIR

extension Rule {
  /// So many rows, and less, take weights as they are stored: reading them is what takes time.
  private static let fewRows = 8
  /// So many rows, and more, hide that weights become reals in between: fewer lose over 5 %.
  private static let manyRows = 256
  /// Fewer weights are better turned into reals ahead.
  private static let leastWeights = 4096

  // matmul(x, (w - z)·s) = block_matmul(x, w, s, z), where w, s and z are constant and s and z
  // stay the same for blocks of rows
  static let blockProduct = Rule("block-product") { rewriter, node throws(OperatorError) in
    guard case .matmul = node.operation, let result = node.results.first,
      let rows = Shape(Array(rewriter.source.type(of: result).shape.dimensions.dropLast()))
        .elementCount.constant, rows <= fewRows || rows >= manyRows,
      let weights = rewriter.blockWeights(node.operands[1]),
      weights.extents[0] * weights.extents[1] >= leastWeights
    else { return nil }
    var codes = weights.stored
    for view in weights.views { codes = try rewriter.append(view, [codes])[0] }
    let parameters = weights.parameters.map { rewriter.constant($0) }
    return try rewriter.append(
      .blockMatMul(BlockMatMul(block: weights.block)), [node.operands[0], codes] + parameters,
      merging: weights.nodes)
  }
}

/// A constant matrix that integers stand for, with scales and zeros for blocks of rows.
private struct BlockWeights {
  /// The integers, and what is done to them to get the matrix.
  var stored: ValueID
  var views: [Operation] = []
  var extents: [Int]
  var scale: BlockParameter
  var zero: BlockParameter?
  var nodes: [Node]

  /// How many neighbouring rows share scale and zero.
  var block: Int { min(scale.blocks[0], zero?.blocks[0] ?? .max, extents[0]) }

  /// Scales, and zeros if there are any, by block and column.
  var parameters: [TensorData] {
    let count = (extents[0] + block - 1) / block
    return [scale, zero].compactMap(\.self).map { parameter in
      let numbers = (0..<count).flatMap { number in
        (0..<extents[1]).map { parameter[number * block, $0] }
      }
      return TensorData(.f32, [count, extents[1]], numbers)
    }
  }

  /// Whether blocks are as block products have them: of some rows, each column on its own.
  ///
  /// Words of 32 bits lie within a block.
  func hasRowBlocks(bits: Int) -> Bool {
    let parameters = [scale, zero].compactMap(\.self)
    return block >= 16 && (block * bits % 32 == 0 || block == extents[0])
      && parameters.allSatisfy { $0.blocks[0] == block || $0.blocks[0] >= extents[0] }
      && parameters.allSatisfy { $0.blocks[1] == 1 || $0.blocks[1] >= extents[1] }
  }
}

/// One number for each block of a matrix.
private struct BlockParameter {
  var numbers: [Float]
  /// How far neighbouring blocks lie apart along both axes.
  var steps: [Int]
  /// The extents of a block; `Int.max` where an axis has one only.
  var blocks: [Int]

  init(_ number: Double) { (numbers, steps, blocks) = ([Float(number)], [0, 0], [.max, .max]) }

  /// A tensor over a matrix, each element of which stands for `sizes` elements.
  init?(_ data: TensorData, sizes: [Int]) {
    guard let extents = data.type.shape.extents, extents.count <= 2, let numbers = data.reals else {
      return nil
    }
    let full = [Int](repeating: 1, count: 2 - extents.count) + extents
    self.numbers = numbers
    steps = [full[0] == 1 ? 0 : full[1], full[1] == 1 ? 0 : 1]
    blocks = zip(full, sizes).map { $0 == 1 ? .max : $1 }
  }

  subscript(_ row: Int, _ column: Int) -> Float {
    numbers[row / blocks[0] * steps[0] + column / blocks[1] * steps[1]]
  }

  var transposed: BlockParameter {
    var result = self
    (result.steps, result.blocks) = (steps.reversed(), blocks.reversed())
    return result
  }
}

extension Rewriter {
  /// The weights of a product, seen through a transpose and a cut at the end of its axes.
  fileprivate func blockWeights(_ value: ValueID) -> BlockWeights? {
    blockCode(value).flatMap {
      $0.hasRowBlocks(bits: type(of: $0.stored).element.bitWidth) ? $0 : nil
    }
  }

  private func blockCode(_ value: ValueID) -> BlockWeights? {
    guard let node = producer(of: value), let extents = type(of: value).shape.extents,
      extents.count == 2
    else { return nil }
    switch node.operation {
    case .map(let map): return blockCode(node, map.function, extents)
    case .transpose:
      guard var code = blockCode(node.operands[0]) else { return nil }
      (code.scale, code.zero) = (code.scale.transposed, code.zero?.transposed)
      (code.views, code.extents) = (code.views + [node.operation], extents)
      code.nodes.append(node)
      return code
    case .slice(let slice):
      guard slice == Slice(whole: slice.shape), var code = blockCode(node.operands[0]) else {
        return nil
      }
      (code.views, code.extents) = (code.views + [node.operation], extents)
      code.nodes.append(node)
      return code
    default: return nil
    }
  }

  private func blockCode(
    _ node: Node, _ function: Pointwise, _ extents: [Int]
  ) -> BlockWeights? {
    guard let code = function.linearCode, isConstantOrItsView(node.operands[code.stored]),
      type(of: node.operands[code.stored]).element.bitWidth <= 8,
      let scale = blockParameter(code.scale, node), let zero = blockParameter(code.zero, node)
    else { return nil }
    return BlockWeights(
      stored: node.operands[code.stored], extents: extents, scale: scale,
      zero: zero.numbers.allSatisfy { $0 == 0 } ? nil : zero, nodes: [node])
  }

  private func isConstantOrItsView(_ value: ValueID) -> Bool {
    guard let node = producer(of: value) else { return false }
    if case .constant = node.operation { return true }
    return node.operation.isView && isConstantOrItsView(node.operands[0])
  }

  /// A parameter of a matrix of codes: a number, a tensor, or one repeated for blocks.
  private func blockParameter(
    _ parameter: LinearCode.Parameter, _ node: Node
  ) -> BlockParameter? {
    switch parameter {
    case .number(let number): return BlockParameter(number)
    case .operand(let place):
      let operand = node.operands[place]
      if let data = graph.parameterData(operand) { return BlockParameter(data, sizes: [1, 1]) }
      return repeated(operand)
    }
  }

  /// The numbers that a broadcast along an axis of its own repeats, seen through reshapes and cuts.
  private func repeated(_ value: ValueID) -> BlockParameter? {
    guard let node = producer(of: value) else { return nil }
    switch node.operation {
    case .reshape: return repeated(node.operands[0])
    case .slice(let slice) where slice == Slice(whole: slice.shape):
      return repeated(node.operands[0])
    case .broadcast(let broadcast):
      guard let wide = broadcast.shape.extents, wide.count == 3,
        var narrow = type(of: node.operands[0]).shape.extents, narrow.count == 3,
        let axis = narrow.indices.first(where: { narrow[$0] != wide[$0] }), axis > 0,
        let data = graph.parameterData(node.operands[0])
      else { return nil }
      narrow.remove(at: axis)
      return data.reshaped(to: Shape(narrow)).flatMap {
        BlockParameter($0, sizes: axis == 1 ? [wide[axis], 1] : [1, wide[axis]])
      }
    default: return nil
    }
  }
}

extension TensorData {
  /// The elements of a tensor of `f32`, or of integers that `f32` holds.
  fileprivate var reals: [Float]? {
    type.element == .f32 ? elements(as: Float.self) : integers?.map { Float($0) }
  }
}
