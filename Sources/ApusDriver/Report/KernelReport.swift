internal import ApusIR
internal import ApusLoops

/// What each kernel of a program does and moves, and how near it should come to the machine.
struct KernelReport {
  /// One kernel.
  private struct Entry {
    let kernel: Kernel
    let multiplyAdds: Double
    let bytes: Int
    /// The time that the machine needs at least by the time that the schedule needs by estimate.
    let share: Double
    let isBoundByMemory: Bool
  }

  private let entries: [Entry]

  /// The kernels of a program for a target, in order; buffers count once for each kernel.
  init(_ program: Program, _ target: Target) {
    entries = program.kernels.map { kernel in
      let products = kernel.body.reduce(0) { $0 + $1.multiplyAdds }
      let bytes = program.bytes(of: kernel)
      let (compute, memory) = (products / 32, Double(bytes) / Program.bytesPerCycle)
      let cycles = program.cycles(of: kernel)
      return Entry(
        kernel: kernel, multiplyAdds: products, bytes: bytes,
        share: min(max(compute, memory) / cycles, 1), isBoundByMemory: memory > compute)
    }
  }

  /// A section of the report for people.
  var lines: [String] {
    let head = "  multiply-adds        bytes   per byte  share  bound by  kernel, layout, choices"
    return ["kernels", head]
      + entries.map { entry in
        let rate = entry.multiplyAdds / Double(max(entry.bytes, 1))
        let numbers =
          right(grouped(Int(entry.multiplyAdds)), 15) + right(grouped(entry.bytes), 13)
          + right(decimal(rate, places: 2), 11)
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
          ("predicted_share", .number(entry.share)),
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
  /// Bytes that a core reads from memory in a cycle, roughly.
  fileprivate static let bytesPerCycle = 8.0

  /// The bytes of the buffers that a kernel touches.
  fileprivate func bytes(of kernel: Kernel) -> Int {
    kernel.buffers.reduce(0) { $0 + self[$1].byteCount }
  }

  /// The cycles that a kernel takes by estimate: those of its schedule, or of moving its buffers.
  func cycles(of kernel: Kernel) -> Double {
    let memory = Double(bytes(of: kernel)) / Program.bytesPerCycle
    return max(kernel.body.reduce(0) { $0 + $1.cycles }, memory, 1)
  }
}

extension Layout {
  /// The layout in words of the text form.
  fileprivate var name: String { self == .rowMajor ? "row-major" : description }
}
