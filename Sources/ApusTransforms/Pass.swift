public import ApusIR

/// A transformation of a graph, as a value.
public struct Pass: Sendable {
  /// The name in pipelines and on the command line.
  public let name: String
  /// One line for people.
  public let summary: String
  /// The least that holds of a graph after it.
  public let stage: Graph.Stage
  /// What it does to a graph.
  public let run: @Sendable (inout Graph, inout PassContext) throws(PassError) -> Void

  /// A pass.
  public init(
    _ name: String, _ summary: String, stage: Graph.Stage = .imported,
    _ run: @escaping @Sendable (inout Graph, inout PassContext) throws(PassError) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.stage = stage
    self.run = run
  }

  /// A pass that applies rules in one walk, again and again until nothing changes.
  public init(
    _ name: String, _ summary: String, stage: Graph.Stage = .imported, rules: [Rule]
  ) {
    self.init(name, summary, stage: stage) { graph, context in
      for _ in 0..<16 {
        let before = context.rewrites
        context.rewrite(&graph, rules)
        if context.rewrites == before { return }
      }
    }
  }
}

extension Pass {
  /// Runs the pass on a graph and, first, on the regions of its nodes.
  func runEverywhere(_ graph: inout Graph, _ context: inout PassContext) throws(PassError) {
    if graph.nodes.contains(where: { !$0.operation.regions.isEmpty }) {
      var failure: PassError?
      graph = graph.rebuilt { node, result in
        var inner = node
        do throws(PassError) {
          inner = try node.mappingRegions { region throws(PassError) in
            var region = region
            try runEverywhere(&region, &context)
            return region
          }
        } catch {
          failure = failure ?? error
        }
        return result.copy(inner, typed: node.results.map { graph.type(of: $0) })
      }
      if let failure { throw failure }
    }
    try run(&graph, &context)
  }
}

/// What passes may use beside the graph.
public struct PassContext {
  /// Runs a graph without inputs and returns its outputs; constants fold through it.
  public var evaluate: (@Sendable (Graph) -> [TensorData]?)?
  /// How many rules have been applied so far.
  public private(set) var rewrites = 0
  /// How often each rule has been applied, by its name.
  public private(set) var rewritesByRule: [String: Int] = [:]
  /// How many rules may be applied at all.
  public var rewriteLimit = Int.max

  /// A context.
  public init(evaluate: (@Sendable (Graph) -> [TensorData]?)? = nil) { self.evaluate = evaluate }

  /// Applies rules to a graph once.
  public mutating func rewrite(_ graph: inout Graph, _ rules: [Rule]) {
    var rewriter = Rewriter(graph, limit: rewriteLimit - rewrites)
    graph = rewriter.run(rules)
    rewrites += rewriter.count
    rewritesByRule.merge(rewriter.counts, uniquingKeysWith: +)
  }
}

/// Why a pass could not do its work.
public struct PassError: Error, Sendable {
  /// The pass.
  public var pass: String
  /// One sentence without a full stop.
  public var message: String
  /// A golden file without its expectation: the graph before the pass, and the pass.
  ///
  /// The pass manager fills it in.
  public var reproducer: String?

  /// An error of a pass.
  public init(pass: String, _ message: String, reproducer: String? = nil) {
    self.pass = pass
    self.message = message
    self.reproducer = reproducer
  }
}
