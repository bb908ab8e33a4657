public import ApusIR

/// A compiled model: buffers, the kernels that run over them in order, and where buffers lie.
public struct Program: Sendable {
  /// The name of the model, a C identifier.
  public var name: String
  /// All memory the kernels touch.
  public var buffers: [Buffer]
  /// The interface: one entry per graph input, in order.
  public var inputs: [Port]
  /// The interface: one entry per graph output, in order.
  public var outputs: [Port]
  /// The kernels; `steps` says when they run.
  public var kernels: [Kernel]
  /// What is done, in order.
  public var steps: [Step] = []
  /// The numbers that extents and indices are written with: bounds by name.
  public var symbols: [SymbolBounds] = []
  /// Where the bytes of strings lie; `nil` when there are no strings.
  public var pool: StringPool?
  /// The bytes of the arena; every temporary lies inside.
  public var arenaBytes = 0
  /// The most bytes of temporaries that are alive at one time: no plan needs fewer.
  ///
  /// A result that may lie over an operand counts with what cannot.
  public var liveBytes = 0

  /// An empty program.
  public init(name: String) {
    self.name = name
    buffers = []
    inputs = []
    outputs = []
    kernels = []
  }

  /// Adds a kernel that runs next.
  public mutating func append(_ kernel: Kernel) {
    steps.append(.run(kernels.count))
    kernels.append(kernel)
  }

  /// The buffer with an ID.
  public subscript(id: BufferID) -> Buffer {
    get { buffers[id.number] }
    set { buffers[id.number] = newValue }
  }
}

/// One input or output of the model.
public struct Port: Hashable, Sendable {
  /// The name in the model.
  public var name: String
  /// The type, row-major.
  public var type: TensorType
  /// The buffer that stands for it.
  public var buffer: BufferID

  /// An input or output.
  public init(name: String, type: TensorType, buffer: BufferID) {
    self.name = name
    self.type = type
    self.buffer = buffer
  }
}

/// The bytes of all strings of a program, as two buffers of `u8` that no kernel names.
///
/// An element of type `string` is a place in both, one after the other, and a length, 32 bits each.
public struct StringPool: Hashable, Sendable {
  /// Constant strings, each with a zero behind it; the first one is empty.
  public var constants: BufferID
  /// Room for the strings of inputs, and those that a run makes.
  public var room: BufferID

  /// A pool from its parts.
  public init(constants: BufferID, room: BufferID) {
    self.constants = constants
    self.room = room
  }
}

/// A piece of memory of one element type.
public struct Buffer: Sendable {
  /// Where the memory comes from.
  ///
  /// The caller's strings are pointers to bytes that end with a zero: a load copies one to the
  /// pool, a store gives a pointer into it.
  public enum Storage: Sendable {
    /// The caller's memory for an input; read only.
    case input
    /// The caller's memory for an output.
    case output
    /// Data that travels with the program; read only.
    case constant(ConstantData)
    /// Bytes of the arena from an offset on, a multiple of 64.
    case arena(offset: Int)
  }

  /// A name for people, not unique.
  public var name: String
  /// The type of the elements; integers of less than 8 bits lie in memory as `i8` or `u8`.
  public var element: ElementType
  /// The number of elements.
  public var count: Int
  /// Where the memory comes from.
  public var storage: Storage

  /// A buffer.
  public init(name: String, element: ElementType, count: Int, storage: Storage) {
    self.name = name
    self.element = element
    self.count = count
    self.storage = storage
  }

  /// The number of bytes.
  public var byteCount: Int { element.memoryBytes(of: count) ?? .max }

  /// Whether the elements are the caller's pointers to strings.
  package var holdsPointers: Bool { element == .string && storage.isPort }
}

/// The bytes of a constant, made when they are asked for so that only one is in memory at a time.
public struct ConstantData: Sendable {
  /// The number of bytes.
  public let byteCount: Int
  private let write: @Sendable (UnsafeMutableRawBufferPointer) -> Void

  /// Data that `write` stores into zeroed memory of `byteCount` bytes.
  public init(byteCount: Int, write: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
    self.byteCount = byteCount
    self.write = write
  }

  /// The bytes of a tensor as they are.
  public init(_ data: TensorData) {
    byteCount = data.byteCount
    write = { target in data.withBytes { target.copyMemory(from: $0) } }
  }

  /// Stores the bytes into zeroed memory of the right size.
  public func store(into target: UnsafeMutableRawBufferPointer) { write(target) }
}

/// A function of the program: what one fused operation became.
public struct Kernel: Sendable {
  /// A C identifier, unique in the program.
  public var name: String
  /// The model's nodes that it computes.
  public var origins: [String]
  /// What it does.
  public var body: [Statement]
  /// How the elements of its result lie.
  public var layout = Layout.rowMajor
  /// What its schedule chose.
  public var choices: [Tuning.Choice] = []

  /// A kernel.
  public init(name: String, origins: [String], body: [Statement]) {
    self.name = name
    self.origins = origins
    self.body = body
  }
}

extension Program {
  /// The bytes of all constants.
  public var constantBytes: Int {
    buffers.reduce(0) { sum, buffer in
      guard case .constant(let data) = buffer.storage else { return sum }
      return sum + data.byteCount
    }
  }
}
