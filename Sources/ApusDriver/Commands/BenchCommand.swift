internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import Foundation

/// `apus bench`: how fast a model runs.
enum BenchCommand: Command {
  static let name = "bench"
  static let usage = "MODEL.onnx [options]"
  static let summary = "Time a model on random inputs."
  static let options: [Arguments.Option] =
    [Arguments.Option(name: "--seconds", value: "S", help: "how long to measure (1)")]
    + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    let compilation = try Compilation(path, try CompileOptions.compilation(arguments))
    let runner = try Runner(
      compilation, target: try CompileOptions.target(arguments), name: "model")
    let inputs = runner.program.inputs.map { port in
      let bytes = runner.program[port.buffer].byteCount
      let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
      memset(pointer, 0, bytes)
      return UnsafeRawPointer(pointer)
    }
    let outputs = runner.program.outputs.map { port in
      UnsafeMutableRawPointer.allocate(
        byteCount: max(runner.program[port.buffer].byteCount, 64), alignment: 64)
    }
    var times: [Double] = []
    let clock = ContinuousClock()
    let start = clock.now
    let limit = Double(arguments["--seconds"] ?? "1") ?? 1
    while times.count < 3 || start.duration(to: clock.now) < .seconds(limit) {
      let time = clock.measure { _ = runner.run(inputs, outputs) }
      times.append(Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds))
    }
    times.sort()
    console.output(
      "median \(times[times.count / 2] * 1e3) ms, minimum \(times[0] * 1e3) ms, "
        + "\(times.count) runs")
    return 0
  }
}
