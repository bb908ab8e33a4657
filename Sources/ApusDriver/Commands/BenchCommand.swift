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
    [Arguments.Option(name: "--seconds", value: "S", help: "how long to measure (1)"),
    Arguments.Option(name: "--backend", value: "WHICH", help: "c or bytecode")]
    + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    let compilation = try Compilation(path, try CompileOptions.compilation(arguments))
    let backend = try arguments.choice("--backend", default: Backend.c)
    let runner = try Runner(
      compilation, backend, target: try CompileOptions.target(arguments))
    let inputs = runner.program.inputs.map { port in
      let count = port.type.shape.elementCount.constant ?? 0
      let bytes = port.type.element.byteCount(of: count) ?? 0
      let buffer = TensorBuffer(count: bytes) { _ in }
      return TensorData(port.type, in: buffer, range: 0..<bytes)
    }.compactMap { $0 }
    var times: [Double] = []
    let clock = ContinuousClock()
    let start = clock.now
    let limit = Double(arguments["--seconds"] ?? "1") ?? 1
    while times.count < 3 || start.duration(to: clock.now) < .seconds(limit) {
      let time = try clock.measureThrowing { () throws(DiagnosticError) in
        _ = try runner.run(inputs)
      }
      times.append(Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds))
    }
    times.sort()
    console.output(
      "median \(times[times.count / 2] * 1e3) ms, minimum \(times[0] * 1e3) ms, "
        + "\(times.count) runs")
    return 0
  }
}

extension ContinuousClock {
  /// The time that a body takes.
  fileprivate func measureThrowing(
    _ body: () throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) -> Duration {
    let start = now
    try body()
    return start.duration(to: now)
  }
}
