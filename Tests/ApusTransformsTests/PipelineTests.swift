import ApusIR
import ApusRuntime
import ApusTestSupport
import Testing

@testable import ApusTransforms

@Suite struct PipelineTests {
  @Test(arguments: UInt64(0)..<300) func levelsKeepResults(_ seed: UInt64) throws {
    guard let plain = runnable(seed: seed, size: 16) else { return }
    for level in [OptimizationLevel.basic, .full] {
      do throws(PassError) {
        let better = try optimized(plain, level.pipeline)
        expectSame(better, plain, seed: seed, rounding, "\(level) seed \(seed)")
      } catch {
        Issue.record("\(error.pass): \(error.message)\n\(error.reproducer ?? "")")
      }
    }
  }

  @Test(arguments: UInt64(0)..<200) func singlePassesKeepResults(_ seed: UInt64) throws {
    guard let graph = runnable(seed: seed, size: 12) else { return }
    for pass in PassRegistry.all {
      let better = try optimized(graph, [pass])
      expectSame(better, graph, seed: seed, rounding, "\(pass.name) seed \(seed)")
    }
  }

  @Test(arguments: UInt64(0)..<200) func networksKeepResults(_ seed: UInt64) throws {
    let plain = RandomNetwork.graph(seed: seed, size: 10)
    for level in [OptimizationLevel.basic, .full] {
      let better = try optimized(plain, level.pipeline)
      expectSame(better, plain, seed: seed, rounding, "\(level) seed \(seed)")
      let text = better.text(constants: .full)
      #expect(try Graph(parsing: text).text(constants: .full) == text)
    }
  }

  @Test func networksUseEveryRuleOfConvolutions() throws {
    var rewrites: [String: Int] = [:]
    for seed in UInt64(0)..<100 {
      var graph = RandomNetwork.graph(seed: seed, size: 10)
      var context = PassContext(evaluate: evaluate)
      try PassManager(OptimizationLevel.full.pipeline).run(&graph, &context)
      rewrites.merge(context.rewritesByRule, uniquingKeysWith: +)
    }
    for rule in ["scale-into-conv", "fold-constant", "compose-maps", "fuse-epilogue"] {
      #expect(rewrites[rule, default: 0] > 0, "\(rule) in \(rewrites)")
    }
  }

  @Test func mostRandomGraphsRun() {
    let count = (UInt64(0)..<100).count { runnable(seed: $0, size: 16) != nil }
    #expect(count >= 60)
  }

  /// A random graph, or `nil` when one of its operators has no schedule for its form.
  private func runnable(seed: UInt64, size: Int) -> Graph? {
    let graph = RandomGraph.runnable(seed: seed, size: size).withoutDeadNodes()
    return (try? graph.outcome(seed: seed)) == nil ? nil : graph
  }

  @Test(arguments: UInt64(0)..<100) func passesTakeSymbols(_ seed: UInt64) throws {
    let graph = RandomGraph.graph(seed: seed, size: 20)
    _ = try optimized(graph, OptimizationLevel.full.pipeline)
  }

  @Test(arguments: UInt64(0)..<20) func resultsAreTheSameOnEachRun(_ seed: UInt64) throws {
    let graph = RandomGraph.runnable(seed: seed, size: 24)
    let first = try optimized(graph, OptimizationLevel.full.pipeline)
    let second = try optimized(graph, OptimizationLevel.full.pipeline)
    #expect(first.text(constants: .full) == second.text(constants: .full))
  }
}
