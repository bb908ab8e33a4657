internal import ApusIR
public import ApusLoops

/// How the weights of a compiled model reach the program.
public enum WeightStorage: String, Hashable, Sendable, CaseIterable {
  /// As arrays in the C file.
  case embed
  /// As a binary file that an assembler file includes.
  case object
  /// As a binary file that the caller maps and hands to `NAME_init`.
  case file
}

/// How parallel loops run.
public enum ThreadModel: String, Hashable, Sendable, CaseIterable {
  /// OpenMP pragmas, which compilers without OpenMP ignore.
  case openmp
  /// A function of the caller.
  case callback
  /// One thread.
  case none
}

extension Target {
  /// The target with parallel loops cut into pieces that threads can take.
  public func shared(by threads: ThreadModel) -> Target {
    var target = self
    target.pieces = threads == .none || !hasThreads ? 1 : 8
    return target
  }
}

/// A model as C: the text of its files, and its weights.
public struct CModel: Sendable {
  /// What the files are called and how they come about.
  public struct Options: Sendable {
    /// Where weights go.
    public var weights: WeightStorage
    /// How parallel loops run.
    public var threads: ThreadModel

    /// Options of the C back end.
    public init(weights: WeightStorage = .embed, threads: ThreadModel = .openmp) {
      self.weights = weights
      self.threads = threads
    }
  }

  /// The name, a C identifier.
  public let name: String
  /// The text of `NAME.h`.
  public let header: String
  /// The text of `NAME.c`.
  public let source: String
  /// The text of `NAME_weights.S`, for weights in an object file.
  public let assembly: String?
  /// The constants in the order in which they lie in the weights file; empty when embedded.
  public let weights: WeightLayout
  /// The text of `NAME.json`.
  public let manifest: String

  /// Writes a program as C for a target.
  public init(_ program: Program, target: Target, options: Options) {
    let emitter = ModelEmitter(program: program, target: target, options: options)
    name = program.name
    weights = options.weights == .embed ? WeightLayout() : emitter.weights
    header = emitter.header
    source = emitter.source
    assembly = options.weights == .object ? emitter.assembly : nil
    manifest = emitter.manifest
  }

  /// A C identifier like a name.
  public static func identifier(_ name: String) -> String {
    CNames.identifier(name, fallback: "model")
  }
}

/// Where constants lie in a weights file.
public struct WeightLayout: Sendable {
  /// A constant with its place.
  public struct Entry: Sendable {
    /// The constant's buffer in the program.
    public var buffer: BufferID
    /// The first byte, a multiple of 64.
    public var offset: Int
    /// The bytes.
    public var data: ConstantData
  }

  /// The constants in ascending order of offset.
  public private(set) var entries: [Entry] = []
  /// The size of the file.
  public private(set) var byteCount = 0

  init() {}

  init(_ program: Program) {
    for (number, buffer) in program.buffers.enumerated() {
      guard case .constant(let data) = buffer.storage else { continue }
      entries.append(Entry(buffer: BufferID(number), offset: byteCount, data: data))
      byteCount += (data.byteCount + 63) / 64 * 64
    }
  }

  /// Hands out the bytes of the file in order, one constant with its padding at a time.
  public func forEachChunk<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    for entry in entries {
      let count = (entry.data.byteCount + 63) / 64 * 64
      let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
      defer { chunk.deallocate() }
      chunk.initializeMemory(as: UInt8.self, repeating: 0)
      entry.data.store(
        into: UnsafeMutableRawBufferPointer(rebasing: chunk[0..<entry.data.byteCount]))
      try body(UnsafeRawBufferPointer(rebasing: chunk[0..<count]))
    }
  }
}
