/// Short forms for the operations that operators and passes write most.
extension Graph {
  /// The single result of an operation with one.
  public mutating func add(
    _ operation: Operation, _ operands: [ValueID], origins: [String] = []
  ) throws(OperatorError) -> ValueID {
    try append(operation, operands, origins: origins)[0]
  }

  /// A constant tensor.
  public mutating func constant(_ data: TensorData, name: String = "") -> ValueID {
    append(.constant(Constant(data, name: name)), [], typed: [data.type])[0]
  }

  /// A constant number of rank 0; integers wrap, floats round to the type.
  public mutating func constant(_ value: Double, _ element: ElementType) -> ValueID {
    constant(TensorData(scalar: value, element))
  }

  /// A function of the elements of broadcast operands.
  public mutating func map(
    _ operands: [ValueID], _ formula: Scalar, origins: [String] = []
  ) throws(OperatorError) -> ValueID {
    guard let function = Pointwise(operands.map { type(of: $0).element }, formula) else {
      throw OperatorError("the operands' element types do not fit together")
    }
    return try add(.map(Map(function)), operands, origins: origins)
  }

  /// The tensor under another shape with the same elements in the same order.
  public mutating func reshape(
    _ value: ValueID, to shape: Shape, origins: [String] = []
  ) throws(OperatorError) -> ValueID {
    if type(of: value).shape == shape { return value }
    return try add(.reshape(Reshape(shape)), [value], origins: origins)
  }

  /// The tensor repeated along axes of extent 1 until it has a shape.
  public mutating func broadcast(
    _ value: ValueID, to shape: Shape, origins: [String] = []
  ) throws(OperatorError) -> ValueID {
    if type(of: value).shape == shape { return value }
    return try add(.broadcast(Broadcast(shape)), [value], origins: origins)
  }

  /// The tensor with axes in another order.
  public mutating func transpose(
    _ value: ValueID, _ permutation: [Int], origins: [String] = []
  ) throws(OperatorError) -> ValueID {
    if permutation == Array(permutation.indices) { return value }
    return try add(.transpose(Transpose(permutation)), [value], origins: origins)
  }
}

extension TensorData {
  /// One number of a standard numeric type; integers truncate, `bool` tests for zero, a string is
  /// empty.
  public init(scalar value: Double, _ element: ElementType) {
    switch element {
    case .f64: self.init(element, [], [value])
    case .f32: self.init(element, [], [Float(value)])
    case .f16: self.init(element, [], [Float16(value)])
    case .bf16: self.init(element, [], [Float(value).roundedToBFloat16])
    case .bool: self.init(element, [], [UInt8(value == 0 ? 0 : 1)])
    case .i64, .u64: self.init(element, [], [Int64(clamping: value)])
    case .i32, .u32: self.init(element, [], [Int32(truncatingIfNeeded: Int64(clamping: value))])
    case .i16, .u16: self.init(element, [], [Int16(truncatingIfNeeded: Int64(clamping: value))])
    case .string: self.init(strings: [[]], [])
    default: self.init(element, [], [UInt8(truncatingIfNeeded: Int64(clamping: value))])
    }
  }
}

extension Float {
  /// The bits of the nearest `bf16`, ties to even.
  fileprivate var roundedToBFloat16: UInt16 {
    if isNaN { return UInt16(bitPattern >> 16) | 0x40 }
    return UInt16((bitPattern + 0x7fff + (bitPattern >> 16 & 1)) >> 16)
  }
}

extension Int64 {
  /// The nearest integer toward zero; saturates, NaN gives 0.
  init(clamping value: Double) {
    self =
      value.isNaN
      ? 0 : Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }
}
