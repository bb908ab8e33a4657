internal import ApusIR
internal import ApusLoops

/// The time that each kernel of a program takes when it runs alone, over and over, on random data
/// that is at hand in the cache.
struct KernelTimes {
  /// One kernel.
  private struct Entry {
    var name: String
    var origins: [String]
    var seconds: Double
  }

  private let backend: Backend
  private var entries: [Entry] = []

  /// Times the kernels of a model for each back end, in `seconds` for all of them together.
  static func measure(
    _ compilation: Compilation, _ backends: [Backend], _ build: Runner.Build, _ seconds: Double
  ) throws(DiagnosticError) -> [KernelTimes] {
    var result: [KernelTimes] = []
    for backend in backends {
      let program = try compilation.program(for: build.target(of: backend), name: "model")
      guard program.symbols.isEmpty else {
        throw .usage("--per-kernel needs fixed sizes: give each symbol one with --dim")
      }
      var times = KernelTimes(backend: backend)
      guard program.pool == nil else {
        throw .usage("--per-kernel does not time strings, whose kernels do not run alone")
      }
      for kernel in program.kernels {
        let runner = try Runner(program.isolating(kernel), backend, build)
        var contestants = [try Contestant(backend, runner)]
        BenchCommand.measure(&contestants, seconds / Double(program.kernels.count))
        times.entries.append(
          Entry(
            name: kernel.name, origins: kernel.origins, seconds: contestants[0].leastTime))
      }
      result.append(times)
    }
    return result
  }

  private init(backend: Backend) { self.backend = backend }

  /// The seconds of the kernels of each node of the model, by its name; a kernel of several counts
  /// for its first.
  var secondsByOrigin: [String: Double] {
    entries.reduce(into: [:]) { sums, entry in
      let origin = entry.origins.first ?? entry.name
      let name = origin.firstIndex(of: " ").map { origin[origin.index(after: $0)...] }
      sums[name.map(String.init) ?? origin, default: 0] += entry.seconds
    }
  }

  private var total: Double { entries.reduce(0) { $0 + $1.seconds } }

  /// A table with the slowest kernel first.
  var lines: [String] {
    let rows = entries.sorted { $0.seconds > $1.seconds }.map { entry in
      right(decimal(entry.seconds * 1e6, places: 1), 12)
        + right(decimal(entry.seconds / total * 100, places: 1), 7)
        + "  \(entry.name)  \(entry.origins.joined(separator: ", "))"
    }
    let sum = right(decimal(total * 1e6, places: 1), 12)
    return ["", "\(backend.rawValue): us, % and name of each kernel alone"] + rows
      + ["\(sum)  100.0  all kernels"]
  }

  /// The kernels in the order in which they run.
  var json: JSON {
    .object([
      ("backend", .string(backend.rawValue)),
      (
        "kernels",
        .array(
          entries.map {
            .object([
              ("name", .string($0.name)), ("origins", .array($0.origins.map { .string($0) })),
              ("seconds", .number($0.seconds)), ("share", .number($0.seconds / total)),
            ])
          })
      ),
    ])
  }
}
