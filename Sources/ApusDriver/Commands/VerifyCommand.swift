internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime
internal import Foundation

/// `apus verify`: models against recorded outputs.
enum VerifyCommand: Command {
  static let name = "verify"
  static let usage = "CASE… [options]"
  static let summary = "Run models on recorded inputs and compare with recorded outputs."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(name: "--backend", value: "WHICH", help: "c, bytecode or both (both)"),
      Arguments.Option(name: "--rtol", value: "R", help: "relative tolerance (1e-3)"),
      Arguments.Option(name: "--atol", value: "A", help: "absolute tolerance (1e-4)"),
    ] + CompileOptions.all

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let options = try CompileOptions.compilation(arguments)
    let target = try CompileOptions.target(arguments)
    let tolerance = Tolerance(
      absolute: Double(arguments["--atol"] ?? "1e-4") ?? 1e-4,
      relative: Double(arguments["--rtol"] ?? "1e-3") ?? 1e-3)
    var failed = 0
    for path in arguments.operands {
      do {
        for file in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        where file.hasPrefix("case") && file.hasSuffix(".npz") {
          for backend in Backend.allCases {
            let text = try verify(path, file, options, target, tolerance, backend)
            if !text.hasPrefix("ok") { failed += 1 }
            console.output("\(path)/\(file) \(backend): \(text)")
          }
        }
      } catch let error as DiagnosticError {
        failed += 1
        console.output("\(path): " + error.diagnostics.map(\.text).joined(separator: "\n"))
      } catch { console.output("\(error)") }
    }
    return failed == 0 ? 0 : 1
  }

  private static func verify(
    _ path: String, _ file: String, _ options: Compilation.Options, _ target: Target,
    _ tolerance: Tolerance, _ backend: Backend
  ) throws(DiagnosticError) -> String {
    let tensors = try TensorFile.read("\(path)/\(file)")
    var options = options
    for (name, type) in try ModelInterface(of: "\(path)/model.onnx").inputs {
      guard let given = tensors.first(where: { $0.name == "in:\(name)" }) else { continue }
      for (dimension, extent) in zip(type.shape.dimensions, given.value.extents) {
        if let symbol = dimension.symbols.first { options.dimensions[symbol] = extent }
      }
    }
    let compilation = try Compilation("\(path)/model.onnx", options)
    let runner = try Runner(compilation, backend, target: target)
    let inputs = runner.program.inputs.compactMap { port in
      tensors.first { $0.name == "in:\(port.name)" }?.value.data
    }
    let outputs = try runner.run(inputs)
    for (port, output) in zip(runner.program.outputs, outputs) {
      guard let want = tensors.first(where: { $0.name == "out:\(port.name)" })?.value.data else {
        return "no recorded output \(port.name)"
      }
      guard let comparison = TensorComparison(output, with: want, tolerance: tolerance) else {
        return "\(port.name): \(output.type) instead of \(want.type)"
      }
      if !comparison.isMatch {
        return
          "\(port.name): \(comparison.mismatchCount) of \(comparison.count) differ, worst \(String(describing: comparison.worst))"
      }
    }
    return "ok arena \(runner.program.arenaBytes) live \(runner.program.liveBytes)"
  }
}
