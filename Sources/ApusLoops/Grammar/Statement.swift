public import ApusIR

/// A typed ID of a buffer of the program.
public struct BufferID: Hashable, Sendable {
  /// The place in `Program.buffers`.
  public let number: Int

  /// The buffer at a place.
  public init(_ number: Int) { self.number = number }
}

/// A place in a buffer, counted in elements of the buffer's type.
public struct Access: Hashable, Sendable {
  /// The buffer.
  public var buffer: BufferID
  /// The element of lane 0.
  public var index: Index
  /// The distance of neighbouring lanes in elements: 1 contiguous, 0 the same for all lanes.
  public var laneStride: Int

  /// A place in a buffer.
  public init(_ buffer: BufferID, _ index: Index, laneStride: Int = 1) {
    self.buffer = buffer
    self.index = index
    self.laneStride = laneStride
  }

  /// The place `offset` elements further on.
  public func advanced(by offset: Index) -> Access {
    Access(buffer, index + offset, laneStride: laneStride)
  }
}

/// A variable that holds one number per lane.
///
/// Its type is one arithmetic is done in: `f32`, `f64`, `i32`, `i64`, `u32`, `u64` or `bool`.
public struct Register: Hashable, Sendable {
  /// Unique within one kernel.
  public let number: Int
  /// The type of each lane.
  public let element: ElementType
  /// The number of lanes; 1 is a scalar.
  public let lanes: Int

  /// A register.
  public init(_ number: Int, _ element: ElementType, lanes: Int) {
    self.number = number
    self.element = element
    self.lanes = lanes
  }
}

/// A value per lane.
///
/// Scalars (registers of one lane, loads with lane stride 0) spread over lanes.
///
/// Loads widen narrow storage (floats of 16 bits and less to `f32`; `i8`, `u8`, `i16`, `u16` to
/// `i32`; `bool` bytes to `bool`), stores narrow it again (floats round to nearest even, integers
/// wrap).
public indirect enum Expression: Hashable, Sendable {
  case load(Access)
  case register(Register)
  case literal(Literal, ElementType)
  /// The value of an index as `i64`.
  case index(Index)
  case unary(UnaryFunction, Expression)
  case binary(BinaryFunction, Expression, Expression)
  case compare(Comparison, Expression, Expression)
  case select(Expression, Expression, Expression)
  /// Float to integer saturates, NaN becomes 0; integer to narrower integer wraps.
  case convert(Expression, ElementType)
  /// What a load as `to` would give after a store as `from`; both have the same width.
  case reinterpret(Expression, from: ElementType, to: ElementType)
  /// `a * b + c` with one rounding.
  case fused(Expression, Expression, Expression)
  /// All lanes of a register combined (`add`, `mul`, `min`, `max`) to one lane.
  case across(BinaryFunction, Register)
}

/// How the iterations of a loop may run.
public enum LoopKind: String, Hashable, Sendable {
  /// One after the other.
  case serial
  /// In any order and at the same time.
  case parallel
}

/// One step of a kernel.
public indirect enum Statement: Hashable, Sendable {
  /// `for variable in 0..<extent`.
  case loop(LoopKind, IndexVariable, extent: Dimension, [Statement])
  /// A new index variable, visible to the statements after it in the same body.
  case bind(IndexVariable, IndexOperation)
  /// The body runs when `lower <= variable < upper`.
  case within(IndexVariable, lower: Dimension, upper: Dimension, [Statement])
  /// Sets a register, new or not; it is visible in the body where it is first set and below.
  case set(Register, Expression)
  /// Writes `lanes` elements.
  case store(Access, Expression, lanes: Int)
  /// Multiplies small matrices.
  case tile(TileMultiply)
  /// Multiplies windows with weights of their own channel.
  case window(WindowMultiply)
}
