public import ApusIR

/// Runs pipelines of passes and lets people watch.
public struct PassManager {
  /// What is shown or checked on the way.
  public struct Instrumentation: Sendable {
    /// Called after each pass with its name and the graphs.
    public var observe: (@Sendable (String, _ before: Graph, _ after: Graph) -> Void)?
    /// Called after each pass with what it took and did.
    public var record: (@Sendable (PassRecord) -> Void)?
    /// Whether the graph is checked before the first pass and after each.
    public var verifyEach = false

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
  ///
  /// - Throws: `PassError` with a reproducer when a pass fails, or, if each is verified, when it
  ///   leaves a graph that is not correct.
  public func run(_ graph: inout Graph, _ context: inout PassContext) throws(PassError) {
    var stage = Graph.Stage.imported
    if instrumentation.verifyEach { stage = try stageOfInput(graph) }
    for pass in passes {
      let before = graph
      stage = stage.later(of: pass.stage)
      do throws(PassError) {
        try run(pass, &graph, &context)
        if instrumentation.verifyEach { try verify(graph, after: pass, stage) }
      } catch {
        let reproducer = PassManager.reproducer(pass, before)
        throw PassError(pass: error.pass, error.message, reproducer: reproducer)
      }
      instrumentation.observe?(pass.name, before, graph)
    }
  }

  private func run(
    _ pass: Pass, _ graph: inout Graph, _ context: inout PassContext
  ) throws(PassError) {
    let rules = context.rewritesByRule
    let start = ContinuousClock.now
    try pass.runEverywhere(&graph, &context)
    let duration = ContinuousClock.now - start
    let applied = context.rewritesByRule
      .map { (rule: $0.key, count: $0.value - (rules[$0.key] ?? 0)) }
      .filter { $0.count > 0 }.sorted { $0.rule < $1.rule }
    instrumentation.record?(
      PassRecord(
        pass: pass.name, duration: duration, nodeCount: graph.nodes.count, rewrites: applied))
  }

  // MARK: Verification

  private func stageOfInput(_ graph: Graph) throws(PassError) -> Graph.Stage {
    for stage in Graph.Stage.allCases where (try? graph.verify(stage: stage)) != nil {
      return stage
    }
    do {
      try graph.verify(stage: .laidOut)
    } catch {
      throw PassError(pass: "input", error.description)
    }
    return .laidOut
  }

  private func verify(
    _ graph: Graph, after pass: Pass, _ stage: Graph.Stage
  ) throws(PassError) {
    do {
      try graph.verify(stage: stage)
    } catch {
      throw PassError(pass: pass.name, error.description)
    }
  }

  /// Constants are written in full when they are small together.
  private static func reproducer(_ pass: Pass, _ graph: Graph) -> String {
    let sizes = graph.nodes.flatMap(\.results).map { graph.constant($0)?.byteCount ?? 0 }
    let isSmall = sizes.reduce(0, +) <= 1 << 20
    return "// RUN: opt \(pass.name)\n" + graph.text(constants: isSmall ? .full : .digests)
  }
}

/// What one pass took and did.
public struct PassRecord: Sendable {
  /// The pass.
  public let pass: String
  /// The time it took, without verification.
  public let duration: Duration
  /// The number of nodes after it.
  public let nodeCount: Int
  /// The rules that were applied, in alphabetical order, and how often.
  public let rewrites: [(rule: String, count: Int)]
}

extension Graph.Stage {
  fileprivate func later(of other: Graph.Stage) -> Graph.Stage {
    Graph.Stage.allCases.last { $0 == self || $0 == other } ?? self
  }
}

/// The name of a pass that does not exist.
public struct UnknownPass: Error, Sendable {
  /// The name.
  public let name: String
}
