internal import ApusIR
internal import ApusONNX
internal import ApusQuantize

/// `apus quantize`: a model of real numbers to one of integers.
enum QuantizeCommand: Command {
  static let name = "quantize"
  static let usage = "MODEL.onnx -o OUT.onnx --data DIR [options]"
  static let summary = "Store a model's numbers as integers: smaller and faster, still ONNX."
  static let options: [Arguments.Option] =
    [
      Arguments.Option(name: "-o", value: "OUT.onnx", help: "the model that is written"),
      Arguments.Option(name: "--data", value: "DIR", help: "a folder of .npz samples, or one"),
      Arguments.Option(
        name: "--activations", value: "TYPE", help: "u8 (default) or s8"),
      Arguments.Option(
        name: "--calibrate", value: "HOW", help: "mse (default), min-max, percentile or entropy"),
      Arguments.Option(
        name: "--percentile", value: "P", help: "the share that stays inside, in percent (99.999)"),
      Arguments.Option(
        name: "--rounding", value: "HOW", help: "of weights: mse (default), nearest or gptq"),
      Arguments.Option(
        name: "--scope", value: "WHAT", help: "all or products take integers (by the network)"),
      Arguments.Option(
        name: "--exclude", value: "NODE", help: "a product that stays as it is",
        isRepeatable: true),
      CompileOptions.diagnostics,
    ]

  private enum Activations: String, CaseIterable { case u8, s8 }

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    try CompileOptions.checkDiagnostics(arguments)
    let path = try arguments.operand("MODEL")
    guard let output = arguments["-o"] else { throw .usage("-o OUT.onnx is missing") }
    guard output != path else { throw .usage("the model would be written over itself") }
    let options = try quantizationOptions(arguments)
    let quantizer = try Quantizer(try Graph(importing: path))
    var samples: [CalibrationSample] = []
    if let data = arguments["--data"] {
      samples = try CalibrationData.read(data, for: quantizer.graph)
    }
    let recipe = try quantizer.recipe(options, samples)
    try quantizer.quantized(recipe).exported(ExportOptions(beside: output)).write(to: output)
    return 0
  }

  private static func quantizationOptions(
    _ arguments: Arguments
  ) throws(DiagnosticError) -> QuantizationOptions {
    var options = QuantizationOptions()
    options.activations =
      try arguments.choice("--activations", default: Activations.u8) == .u8 ? .u8 : .i8
    options.calibrator = try arguments.choice("--calibrate", default: options.calibrator)
    options.rounding = try arguments.choice("--rounding", default: options.rounding)
    options.percentile = try arguments.number("--percentile", default: options.percentile)
    guard options.percentile > 50, options.percentile <= 100 else {
      throw .usage("--percentile must be above 50 and at most 100")
    }
    if arguments.has("--scope") {
      options.scope = try arguments.choice("--scope", default: QuantizationScope.all)
    }
    options.excluded = Set(arguments.all("--exclude"))
    return options
  }
}
