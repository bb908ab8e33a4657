internal import ApusIR
internal import ApusONNX
internal import ApusQuantize
internal import ApusRuntime

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
        name: "--method", value: "HOW", help: "static (default with --data), dynamic or weights"),
      Arguments.Option(
        name: "--weights", value: "TYPE",
        help: "of --method weights: int8 (default), int4, int2, fp16, bf16, …"),
      Arguments.Option(
        name: "--activations", value: "TYPE", help: "of --method static: u8 (default) or s8"),
      Arguments.Option(
        name: "--calibrate", value: "HOW",
        help: "auto (default), min-max, percentile, entropy or mse"),
      Arguments.Option(
        name: "--percentile", value: "P", help: "the share that stays inside, in percent (99.999)"),
      Arguments.Option(
        name: "--rounding", value: "HOW", help: "of weights: mse (default), nearest or gptq"),
      Arguments.Option(
        name: "--block", value: "N", help: "weights that share a scale (32); 0 for columns"),
      Arguments.Option(name: "--asymmetric", help: "give stored weights zero points"),
      Arguments.Option(
        name: "--scope", value: "WHAT", help: "all or products take integers (by the network)"),
      Arguments.Option(
        name: "--exclude", value: "NODE", help: "a product that stays as it is",
        isRepeatable: true),
      Arguments.Option(
        name: "--bias-correction", value: "WHEN", help: "of mean errors: auto (default), yes, no"),
      Arguments.Option(
        name: "--equalize", help: "scale channels between convolutions to like ranges"),
      Arguments.Option(
        name: "--smooth", value: "SHARE", help: "move outliers into matrices: 0.5 moves half"),
      Arguments.Option(
        name: "--recipe", value: "FILE", help: "write all decisions as JSON"),
      Arguments.Option(
        name: "--from-recipe", value: "FILE", help: "make the model that a recipe describes"),
      Arguments.Option(
        name: "--sensitivity", help: "show what each layer costs, and mixtures of formats"),
      Arguments.Option(
        name: "--budget", value: "WHAT",
        help: "mix formats: bytes=200000, accuracy=30 (dB), latency=2ms or latency=60%"),
      Arguments.Option(
        name: "--report", value: "FILE", help: "write mixtures and layers as .html, .svg or .json"),
      Arguments.Option(
        name: "--measure", value: "WHEN", help: "time the result in C: auto (default), yes or no"),
      Arguments.Option(name: "--allow-slower", help: "write the model even when it is slower"),
      Arguments.Option(name: "--cc", value: "COMMAND", help: "the C compiler ($CC or cc)"),
      Arguments.Option(
        name: "--target", value: "NAME", help: "the machine of a latency (native)"),
    ] + CompileOptions.all.filter { forms.contains($0.name) }

  /// Options about the form of inputs, as in all commands that read models.
  private static let forms = ["--dim", "--sequence", "--shape", "--absent", "--diagnostics"]

  static func run(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) -> Int32 {
    let path = try arguments.operand("MODEL")
    guard let output = arguments["-o"] else { throw .usage("-o OUT.onnx is missing") }
    guard output != path else { throw .usage("the model would be written over itself") }
    try QuantizeOptions.check(arguments)
    let given = try arguments["--from-recipe"].map { file throws(DiagnosticError) in
      try QuantizationRecipe(reading: file)
    }
    let options: QuantizationOptions
    if let given { options = given.options } else { options = try QuantizeOptions.parse(arguments) }
    let choice = try ChoiceOptions(arguments)
    let gate = try GateOptions(arguments)
    let forms = try CompileOptions.compilation(arguments)
    try CompileOptions.requireSymbols(forms, of: path)
    let imported = try Graph(importing: path, options: forms.importing)
    var samples: [CalibrationSample] = []
    if let data = arguments["--data"] {
      samples = try CalibrationData.read(data, for: imported)
    }
    var quantizer = try Quantizer(imported, equalizing: options.equalizes)
    if let share = options.smoothing { try quantizer.smooth(share, samples) }
    if options.rounding == .gptq { try quantizer.learn(from: samples) }
    var recipe: QuantizationRecipe
    if let given {
      recipe = given
    } else {
      recipe = try quantizer.recipe(options, samples) { step in
        if console.isInteractive { console.message(step) }
      }
    }
    if choice.isAsked {
      recipe = try choice.choose(
        quantizer, recipe, samples, model: path, gate, forms, console)
    }
    let graph = try quantizer.quantized(recipe)
    let model = try graph.exported(ExportOptions(beside: output))
    guard try gate.passes(path, model, samples, forms, console) else { return 1 }
    try model.write(to: output)
    if !LayerFormat.stored.contains(options.format) {
      console.message(try Compilation.integers(of: graph).summary(of: output))
    }
    if let file = arguments["--recipe"] { try writeWhole(recipe.json.text + "\n", to: file) }
    return 0
  }
}
