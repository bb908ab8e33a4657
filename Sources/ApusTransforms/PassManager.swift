public import ApusIR

/// Runs pipelines of passes and lets people watch.
public struct PassManager {
  /// What is shown or checked on the way.
  public struct Instrumentation: Sendable {
    /// Called before and after each pass with its name, the graphs, and the seconds it took.
    public var observe: (@Sendable (String, _ before: Graph, _ after: Graph) -> Void)?

    /// Nothing.
    public init() {}
  }

  /// The passes in order.
  public var passes: [Pass]
  /// What is shown or checked on the way.
  public var instrumentation = Instrumentation()

  /// A pipeline of passes.
  public init(_ passes: [Pass]) { self.passes = passes }

  /// A pipeline from its text: `pass1,pass2`.
  ///
  /// Returns the name that no pass has when there is one.
  public static func parse(_ text: String) -> Result<PassManager, UnknownPass> {
    var passes: [Pass] = []
    for name in text.split(separator: ",") {
      guard let pass = PassRegistry.pass(named: String(name)) else {
        return .failure(UnknownPass(name: String(name)))
      }
      passes.append(pass)
    }
    return .success(PassManager(passes))
  }

  /// Runs all passes.
  public func run(_ graph: inout Graph, _ context: inout PassContext) throws(PassError) {
    for pass in passes {
      let before = graph
      try pass.run(&graph, &context)
      instrumentation.observe?(pass.name, before, graph)
    }
  }
}

/// The name of a pass that does not exist.
public struct UnknownPass: Error, Sendable {
  /// The name.
  public let name: String
}
