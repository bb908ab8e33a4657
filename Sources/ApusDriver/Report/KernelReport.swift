internal import ApusIR
internal import ApusLoops

/// What each kernel of a program does and moves, and how near it should come to the machine.
struct KernelReport {
  /// One kernel.
  private struct Entry {
    let kernel: Kernel
    let multiplyAdds: Double
    let bytes: Int
    /// Nanoseconds that the schedule takes by estimate.
    let time: Double
    /// The time that the machine needs at least by that.
    let share: Double
    let isBoundByMemory: Bool
  }

  private let entries: [Entry]

  /// The kernels of a program for a target, in order; buffers count once for each kernel.
  init(_ program: Program, _ target: Target) {
    entries = program.kernels.map { kernel in
      let time = program.time(of: kernel, on: target.machine)
      return Entry(
        kernel: kernel, multiplyAdds: kernel.body.reduce(0) { $0 + $1.multiplyAdds },
        bytes: kernel.buffers.reduce(0) { $0 + program[$1].byteCount }, time: time.estimate,
        share: min(max(time.compute, time.memory) / time.estimate, 1),
        isBoundByMemory: time.memory > time.compute)
    }
  }

  /// A section of the report for people.
  var lines: [String] {
    [
      "kernels, \(decimal(entries.reduce(0) { $0 + $1.time } * 1e-3, places: 1)) µs by estimate",
      "  multiply-adds        bytes   per byte        µs  share  bound by  kernel, layout, choices",
    ]
      + entries.map { entry in
        let rate = entry.multiplyAdds / Double(max(entry.bytes, 1))
        let numbers =
          right(grouped(Int(entry.multiplyAdds)), 15) + right(grouped(entry.bytes), 13)
          + right(decimal(rate, places: 2), 11) + right(decimal(entry.time * 1e-3, places: 2), 10)
          + right(decimal(entry.share * 100, places: 0), 5) + " %"
          + (entry.isBoundByMemory ? "  memory  " : "  compute ")
        let choices = entry.kernel.choices.map { "; \($0.question): \($0.answer)" }.joined()
        return "\(numbers)  \(entry.kernel.name), \(entry.kernel.layout.name)\(choices)"
      }
  }

  /// The section for tools.
  var json: JSON {
    .array(
      entries.map { entry in
        .object([
          ("name", .string(entry.kernel.name)),
          ("origins", .array(entry.kernel.origins.map { .string($0) })),
          ("layout", .string(entry.kernel.layout.name)),
          ("multiply_adds", .number(entry.multiplyAdds)), ("bytes", .integer(entry.bytes)),
          ("predicted_ns", .number(entry.time)), ("predicted_share", .number(entry.share)),
          ("bound_by", .string(entry.isBoundByMemory ? "memory" : "compute")),
          (
            "choices",
            .object(entry.kernel.choices.map { ($0.question, .string($0.answer)) })
          ),
        ])
      })
  }
}

extension Program {
  /// The nanoseconds that a kernel takes by estimate, and those of computing and reading alone on a
  /// machine that does nothing else.
  ///
  /// Temporaries are read from the cache that holds them, constants from the one that holds all.
  func time(
    of kernel: Kernel, on machine: Machine
  ) -> (estimate: Double, compute: Double, memory: Double) {
    // Estimates count cycles of two vectors of 16 multiply-adds.
    let rate = machine.multiplyAdds / 32
    let compute = kernel.body.reduce(0) { $0 + $1.multiplySteps } / 32 / rate
    let memory = kernel.buffers.map { self[$0] }.reduce(0.0) { sum, buffer in
      var all = buffer.byteCount
      if case .constant = buffer.storage { all = constantBytes }
      return sum + Double(buffer.byteCount) / machine.readRate(of: all)
    }
    return (max(kernel.body.reduce(0) { $0 + $1.cycles } / rate, memory, 1), compute, memory)
  }
}

extension Layout {
  /// The layout in words of the text form.
  fileprivate var name: String { self == .rowMajor ? "row-major" : description }
}
