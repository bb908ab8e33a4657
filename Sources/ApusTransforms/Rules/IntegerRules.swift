internal import ApusIR

private let a = Scalar.operand(0)
private let b = Scalar.operand(1)

extension Rule {
  /// Products of numbers that integers stand for, as products of the integers.
  static let integerProducts = productsOfCodes + correctedProducts

  private static let productsOfCodes: [Rule] = [
    viewOfCode, viewOfFlip, sumOfCode, codeOfCode, unsignedCode,
    // product(s·(x - z), t·(w - v)) = s·t·product[z](x, w - v), where z is one number
    Rule("integer-product") { rewriter, node throws(OperatorError) in
      guard let product = try? rewriter.graph.integerProduct(node) else { return nil }
      let (left, right) = (product.left, product.right)
      var weights = right.stored
      if let data = product.weights {
        weights = rewriter.constant(data)
      } else if let zero = right.commonZero, zero != 0 {
        weights = try rewriter.map([weights], .convert(a, .i16) - .integer(zero))[0]
      }
      let sum = try rewriter.append(
        node.operation.taking(zero: left.commonZero ?? 0), [left.stored, weights],
        merging: [left.node, right.node])
      return try rewriter.map(sum + [rewriter.constant(product.scale)], .convert(a, .f32) * b)
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
    // s·x + s·y = s·(x + y) for integers x, y, where y is constant
    Rule("integer-addend") { rewriter, node throws(OperatorError) in
      guard case .map(let map) = node.operation, let sum = map.function.sumOfTwo else {
        return nil
      }
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
      rewriter.type(of: node.operands[1]).element == .i8
    else { return nil }
    let flipped = try rewriter.map(
      [node.operands[0]], .convert(.convert(a, .i32) + .integer(128), .u8))
    return try rewriter.append(
      node.operation.taking(zero: zero + 128), flipped + [node.operands[1]])
  }
}

extension Rewriter {
  mutating func map(
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
}

extension TensorData {
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

extension Operation {
  /// Whether the result holds elements of operand 0, whatever these stand for.
  fileprivate var movesElements: Bool {
    switch self {
    case .transpose, .reshape, .slice, .gather: true
    case .pool(let pool): pool.kind == .max
    default: false
    }
  }
}
