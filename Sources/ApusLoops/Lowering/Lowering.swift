public import ApusIR

/// Turns a graph into a program for a target, one kernel per operation that moves or computes.
public struct Lowering {
  /// The graph, or the region of it that is being lowered.
  var graph: Graph
  let target: Target
  var program: Program
  /// Where values lie that have been made so far.
  var placements: [ValueID: Placement] = [:]
  /// The elements of constant buffers, for schedules that pack them at compile time.
  var constants: [BufferID: TensorData] = [:]
  /// Values to be made in a part of a joined tensor: the concat node, and the first index there.
  var destinations: [ValueID: (join: Node, axis: Int, start: Dimension)] = [:]
  /// The strings of constants so far.
  private var strings = StringTable()
  /// Whether strings come in, or are made when the program runs.
  var makesStrings = false
  /// How the elements of the result that is being made lie.
  var layout = Layout.rowMajor
  /// What schedules chose for the next kernel.
  var choices: [Tuning.Choice] = []
  /// Buffers that may take the place of another one that ends where they begin.
  var reuses: [(new: BufferID, old: BufferID)] = []
  /// The symbols that have their value by now.
  var setSymbols: Set<String> = []
  /// The first type that may need more memory than any machine has.
  private var tooLarge: TensorType?
  private static let largestTensor = 1 << 38
  private var kernelNames: [String: Int] = [:]

  /// The bounds of symbols that have an upper one.
  private let ranges: [String: ClosedRange<Int>]

  /// The room for the strings of a run, unless another is asked for.
  public static let standardStringBytes = 1 << 16

  /// The room of programs that only give constant strings.
  private static let leastStringBytes = 64

  /// Lowers a graph whose symbols have upper bounds.
  ///
  /// - Parameter stringBytes: The room for strings that come in or are made, with a zero each.
  /// - Throws: `DiagnosticError` (unsupported) for symbols without bounds or types without a
  ///   schedule.
  public static func program(
    for graph: Graph, target: Target, name: String, stringBytes: Int = standardStringBytes
  ) throws(DiagnosticError) -> Program {
    let graph = graph.expandingCustomOperators().boundingCounters()
    try requireBounds(graph)
    var lowering = Lowering(graph: graph, target: target, program: Program(name: name))
    try lowering.run()
    if let type = lowering.tooLarge {
      let names = type.shape.dimensions.flatMap(\.symbols)
      throw DiagnosticError(
        Diagnostic(
          .unsupported, id: "size-bound", "a tensor of type \(type) has no useful bound",
          help: "bound its sizes: \(names.map { "--dim \($0)=1..64" }.joined(separator: " "))"))
    }
    assert(
      lowering.program.kernels.allSatisfy(\.sharedWrites.isEmpty),
      "a parallel loop writes one place in several iterations")
    let numbers = lowering.program.removeUnusedBuffers()
    lowering.program.planMemory(
      reuses: lowering.reuses.compactMap { reuse in
        guard let new = numbers[reuse.new], let old = numbers[reuse.old] else { return nil }
        return (new, old)
      }, threads: target.pieces > 1)
    try lowering.program.addPool(
      lowering.strings, room: lowering.makesStrings ? stringBytes : leastStringBytes)
    return lowering.program
  }

  private init(graph: Graph, target: Target, program: Program) {
    self.graph = graph
    self.target = target
    self.program = program
    self.program.symbols = graph.symbols
    var ranges: [String: ClosedRange<Int>] = [:]
    for symbol in graph.symbols {
      if let upper = symbol.upper { ranges[symbol.name] = min(symbol.lower, upper)...upper }
    }
    self.ranges = ranges
  }

  private static func requireBounds(_ graph: Graph) throws(DiagnosticError) {
    let bounded = Set(graph.symbols.filter { $0.upper != nil }.map(\.name))
    let open = graph.usedSymbols.filter { !bounded.contains($0) }
    guard !open.isEmpty else { return }
    throw DiagnosticError(
      Diagnostic(
        .unsupported, id: "symbolic-shape",
        "the model has dimensions without a bound: \(open.joined(separator: ", "))",
        help: "fix them with \(open.map { "--dim \($0)=1" }.joined(separator: " ")), or bound "
          + "them with \(open.map { "--dim \($0)=1..64" }.joined(separator: " "))"))
  }

  private mutating func run() throws(DiagnosticError) {
    for input in graph.inputs {
      setSymbols.formUnion(graph.type(of: input).shape.dimensions.flatMap(\.symbols))
    }
    for (place, input) in graph.inputs.enumerated() {
      let type = graph.type(of: input)
      let name = graph[input].name ?? "input\(place)"
      let placement = allocate(TensorType(type.element, type.shape), name: name, .input)
      program.inputs.append(Port(name: name, type: type, buffer: placement.buffer))
      placements[input] = type.element.differsAtPorts ? unpacked(placement, type) : placement
    }
    let outputBuffers = addOutputPorts()
    planJoins()
    for node in graph.nodes { try lower(node) }
    for (value, port) in outputBuffers { copyOutput(value, to: port) }
  }

  /// Makes a buffer per output; values that only kernels make are computed there at once.
  private mutating func addOutputPorts() -> [(ValueID, Placement)] {
    var copies: [(ValueID, Placement)] = []
    for (place, output) in graph.outputs.enumerated() {
      let type = TensorType(graph.type(of: output).element, graph.type(of: output).shape)
      let name = graph.outputNames[place]
      let placement = allocate(type, name: name, .output)
      program.outputs.append(Port(name: name, type: type, buffer: placement.buffer))
      let isFirstUse = !graph.outputs[..<place].contains(output)
      if isFirstUse, graph.type(of: output).layout == .rowMajor, makesStorage(output),
        !type.element.differsAtPorts
      {
        placements[output] = placement
      } else {
        copies.append((output, placement))
      }
    }
    return copies
  }

  /// Whether a value gets memory of its own from the node that makes it.
  func makesStorage(_ value: ValueID) -> Bool {
    guard let producer = graph.producer(of: value) else { return false }
    switch producer.operation {
    case .extents(let extents): return extents.data == nil
    case .constant, .transpose, .reshape, .broadcast, .slice: return false
    default: return true
    }
  }

  private mutating func copyOutput(_ value: ValueID, to target: Placement) {
    guard !target.extents.contains(0) else { return }
    let source = placement(of: value)
    let element = graph.type(of: value).element
    if element.isPacked {
      let elements = contiguous(source)
      return kernel("pack_output", origins: []) { $0.pack(elements, element, to: target) }
    }
    if element == .string {
      return kernel("write_strings", origins: []) { $0.copy(from: source, to: target, .serial) }
    }
    kernel("copy_output", origins: []) { builder in
      builder.copy(from: source, to: target)
    }
  }

  /// An input with an element in each byte, or its strings in the pool.
  private mutating func unpacked(_ packed: Placement, _ type: TensorType) -> Placement {
    let elements = allocate(type, name: "unpacked", .arena(offset: 0))
    if type.element == .string {
      makesStrings = true
      kernel("read_strings", origins: []) { $0.copy(from: packed, to: elements, .serial) }
    } else {
      kernel("unpack_input", origins: []) { $0.unpack(packed, type.element, to: elements) }
    }
    return elements
  }

  // MARK: Memory

  /// A new buffer for a tensor of a type, large enough for all values of its symbols.
  ///
  /// Ports of packed types get a buffer of their bytes, whose placement tells where it begins.
  mutating func allocate(
    _ type: TensorType, name: String, _ storage: Buffer.Storage
  ) -> Placement {
    let (count, strides, origin) = type.layout.placement(of: type.shape)
    var most = count.constant ?? count.range { ranges[$0] }?.upperBound ?? .max
    if most > Lowering.largestTensor {
      tooLarge = tooLarge ?? type
      most = 0
    }
    var element = type.element.inMemory
    if type.element.isPacked, storage.isPort {
      element = .u8
      most = type.element.byteCount(of: max(most, 0)) ?? 0
    }
    let id = addBuffer(name, element, count: max(most, 0), storage)
    return Placement(
      buffer: id, element: element, origin: Index(origin), extents: type.shape.dimensions,
      strides: strides)
  }

  /// A new buffer of so many elements.
  mutating func addBuffer(
    _ name: String, _ element: ElementType, count: Int, _ storage: Buffer.Storage
  ) -> BufferID {
    program.buffers.append(Buffer(name: name, element: element, count: count, storage: storage))
    return BufferID(program.buffers.count - 1)
  }

  /// A temporary buffer of `count` elements for the kernel that is being lowered.
  mutating func scratch(_ element: ElementType, count: Int) -> BufferID {
    addBuffer("scratch", element, count: count, .arena(offset: 0))
  }

  /// Where a value lies; constants get their buffer when first asked for.
  mutating func placement(of value: ValueID) -> Placement {
    if let known = placements[value] { return known }
    guard let data = graph.constant(value) else {
      preconditionFailure("every operand is placed before its use")
    }
    var name = ""
    if case .constant(let constant)? = graph.producer(of: value)?.operation { name = constant.name }
    let placement = allocate(
      TensorType(data.type.element, data.type.shape), name: name,
      .constant(ConstantData(spreading: data, &strings)))
    placements[value] = placement
    constants[placement.buffer] = data
    return placement
  }

  /// Where a result shall be written: an output port, a part of a joined tensor, or new memory.
  mutating func destination(of value: ValueID) -> Placement {
    if let known = placements[value] { return known }
    let type = graph.type(of: value)
    let placement: Placement
    if let (join, axis, start) = destinations[value] {
      placement = destination(of: join.results[0])
        .slice(axis: axis, start: start, count: type.shape[axis])
    } else {
      placement = allocate(type, name: graph[value].name ?? "", .arena(offset: 0))
    }
    placements[value] = placement
    return placement
  }

  /// The tensor in row-major order without gaps, copied when it lies otherwise.
  mutating func contiguous(_ placement: Placement) -> Placement {
    if placement.isContiguous { return placement }
    let copy = allocate(
      TensorType(placement.element, Shape(placement.extents)), name: "copy", .arena(offset: 0))
    kernel("copy", origins: []) { $0.copy(from: placement, to: copy) }
    return copy
  }

  // MARK: Kernels

  /// Adds a kernel with a unique name.
  mutating func kernel(
    _ name: String, origins: [String], _ write: (inout KernelBuilder) -> Void
  ) {
    var builder = KernelBuilder(target: target)
    write(&builder)
    makesStrings = makesStrings || builder.makesStrings
    guard !builder.statements.isEmpty else { return }
    let number = kernelNames[name, default: 0]
    kernelNames[name] = number + 1
    var kernel = Kernel(name: "\(name)_\(number)", origins: origins, body: builder.statements)
    (kernel.choices, choices) = (choices, [])
    kernel.layout = layout
    program.append(kernel)
  }
}
