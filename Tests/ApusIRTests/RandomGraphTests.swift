import ApusIR
import ApusTestSupport
import Testing

@Suite struct RandomGraphTests {
  @Test(arguments: UInt64(0)..<200) func printParseIdentity(_ seed: UInt64) throws {
    let graph = RandomGraph.graph(seed: seed, size: 24)
    let text = graph.text(constants: .full)
    do {
      #expect(try Graph(parsing: text).text(constants: .full) == text)
    } catch {
      Issue.record("\(error.diagnostics.map(\.text).joined())\n\(text)")
    }
  }

  @Test func theyUseEveryOperator() {
    var seen: Set<String> = []
    for seed in UInt64(0)..<200 {
      seen.formUnion(RandomGraph.graph(seed: seed, size: 24).nodes.map(\.operation.mnemonic))
    }
    let missing = Operation.prototypes.map(\.mnemonic).filter { !seen.contains($0) }
    #expect(missing.isEmpty)
  }

  @Test(arguments: UInt64(0)..<50) func theyAreCorrect(_ seed: UInt64) throws {
    try RandomGraph.graph(seed: seed, size: 24).verify(stage: .laidOut)
  }
}
