internal import ApusIR

/// The steps of a program in the order of their text, with the buffers that each touches.
struct Timeline {
  /// A loop: its steps, and the buffers that a turn may read as an earlier turn left them.
  struct Loop {
    var places: ClosedRange<Int>
    var carried: Set<BufferID>
  }

  /// The buffers that each step touches.
  private(set) var steps: [[BufferID]] = []
  /// The kernel that each step runs, if it runs one.
  private(set) var kernels: [Int?] = []
  /// All loops, inner ones first.
  private(set) var loops: [Loop] = []
  /// Buffers that steps write without reading them.
  private var fresh: [Set<BufferID>] = []

  init(_ program: Program) {
    for step in program.steps { add(step, program) }
  }

  private mutating func add(_ step: Step, _ program: Program) {
    switch step {
    case .run(let number):
      let kernel = program.kernels[number]
      add(kernel.buffers, number, Set(kernel.writtenBuffers).subtracting(kernel.readBuffers))
    case .read, .assign, .require: add(step.readBuffers)
    case .branch(_, let yes, let no):
      add(step.readBuffers)
      for inner in yes + no { add(inner, program) }
    case .repeat(_, limit: _, condition: _, let body):
      let first = steps.count
      add(step.readBuffers)
      for inner in body { add(inner, program) }
      loops.append(Loop(places: first...steps.count - 1, carried: carried(from: first)))
    }
  }

  private mutating func add(
    _ buffers: [BufferID], _ kernel: Int? = nil, _ written: Set<BufferID> = []
  ) {
    steps.append(buffers)
    kernels.append(kernel)
    fresh.append(written)
  }

  /// The buffers whose first use from a step on may read them.
  private func carried(from first: Int) -> Set<BufferID> {
    var carried: Set<BufferID> = []
    var known: Set<BufferID> = []
    for place in first..<steps.count {
      for buffer in steps[place] where known.insert(buffer).inserted {
        if !fresh[place].contains(buffer) { carried.insert(buffer) }
      }
    }
    return carried
  }
}
