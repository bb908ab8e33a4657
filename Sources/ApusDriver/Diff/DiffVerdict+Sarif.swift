internal import ApusDiff
internal import Foundation

extension DiffVerdict {
  /// A log of SARIF 2.1.0: gated changes are errors, the others notes; numbers beyond a limit are
  /// results of the rule `limit`.
  var sarif: JSON {
    let failing = Set(failures.map(\.message))
    let changes = report.changes.map { change in
      result(
        change.category.rawValue, failing.contains(change.message) ? "error" : "note",
        change.message + change.figures + change.place)
    }
    let limits = failures.filter { $0.rule.category == nil }.map { failure in
      result("limit", "error", "\(failure.rule): \(failure.message)")
    }
    let rules = (DiffReport.Class.allCases.map(\.rawValue) + ["limit"]).map {
      JSON.object([("id", .string($0))])
    }
    let driver = JSON.object([("name", .string("apus diff")), ("rules", .array(rules))])
    let run = JSON.object([
      ("tool", .object([("driver", driver)])), ("results", .array(changes + limits)),
    ])
    return .object([
      ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
      ("version", .string("2.1.0")), ("runs", .array([run])),
    ])
  }

  private func result(_ rule: String, _ level: String, _ text: String) -> JSON {
    let uri = new.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? new
    let artifact = JSON.object([("uri", .string(uri))])
    let place = JSON.object([("physicalLocation", .object([("artifactLocation", artifact)]))])
    return .object([
      ("ruleId", .string(rule)), ("level", .string(level)),
      ("message", .object([("text", .string(text))])), ("locations", .array([place])),
    ])
  }
}
