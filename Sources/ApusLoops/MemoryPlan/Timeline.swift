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
      steps.append(kernel.buffers)
      fresh.append(Set(kernel.writtenBuffers).subtracting(kernel.readBuffers))
    case .read, .assign, .require:
      steps.append(step.readBuffers)
      fresh.append([])
    case .branch(_, let yes, let no):
      steps.append(step.readBuffers)
      fresh.append([])
      for inner in yes + no { add(inner, program) }
    case .repeat(_, limit: _, condition: _, let body):
      let first = steps.count
      steps.append(step.readBuffers)
      fresh.append([])
      for inner in body { add(inner, program) }
      loops.append(Loop(places: first...steps.count - 1, carried: carried(from: first)))
    }
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
