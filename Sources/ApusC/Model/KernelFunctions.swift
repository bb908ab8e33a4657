internal import ApusIR
internal import ApusLoops

/// The C functions of a program's kernels: kernels that differ only in their buffers share one.
struct KernelFunctions {
  /// The call that runs a kernel.
  struct Call {
    var function: String
    var arguments: [BufferID]
    var symbols: [String]
    var usesPool: Bool
    var usesThreads: Bool
    var kernel: Kernel
  }

  /// What decides whether two kernels can share a function.
  private struct Form: Hashable {
    var body: [Statement]
    var elements: [ElementType]
    var holdsPointers: [Bool]
    var aliases: [Bool]
    var isConstant: [Bool]
  }

  private(set) var functions: [CFunction] = []
  /// One per kernel of the program.
  private(set) var calls: [Call] = []

  init(
    _ program: Program, target: Target, threads: ThreadModel, symbols names: [String: String]
  ) {
    var known: [Form: CFunction] = [:]
    for kernel in program.kernels {
      let buffers = kernel.buffers
      var numbers: [BufferID: BufferID] = [:]
      for (place, buffer) in buffers.enumerated() { numbers[buffer] = BufferID(place) }
      let form = Form(
        body: kernel.body.map { $0.renumbered { numbers[$0] ?? $0 } },
        elements: buffers.map { program[$0].element },
        holdsPointers: buffers.map { program[$0].holdsPointers },
        aliases: buffers.map { program.overlaps($0, buffers) },
        isConstant: buffers.map { !kernel.writtenBuffers.contains($0) })
      if known[form] == nil {
        var function = KernelFunctions.function(kernel, form, buffers, program, target, names)
        if threads == .callback {
          let outlining = Outlining(function)
          functions += outlining.parts
          function = outlining.kernel
        }
        known[form] = function
        functions.append(function)
      }
      guard let function = known[form] else { continue }
      func takes(_ name: String) -> Bool { function.parameters.contains { $0.name == name } }
      calls.append(
        Call(
          function: function.name, arguments: buffers, symbols: kernel.symbols,
          usesPool: takes("pool"), usesThreads: takes("threads"), kernel: kernel))
    }
  }

  private static func function(
    _ kernel: Kernel, _ form: Form, _ buffers: [BufferID], _ program: Program, _ target: Target,
    _ symbols: [String: String]
  ) -> CFunction {
    let (isConstant, aliases) = (form.isConstant, form.aliases)
    var names: [BufferID: String] = [:]
    var parameters: [CParameter] = []
    var counts: [String: Int] = [:]
    for (place, buffer) in buffers.enumerated() {
      var role = isConstant[place] ? "in" : "out"
      if case .constant = program[buffer].storage { role = "weights" }
      let name = "\(role)\(counts[role, default: 0])"
      counts[role, default: 0] += 1
      names[buffer] = name
      let type = program[buffer].pointerType(isConstant: isConstant[place])
      parameters.append(
        CParameter(type: aliases[place] ? type : type + "APUS_RESTRICT ", name: name))
    }
    for symbol in kernel.symbols {
      parameters.append(CParameter(type: "const ptrdiff_t", name: symbols[symbol] ?? ""))
    }
    var emitter = KernelEmitter(
      target: target, buffers: program.buffers, names: names, symbols: symbols)
    let body = emitter.body(kernel.body)
    if program.pool != nil, body.contains(where: { $0.mentions(.pool) }) {
      parameters.append(CParameter(type: "apus_pool *", name: "pool"))
    }
    return CFunction(
      attributes: "APUS_KERNEL static ", result: "void", name: kernel.name, parameters: parameters,
      body: body)
  }
}

extension Program {
  /// Whether a buffer shares memory with another one of a list.
  func overlaps(_ buffer: BufferID, _ others: [BufferID]) -> Bool {
    guard case .arena(let offset) = self[buffer].storage else { return false }
    let bytes = offset..<offset + self[buffer].byteCount
    return others.contains { other in
      guard other != buffer, case .arena(let start) = self[other].storage else { return false }
      return bytes.overlaps(start..<start + self[other].byteCount)
    }
  }
}
