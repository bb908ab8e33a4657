internal import ApusIR

private let a = Scalar.operand(0)
private let b = Scalar.operand(1)

extension Rule {
  /// Products of numbers that integers stand for, as products of the integers.
  static let integerProducts: [Rule] = [
    viewOfCode, viewOfFlip, sumOfCode, codeOfCode, unsignedCode,
    // product(s·(x - z), t·(w - v)) = s·t·product[z](x, w - v), where w is constant
    Rule("integer-product") { rewriter, node throws(OperatorError) in
      guard let left = try rewriter.codedImage(node), let right = rewriter.coded(node.operands[1]),
        let weights = rewriter.graph.constant(right.stored)?.centred(right.zero),
        let scale = node.scale(left.scale, right.scale, rank: weights.type.rank),
        node.depth(weights) <= Rule.deepestSum
      else { return nil }
      let operands = [left.stored, rewriter.constant(weights)]
      let sum = try rewriter.append(
        node.operation.taking(zero: left.commonZero ?? 0), operands,
        merging: [left.node, right.node])
      return try rewriter.map(sum + [rewriter.constant(scale)], .convert(a, .f32) * b)
    },
    blockProduct,
    // product[z](x - y, w) = product[z + y](x, w) for integers
    Rule("zero-into-product") { rewriter, node throws(OperatorError) in
      guard let zero = node.operation.zeroOfProduct,
        let producer = rewriter.producer(of: node.operands[0]),
        case .map(let map) = producer.operation, producer.operands.count == 1,
        let offset = map.function.offset, map.function.operands[0].bitWidth <= 8
      else { return nil }
      return try rewriter.append(
        node.operation.taking(zero: zero + offset), [producer.operands[0], node.operands[1]],
        merging: [producer])
    },
    // x·w - y·1·w = (x - y)·w, where y is one number and w constant
    Rule("moving-zero") { rewriter, node throws(OperatorError) in
      guard case .matmul(let product) = node.operation, product.zero == 0,
        let weights = rewriter.graph.constant(node.operands[1]), weights.type.rank == 2,
        let producer = rewriter.producer(of: node.operands[0]),
        case .map(let map) = producer.operation, let (stored, zero) = map.function.movingOffset,
        map.function.operands[stored].bitWidth <= 8,
        rewriter.type(of: producer.operands[zero]).rank == 0,
        let sums = weights.columnSums
      else { return nil }
      let sum = try rewriter.append(
        node.operation, [producer.operands[stored], node.operands[1]], merging: [producer])
      return try rewriter.map(
        sum + [producer.operands[zero], rewriter.constant(sums)],
        a - .convert(b, .i32) * .operand(2))
    },
    // product(x, w) with integers w of one byte in place of wider ones
    Rule("narrow-weights") { rewriter, node throws(OperatorError) in
      guard node.operation.zeroOfProduct != nil,
        rewriter.type(of: node.operands[0]).element != .i16,
        let data = rewriter.graph.constant(node.operands[1]), data.type.element != .i8,
        let weights = data.centred(nil)
      else { return nil }
      return try rewriter.append(
        node.operation, [node.operands[0], rewriter.constant(weights)])
    },
    // s·x + s·y = s·(x + y) for integers x, y, where y is constant
    Rule("integer-addend") { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation, let sum = map.function.sumOfTwo else { return nil }
      for (place, other) in [sum, (sum.1, sum.0)] {
        guard rewriter.hasOneUse(node.operands[place]),
          let product = rewriter.coded(node.operands[place]), product.zero == nil,
          rewriter.type(of: product.stored).element == .i32,
          let (addend, scale) = rewriter.codedConstant(node.operands[other]),
          addend.type.element == .i32, scale.isNearly(product.scale)
        else { continue }
        let total = try rewriter.map([product.stored, rewriter.constant(addend)], a + b)
        return try rewriter.map(
          total + [rewriter.constant(product.scale)], .convert(a, .f32) * b)
      }
      return nil
    },
    flippedOperand,
  ]

  /// Sums of more products of 8 bits may leave 32 bits.
  private static let deepestSum = 65_793

  // view(s·(x - z)) = s·(view(x) - z), and so for the largest elements of windows
  private static let viewOfCode = Rule("view-of-code") { rewriter, node throws(OperatorError) in
    guard let operand = node.operands.first, node.operation.movesElements,
      let code = rewriter.coded(operand), rewriter.type(of: code.stored).element.bitWidth <= 8,
      rewriter.hasOneUse(operand) || rewriter.graph.constant(code.stored) != nil
    else { return nil }
    var (scale, zero) = (code.scale, code.zero)
    if scale.count > 1 || (zero?.count ?? 1) > 1 {
      guard case .transpose(let transpose) = node.operation,
        let moved = scale.transposed(transpose.permutation)
      else { return nil }
      scale = moved
      zero = zero?.transposed(transpose.permutation)
      if (zero == nil) != (code.zero == nil) { return nil }
    } else if case .pool = node.operation, scale.elements(as: Float.self)[0] < 0 {
      return nil
    }
    let stored = try rewriter.append(
      node.operation, [code.stored] + node.operands.dropFirst(), merging: [code.node])
    return try rewriter.decoded(stored[0], zero, scale)
  }

  // view(x - 128) = view(x) - 128
  private static let viewOfFlip = Rule("view-of-flip") { rewriter, node throws(OperatorError) in
    guard let operand = node.operands.first, node.operation.movesElements,
      let flip = rewriter.producer(of: operand), case .map(let map) = flip.operation,
      map.function.result == .i8, map.function.offset != nil
    else { return nil }
    let stored = try rewriter.append(
      node.operation, [flip.operands[0]] + node.operands.dropFirst(), merging: [flip])
    return try rewriter.append(flip.operation, stored)
  }

  // Σ s·(x - z) over windows of n = s·(Σ x - n·z)
  private static let sumOfCode = Rule("sum-of-code") { rewriter, node throws(OperatorError) in
    guard case .pool(let pool) = node.operation, pool.kind == .sum,
      (pool.window.before + pool.window.after).allSatisfy({ $0 == 0 }),
      rewriter.hasOneUse(node.operands[0]), let code = rewriter.coded(node.operands[0]),
      rewriter.type(of: code.stored).element.bitWidth <= 8, code.scale.count == 1,
      let zero = code.commonZero
    else { return nil }
    // The sums of so many bytes are numbers that f32 holds.
    let count = pool.window.extents.reduce(1, *)
    guard count <= 1 << 16 else { return nil }
    let sum = try rewriter.append(node.operation, [code.stored], merging: [code.node])
    return try rewriter.map(
      sum,
      .convert(a - .integer(count * zero), .f32)
        * .real(Double(code.scale.elements(as: Float.self)[0]))
    )
  }

  // quantize(s·(x - z)) = x with the same s and z
  private static let codeOfCode = Rule("code-of-code") { rewriter, node throws(OperatorError) in
    guard case .map(let map) = node.operation, node.operands.count == 1,
      let (scale, zero) = map.function.quantization,
      let code = rewriter.coded(node.operands[0]), code.commonZero == zero,
      code.scale.count == 1, code.scale.elements(as: Float.self)[0] == Float(scale),
      rewriter.type(of: code.stored).element == map.function.result
    else { return nil }
    return [code.stored]
  }

  // i8(x) = i8(u8(x + 128) - 128): products take unsigned integers on their left
  private static let unsignedCode = Rule("unsigned-code") { rewriter, node throws(OperatorError) in
    guard case .map(let map) = node.operation, map.function.result == .i8,
      map.function.quantization != nil || map.function.isClampedCode,
      !rewriter.source.outputs.contains(node.results[0])
    else { return nil }
    let flip = Pointwise([.i8], .convert(.convert(a, .i32) + .integer(128), .u8))
    guard let flip else { return nil }
    let (function, _) = flip.substituting(
      map.function, at: 0, keys: [-1], innerKeys: Array(node.operands.indices))
    let flipped = try rewriter.append(
      .map(Map(function.simplified ?? function)), node.operands)
    return try rewriter.map(flipped, .convert(.convert(a, .i32) - .integer(128), .i8))
  }

  // product(x, w) = product[128](x + 128, w) for integers x with a sign
  private static let flippedOperand = Rule("flipped-operand") {
    rewriter, node throws(OperatorError) in
    guard let zero = node.operation.zeroOfProduct,
      rewriter.type(of: node.operands[0]).element == .i8,
      rewriter.graph.constant(node.operands[1])?.type.element == .i8
    else { return nil }
    let flipped = try rewriter.map(
      [node.operands[0]], .convert(.convert(a, .i32) + .integer(128), .u8))
    return try rewriter.append(
      node.operation.taking(zero: zero + 128), flipped + [node.operands[1]])
  }
}

extension Rewriter {
  fileprivate mutating func map(
    _ operands: [ValueID], _ formula: Scalar
  ) throws(OperatorError) -> [ValueID] {
    guard let function = Pointwise(operands.map { type(of: $0).element }, formula) else {
      throw OperatorError("a formula of other types", id: "element-type")
    }
    return try append(.map(Map(function)), operands)
  }

  /// `(stored - zero) · scale`, with single numbers in the formula.
  fileprivate mutating func decoded(
    _ stored: ValueID, _ zero: TensorData?, _ scale: TensorData
  ) throws(OperatorError) -> [ValueID] {
    var operands = [stored]
    func parameter(_ data: TensorData, _ number: Scalar) -> Scalar {
      if data.count == 1 { return number }
      operands.append(constant(data))
      return .operand(operands.count - 1)
    }
    let factor = parameter(scale, .real(Double(scale.elements(as: Float.self)[0])))
    var whole = Scalar.convert(a, .i32)
    if let zero, let first = zero.integers?.first {
      whole = whole - .convert(parameter(zero, .integer(first)), .i32)
    }
    return try map(operands, .convert(whole, .f32) * factor)
  }

  /// Constant integers that stand for real numbers, seen through a reshape, and their factors.
  fileprivate func codedConstant(_ value: ValueID) -> (TensorData, scale: TensorData)? {
    if let node = producer(of: value), case .reshape(let reshape) = node.operation {
      guard let (data, scale) = codedConstant(node.operands[0]),
        scale.count == 1 || scale.type.shape == data.type.shape,
        let moved = data.reshaped(to: reshape.shape)
      else { return nil }
      return (moved, scale.reshaped(to: reshape.shape) ?? scale)
    }
    guard let code = coded(value), code.zero == nil, let data = graph.constant(code.stored) else {
      return nil
    }
    return (data, code.scale)
  }

  /// The left operand of a product of reals, when integers of 8 bits stand for it.
  fileprivate func codedImage(_ node: Node) throws(OperatorError) -> CodedTensor? {
    guard node.operation.isProduct, let left = coded(node.operands[0]), left.scale.count == 1,
      left.commonZero != nil
    else { return nil }
    let element = type(of: left.stored).element
    return element == .u8 || element == .i8 ? left : nil
  }
}

extension Operation {
  fileprivate var isProduct: Bool {
    switch self {
    case .conv, .matmul: true
    default: false
    }
  }

  /// The integer that stands for 0 on the left of a product.
  fileprivate var zeroOfProduct: Int? {
    switch self {
    case .conv(let conv): conv.zero
    case .matmul(let product): product.zero
    default: nil
    }
  }

  /// A product whose left operand has another integer for 0.
  fileprivate func taking(zero: Int) -> Operation {
    switch self {
    case .conv(let conv): .conv(Conv(window: conv.window, groups: conv.groups, zero: zero))
    case .matmul: .matmul(MatMul(zero: zero))
    default: self
    }
  }

  /// Whether the result holds elements of operand 0, whatever these stand for.
  fileprivate var movesElements: Bool {
    switch self {
    case .transpose, .reshape, .slice, .gather: true
    case .pool(let pool): pool.kind == .max
    default: false
    }
  }
}

extension Node {
  /// The factors of sums: one, or one for each filter or column.
  fileprivate func scale(_ left: TensorData, _ right: TensorData, rank: Int) -> TensorData? {
    let factor = left.elements(as: Float.self)[0]
    let factors = right.elements(as: Float.self).map { factor * $0 }
    if factors.count == 1 { return TensorData(.f32, [], factors) }
    guard let extents = right.type.shape.extents else { return nil }
    let full = [Int](repeating: 1, count: max(rank - extents.count, 0)) + extents
    if case .conv = operation {
      guard full[0] == factors.count else { return nil }
      return TensorData(.f32, [factors.count] + full.dropFirst(2).map { _ in 1 }, factors)
    }
    guard full[rank - 1] == factors.count else { return nil }
    return TensorData(.f32, [factors.count], factors)
  }

  /// How many products make a sum.
  fileprivate func depth(_ weights: TensorData) -> Int {
    let extents = weights.type.shape.extents ?? []
    if case .conv = operation { return extents.dropFirst().reduce(1, *) }
    return extents.count > 1 ? extents[extents.count - 2] : 1
  }
}

extension TensorData {
  /// The integers with their zeros taken off, as `i8`; `nil` when one does not fit.
  fileprivate func centred(_ zero: TensorData?) -> TensorData? {
    guard let extents = type.shape.extents, var numbers = integers else { return nil }
    if let zero, let zeros = zero.integers, let shape = zero.type.shape.extents {
      // The zeros vary along one axis at most: the others have an extent of 1.
      let full = [Int](repeating: 1, count: max(extents.count - shape.count, 0)) + shape
      let axis = full.firstIndex { $0 > 1 } ?? 0
      let inner = extents.dropFirst(axis + 1).reduce(1, *)
      guard full.count == extents.count, zeros.count == 1 || zeros.count == extents[axis] else {
        return nil
      }
      for place in numbers.indices { numbers[place] -= zeros[place / inner % zeros.count] }
    }
    var bytes: [Int8] = []
    bytes.reserveCapacity(numbers.count)
    for number in numbers {
      guard let byte = Int8(exactly: number) else { return nil }
      bytes.append(byte)
    }
    return TensorData(.i8, extents, bytes)
  }

  /// The sum of each column of a matrix of integers.
  fileprivate var columnSums: TensorData? {
    guard let extents = type.shape.extents, extents.count == 2, let numbers = integers else {
      return nil
    }
    var sums = [Int32](repeating: 0, count: extents[1])
    for (place, number) in numbers.enumerated() { sums[place % extents[1]] &+= Int32(number) }
    return TensorData(.i32, [extents[1]], sums)
  }

  /// The tensor with its axes moved, when at most one axis has several elements.
  fileprivate func transposed(_ permutation: [Int]) -> TensorData? {
    guard count > 1 else { return self }
    guard let extents = type.shape.extents, extents.filter({ $0 > 1 }).count == 1 else {
      return nil
    }
    let full = [Int](repeating: 1, count: max(permutation.count - extents.count, 0)) + extents
    return reshaped(to: Shape(permutation.map { full[$0] }))
  }

  /// Whether factors agree but for the last bits.
  fileprivate func isNearly(_ other: TensorData) -> Bool {
    let (own, others) = (elements(as: Float.self), other.elements(as: Float.self))
    guard own.count == others.count else { return false }
    return zip(own, others).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) }
  }
}
