import ApusIR
import ApusRuntime
import Testing

@testable import ApusTransforms

@Suite struct RuleTests {
  @Test(arguments: RuleCase.all) func firingKeepsResults(_ example: RuleCase) throws {
    for (place, text) in example.fires.enumerated() {
      let before = try Graph(text: text)
      var rewriter = Rewriter(before)
      let after = rewriter.run([example.rule])
      #expect(rewriter.count > 0, "example \(place) should change")
      #expect(rewriter.counts == [example.rule.name: rewriter.count])
      #expect(after.text != before.text)
      try after.verify(stage: .optimised)
      for seed in UInt64(1)...3 {
        expectSame(after, before, seed: seed, example.tolerance, "example \(place)")
      }
    }
  }

  @Test(arguments: RuleCase.all) func othersStay(_ example: RuleCase) throws {
    for (place, text) in example.stays.enumerated() {
      let before = try Graph(text: text)
      var rewriter = Rewriter(before)
      let after = rewriter.run([example.rule])
      #expect(rewriter.count == 0, "example \(place) became\n\(after.text)")
      #expect(after.text == before.withoutDeadNodes().text)
    }
  }

  @Test func everyRuleHasExamples() {
    let rules =
      Rule.views + Rule.arithmetic + Rule.scaleFolding + Rule.integerProducts
      + [.composeMaps, .mapBeforeView, .fuseEpilogue, .requantize]
    #expect(Set(RuleCase.all.map(\.rule.name)) == Set(rules.map(\.name)))
    for example in RuleCase.all {
      #expect(!example.fires.isEmpty && !example.stays.isEmpty, "\(example)")
    }
  }
}

/// A rule with graphs that it changes and graphs that it leaves.
struct RuleCase: Sendable, CustomTestStringConvertible {
  let rule: Rule
  let tolerance: Tolerance
  let fires: [String]
  let stays: [String]

  var testDescription: String { rule.name }

  /// Each text is the inside of a graph: its inputs, a bar, its nodes; the last result is returned
  /// unless the text does so itself.
  init(_ rule: Rule?, _ tolerance: Tolerance = .exact, fires: [String], stays: [String]) {
    self.rule = rule ?? Rule("missing") { _, _ in nil }
    self.tolerance = tolerance
    self.fires = fires.map(RuleCase.graph)
    self.stays = stays.map(RuleCase.graph)
  }

  static let all = views + arithmetic + fusion + scales + integers + corrections

  /// A rule by name.
  static func rule(_ name: String) -> Rule? {
    (Rule.views + Rule.arithmetic + Rule.scaleFolding + Rule.integerProducts)
      .first { $0.name == name }
  }

  /// `x: 2x3xf32 | y = exp` in full.
  private static func graph(_ short: String) -> String {
    let parts = short.split(separator: "|", maxSplits: 1).map(String.init)
    let inputs = parts[0].split(separator: ",").map { input in
      let pair = input.split(separator: ":").map { $0.filter { $0 != " " } }
      return "%\(pair[0]): tensor<\(pair[1])>"
    }
    let lines = parts[1].split(separator: "\n").map { $0.trimmingBlanks }
    let outputs = lines.compactMap { line in
      line.hasPrefix("out ") ? String(line.dropFirst(4)) : nil
    }
    let results = outputs.map { line in line.split(separator: ":").map(\.trimmingBlanks) }
    let nodes = lines.filter { !$0.hasPrefix("out ") }
    return """
      graph @example(\(inputs.joined(separator: ", "))) -> \
      (\(results.enumerated().map { "y\($0): tensor<\($1[1])>" }.joined(separator: ", "))) {
      \(nodes.joined(separator: "\n"))
      return \(results.map { $0[0] }.joined(separator: ", "))
      }
      """
  }
}

extension StringProtocol {
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
