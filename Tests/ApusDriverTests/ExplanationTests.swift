import Foundation
import Testing

@testable import ApusDriver

@Suite struct ExplanationTests {
  /// The IDs that stand in the sources: `id: "…"`, or the first argument of what makes failures.
  private func usedIDs() throws -> Set<String> {
    let pattern = /(?:\bid:|(?:invalid|unsupported|failure)\()\s*"([a-z][a-z0-9-]*)"/
    let sources = URL(filePath: Files.root + "/Sources")
    let files = try #require(
      FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var found: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      found.formUnion(text.matches(of: pattern).map { String($0.1) })
    }
    return found
  }

  @Test func everyIDIsExplainedOnce() throws {
    let used = try usedIDs()
    let explained = Explanation.all.map(\.id)
    #expect(Set(explained).count == explained.count)
    #expect(used.subtracting(explained).sorted() == [])
    // The interpreter numbers its refusals.
    let unused = Set(explained).subtracting(used).filter { !$0.hasPrefix("bytecode-") }
    #expect(unused.sorted() == [])
  }

  @Test func commandExplains() {
    #expect(apus("explain", "cycle").output.hasPrefix("Nodes take each other's results"))
    #expect(apus("explain", "nonsense").code == 2)
    #expect(apus("explain").output.contains("\n| `window-size` | The window is larger"))
  }
}
