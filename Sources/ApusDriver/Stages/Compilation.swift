internal import ApusBytecode
internal import ApusC
public import ApusIR
public import ApusLoops
internal import ApusONNX
internal import ApusRuntime
public import ApusTransforms

/// The way of one model through the compiler, stage by stage.
public struct Compilation: Sendable {
  /// A point on the way at which one can stop and look.
  public enum Stage: String, Hashable, Sendable, CaseIterable {
    /// The model as a graph.
    case `import`
    /// The graph after all passes.
    case optimize
    /// The loop program.
    case lower
  }

  /// What the user chose.
  public struct Options: Sendable {
    /// How much the graph is transformed.
    public var level = OptimizationLevel.full
    /// How sums of integers become codes.
    public var rounding = SumRounding.once
    /// Passes in place of those of the level.
    public var passes: [Pass]?
    /// Sizes of symbolic dimensions.
    public var dimensions: [String: Int] = [:]
    /// Bounds of symbolic dimensions that stay open.
    public var bounds: [SymbolBounds] = []
    /// The room for the strings of a run.
    public var stringBytes = Lowering.standardStringBytes
    /// Numbers of elements of sequences of the interface.
    public var sequences: [String: Int] = [:]
    /// Optional values of the interface that are not there.
    public var absent: Set<String> = []
    /// Shapes of inputs that the model leaves open.
    public var shapes: [String: [Int]] = [:]
    /// The most rules that passes may apply.
    public var rewriteLimit = Int.max
    /// What is shown on the way.
    public var instrumentation = PassManager.Instrumentation()

    /// The defaults.
    public init() {}

    /// What an importer sees of them.
    var importing: ImportOptions {
      var result = ImportOptions(dimensions: dimensions, bounds: bounds)
      (result.sequences, result.absent, result.shapes) = (sequences, absent, shapes)
      return result
    }
  }

  /// The graph after the passes.
  public private(set) var graph: Graph
  /// The graph as imported.
  public let imported: Graph
  private let stringBytes: Int

  /// Imports and optimises a model: an ONNX file, or a graph as text (`.apir`).
  public init(_ path: String, _ options: Options) throws(DiagnosticError) {
    var graph = try Compilation.read(path, options)
    for bound in options.bounds {
      guard let place = graph.symbols.firstIndex(where: { $0.name == bound.name }) else { continue }
      graph.symbols[place] = bound
    }
    imported = graph
    stringBytes = options.stringBytes
    try Compilation.optimize(&graph, options)
    self.graph = graph
  }

  private static func read(_ path: String, _ options: Options) throws(DiagnosticError) -> Graph {
    guard path.hasSuffix(".apir") else {
      return try Graph(importing: path, options: options.importing)
    }
    let bytes = try FileBytes(reading: path).array
    return try Graph(parsing: String(decoding: bytes, as: UTF8.self), file: path)
  }

  /// Runs the passes of the options over a graph.
  public static func optimize(
    _ graph: inout Graph, _ options: Options
  ) throws(DiagnosticError) {
    var manager = PassManager(options.passes ?? options.level.pipeline(options.rounding))
    manager.instrumentation = options.instrumentation
    var context = PassContext(evaluate: Session.evaluate)
    context.rewriteLimit = options.rewriteLimit
    do {
      try manager.run(&graph, &context)
    } catch {
      throw failure(error)
    }
  }

  /// What of the imported graph is computed with integers.
  public static func integers(of imported: Graph) throws(DiagnosticError) -> IntegerReport {
    var context = PassContext(evaluate: Session.evaluate)
    do {
      return try IntegerReport(imported, &context)
    } catch {
      throw failure(error)
    }
  }

  private static func failure(_ error: PassError) -> DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .unsupported, id: "pass", error.message, place: .pass(error.pass),
        help: "this is a mistake of the compiler: please report it with the model"))
  }

  /// Lowers the graph for a target.
  public func program(for target: Target, name: String) throws(DiagnosticError) -> Program {
    try Lowering.program(for: graph, target: target, name: name, stringBytes: stringBytes)
  }
}
