import ApusIR
import ApusTestSupport
import Synchronization
import Testing

@testable import ApusTransforms

@Suite struct PassManagerTests {
  private let chain = """
    graph @g(%x: tensor<4xf32>) -> (y: tensor<4xf32>) {
      %0 = map %x {f = (a: f32) mul(a, 1.0:f32)} : tensor<4xf32>
      %1 = map %0 {f = (a: f32) exp(a)} : tensor<4xf32>
      %2 = map %1 {f = (a: f32) div(a, 1.0:f32)} : tensor<4xf32>
      %3 = map %2 {f = (a: f32) neg(a)} : tensor<4xf32>
      %4 = softmax %3 {axis = 0} : tensor<4xf32>
      %5 = map %4 {f = (a: f32) sqrt(a)} : tensor<4xf32>
      return %5
    }
    """

  @Test func rewritesStopAtTheLimit() throws {
    let graph = try Graph(text: chain)
    var texts: [String] = []
    for limit in 0...20 {
      var (copy, context) = (graph, PassContext(evaluate: evaluate))
      context.rewriteLimit = limit
      try PassManager(OptimizationLevel.full.pipeline).run(&copy, &context)
      #expect(context.rewrites <= limit)
      #expect(context.rewritesByRule.values.reduce(0, +) == context.rewrites)
      if texts.last != copy.text { texts.append(copy.text) }
      expectSame(copy, graph, rounding, "limit \(limit)")
      if context.rewrites < limit {
        #expect(limit == texts.count, "each rewrite up to the last one changes the graph")
        return
      }
    }
    Issue.record("the pipeline does not come to an end")
  }

  @Test func recordsTellWhatPassesDid() throws {
    var (graph, context) = (try Graph(text: chain), PassContext())
    var manager = PassManager([.canonicalize, .fuseMaps, .eliminateDeadCode])
    let records = Mutex<[PassRecord]>([])
    manager.instrumentation.record = { record in records.withLock { $0.append(record) } }
    try manager.run(&graph, &context)
    let found = records.withLock { $0 }
    #expect(found.map(\.pass) == ["canonicalize", "fuse-maps", "dead-code"])
    #expect(found[0].rewrites.map(\.rule) == ["identity-map", "simpler-formula"])
    #expect(found[0].rewrites.map(\.count) == [2, 2])
    #expect(found[1].rewrites.map(\.rule) == ["compose-maps"])
    #expect(found[2].rewrites.isEmpty)
    #expect(found.allSatisfy { $0.duration >= .zero && $0.nodeCount > 0 })
  }

  @Test func verificationNamesTheGuiltyPass() throws {
    var (graph, context) = (try Graph(text: chain), PassContext())
    let before = graph
    let broken = Pass("break-names", "gives an output an empty name") { graph, _ in
      graph.outputNames[0] = ""
    }
    var manager = PassManager([.canonicalize, broken])
    try manager.run(&graph, &context)
    graph = before
    manager.instrumentation.verifyEach = true
    do throws(PassError) {
      try manager.run(&graph, &context)
      Issue.record("nothing was found")
    } catch {
      #expect(error.pass == "break-names")
      #expect(error.message.contains("output-names"))
      let reproducer = try #require(error.reproducer)
      #expect(reproducer.hasPrefix("// RUN: opt break-names\ngraph @g("))
      #expect(try Graph(parsing: reproducer) == optimized(before, [.canonicalize]))
    }
  }

  @Test func verificationRefusesABrokenInput() throws {
    var (graph, context) = (try Graph(text: chain), PassContext())
    graph.outputNames = []
    var manager = PassManager([.canonicalize])
    manager.instrumentation.verifyEach = true
    do throws(PassError) {
      try manager.run(&graph, &context)
      Issue.record("nothing was found")
    } catch {
      #expect(error.pass == "input")
    }
  }

  @Test func pipelinesParse() throws {
    let manager = try PassManager.parse("canonicalize,fuse-maps").get()
    #expect(manager.passes.map(\.name) == ["canonicalize", "fuse-maps"])
    #expect(throws: UnknownPass.self) { try PassManager.parse("canonicalize,fuse").get() }
  }

  @Test func originsOfMergedNodesAreKept() throws {
    let graph = try Graph(
      text: """
        graph @g(%x: tensor<2x3xf32>) -> (y: tensor<2x3xf32>) {
          %0 = softmax %x {axis = 1} : tensor<2x3xf32>  @ "Softmax"
          %1 = map %0 {f = (a: f32) exp(a)} : tensor<2x3xf32>  @ "Exp"
          %2 = map %1 {f = (a: f32) neg(a)} : tensor<2x3xf32>  @ "Neg"
          return %2
        }
        """)
    let fused = try optimized(graph, OptimizationLevel.full.pipeline)
    #expect(fused.nodes.map(\.origins) == [["Softmax", "Exp", "Neg"]])
  }
}
