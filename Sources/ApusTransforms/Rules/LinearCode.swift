internal import ApusIR

/// A formula for the real numbers that integers stand for: `(x - zero) · scale`.
struct LinearCode {
  /// A number in the formula or an operand of it.
  enum Parameter {
    case number(Double)
    case operand(Int)
  }

  /// The operand that holds the integers.
  var stored: Int
  /// The integer that stands for 0.
  var zero: Parameter
  /// The real number of one step.
  var scale: Parameter
}

extension Pointwise {
  /// The function as the meaning of integers; `nil` when it has another form.
  var linearCode: LinearCode? {
    guard let last = steps.last, result == .f32 else { return nil }
    var (real, scale) = (steps.count - 1, LinearCode.Parameter.number(1))
    if case .binary(.mul, let product, let factor) = last {
      guard let parameter = parameter(factor) else { return nil }
      (real, scale) = (product, parameter)
    }
    guard case .convert(let centred, .f32) = steps[real] else { return nil }
    if case .binary(.sub, let stored, let zero) = steps[centred] {
      guard let stored = integer(stored), let zero = parameter(wider(zero)) else { return nil }
      return LinearCode(stored: stored, zero: zero, scale: scale)
    }
    return integer(centred).map { LinearCode(stored: $0, zero: .number(0), scale: scale) }
  }

  /// The operand of integers that a step is, or is converted from.
  private func integer(_ step: Int) -> Int? {
    guard case .operand(let operand) = steps[wider(step)], operands[operand].isInteger else {
      return nil
    }
    return operand
  }

  /// The step that a step converts to `i32`, or the step itself.
  private func wider(_ step: Int) -> Int {
    if case .convert(let source, .i32) = steps[step] { source } else { step }
  }

  private func parameter(_ step: Int) -> LinearCode.Parameter? {
    switch steps[step] {
    case .literal(let literal, _): .number(literal.real)
    case .operand(let operand): .operand(operand)
    default: nil
    }
  }
}

/// Integers in a graph and what they stand for.
struct CodedTensor {
  /// The integers.
  var stored: ValueID
  /// The integer that stands for 0, one for all or as a tensor that broadcasts.
  var zero: TensorData?
  /// The real number of one step, one for all or as a tensor that broadcasts.
  var scale: TensorData
  /// The node that turns the integers into real numbers.
  var node: Node
}

extension CodedTensor {
  /// The integer that stands for 0 when that is one for all elements.
  var commonZero: Int? {
    guard let zero else { return 0 }
    return zero.count == 1 ? zero.integers?.first : nil
  }
}

extension Rewriter {
  /// What a value of the new graph stands for, when a map makes it from integers.
  func coded(_ value: ValueID) -> CodedTensor? { graph.coded(value) }
}

extension Graph {
  /// What a value stands for, when a map makes it from integers with constant parameters.
  func coded(_ value: ValueID) -> CodedTensor? {
    guard let node = producer(of: value), case .map(let map) = node.operation,
      let code = map.function.linearCode
    else { return nil }
    func data(_ parameter: LinearCode.Parameter, _ element: ElementType) -> TensorData? {
      switch parameter {
      case .operand(let operand): return parameterData(node.operands[operand])
      case .number(let number):
        return element == .f32
          ? TensorData(.f32, [], [Float(number)]) : TensorData(.i32, [], [Int32(number)])
      }
    }
    let stored = node.operands[code.stored]
    guard type(of: stored).shape == type(of: value).shape, let scale = data(code.scale, .f32),
      let zero = data(code.zero, .i32)
    else { return nil }
    let isZero = zero.count == 1 && zero.integers?.first == 0
    return CodedTensor(stored: stored, zero: isZero ? nil : zero, scale: scale, node: node)
  }

  /// A constant, also through reshapes.
  func parameterData(_ value: ValueID) -> TensorData? {
    if let data = constant(value) { return data }
    guard let node = producer(of: value), case .reshape(let reshape) = node.operation else {
      return nil
    }
    return parameterData(node.operands[0])?.reshaped(to: reshape.shape)
  }
}

extension TensorData {
  /// The elements of a tensor of integers of at most 32 bits, in order; `nil` for other types.
  var integers: [Int]? {
    switch type.element {
    case .i8: elements(as: Int8.self).map { Int($0) }
    case .u8: elements(as: UInt8.self).map { Int($0) }
    case .i16: elements(as: Int16.self).map { Int($0) }
    case .u16: elements(as: UInt16.self).map { Int($0) }
    case .i32: elements(as: Int32.self).map { Int($0) }
    case .i4, .u4, .i2, .u2:
      withBytes { bytes in (0..<count).map { type.element.integer(at: $0, in: bytes) } }
    default: nil
    }
  }
}
