internal import ApusDiff
package import ApusIR
internal import ApusLoops
internal import ApusTransforms

/// Two graphs compared as `apus diff` compares models.
package struct GraphComparison {
  /// The document of `apus diff --json`.
  package let json: String
  /// Whether the gate passes.
  package let passes: Bool

  /// Compares graphs, canonicalised first; `rules` are those of `--fail-on`, or the default ones.
  package init(_ old: Graph, _ new: Graph, rules: String?) throws(DiagnosticError) {
    var policy = Policy()
    if let rules { try policy.replaceRules([rules]) }
    let report = policy.filtered(
      DiffReport(from: try Self.outline(old), to: try Self.outline(new)))
    let verdict = DiffVerdict(
      old: old.name, new: new.name, report: report, policy: policy)
    json = verdict.json.text
    passes = verdict.failures.isEmpty
  }

  private static func outline(_ graph: Graph) throws(DiagnosticError) -> Outline {
    var (canonical, options) = (graph, Compilation.Options())
    options.passes = Outline.canonicalization
    try Compilation.optimize(&canonical, options)
    return .measured(canonical, Compilation.Options(), .virtualMachine, .ofSmallModels)
  }
}
