internal import ApusDiff
internal import ApusIR

/// What `apus diff` has found and what its gate says.
struct DiffVerdict {
  var old: String
  var new: String
  var report: DiffReport
  var failures: [Policy.Failure]
  /// What noise leaves open.
  var undecided: [String]

  init(old: String, new: String, report: DiffReport, policy: Policy) {
    (self.old, self.new, self.report) = (old, new, report)
    (failures, undecided) = (policy.failures(report), policy.undecided(report))
  }

  /// What the gate says.
  private var gate: String {
    failures.isEmpty ? (undecided.isEmpty ? "passed" : "inconclusive") : "failed"
  }

  /// The changes with the largest distance of weights first among their class.
  var movers: [DiffReport.Change] {
    report.changes.enumerated().sorted { a, b in
      let (x, y) = (a.element.weights?.relative ?? 0, b.element.weights?.relative ?? 0)
      guard a.element.category == .weight, b.element.category == .weight, x != y else {
        return a.offset < b.offset
      }
      return x > y
    }.map(\.element)
  }

  /// The deltas that are not zero, largest growth first.
  private var moved: [DiffReport.Delta] {
    report.deltas.filter { $0.old != $0.new }
      .sorted { (abs($1.percent), $0.name) < (abs($0.percent), $1.name) }
  }

  /// For a terminal.
  func text(_ style: TextStyle) -> String {
    var lines = movers.map { change in
      let name = style.apply([.bold, change.category.colour], to: change.category.rawValue)
      let place = style.apply([.faint], to: change.place.escapingControls)
      return "\(name): \(change.message.escapingControls)\(change.figures)\(place)"
    }
    lines += moved.map {
      let share = style.apply([$0.old < $0.new ? .red : .green], to: $0.share)
      return "\($0.name): \(grouped($0.old)) → \(grouped($0.new))\(share)"
    }
    lines += behaviour
    if report.changes.isEmpty { lines.append("no change of meaning") }
    // Failures of a class are changes, which are told already.
    lines += failures.filter { $0.rule.category == nil }.map { "\($0.rule): \($0.message)" }
    let reasons = failures.isEmpty ? undecided.joined(separator: ", ") : brokenRules
    let colour: TextStyle.Attribute =
      failures.isEmpty ? (undecided.isEmpty ? .green : .yellow) : .red
    lines.append(
      style.apply([.bold, colour], to: "gate: \(gate)" + (reasons.isEmpty ? "" : ", \(reasons)")))
    return lines.joined(separator: "\n")
  }

  /// The rules that fail, each once, with counts.
  var rules: [String] {
    var counts: [String: Int] = [:]
    var names: [String] = []
    for failure in failures {
      let name = failure.rule.description
      if counts[name] == nil { names.append(name) }
      counts[name, default: 0] += 1
    }
    return names.map { "\($0) (\(counts[$0] ?? 0))" }
  }

  private var brokenRules: String { rules.joined(separator: ", ") }

  /// A document of schema 1; see `docs/diff.md`.
  var json: JSON {
    .object([
      ("schema", .integer(1)), ("old", .string(old)), ("new", .string(new)),
      ("gate", .string(gate)), ("undecided", .array(undecided.map { .string($0) })),
      ("failures", .array(failures.map(\.json))),
      ("changes", .array(report.changes.map(\.json))),
      ("deltas", .array(report.deltas.map(\.json))),
      ("drift", .array(report.drifts.map(\.json))), ("time", report.timing?.json ?? .null),
    ])
  }

  /// A comment of at most 60,000 bytes.
  var markdown: String {
    let result = failures.isEmpty ? gate : "failed on \(brokenRules)"
    var text = "### Model diff: \(result)\n\n"
    text +=
      "`\(old.markdown)` → `\(new.markdown)`\n\n| class | change | nodes |\n| --- | --- | --- |\n"
    for (place, change) in movers.enumerated() {
      guard text.utf8.count < 50_000 else {
        text += "\n\(movers.count - place) more changes are left out.\n"
        return text
      }
      let message = (change.message + change.figures).prefix(500).description.markdown
      let nodes = change.nodes.prefix(500).description.markdown
      text += "| \(change.category.rawValue) | \(message) | \(nodes) |\n"
    }
    if !moved.isEmpty { text += "\n| number | old | new |\n| --- | --- | --- |\n" }
    for delta in moved.prefix(60) {
      text += "| \(delta.name) | \(grouped(delta.old)) | \(grouped(delta.new))\(delta.share) |\n"
    }
    for line in behaviour.prefix(60) { text += "\n- " + line.prefix(500).description.markdown }
    return behaviour.isEmpty ? text : text + "\n"
  }

  /// One test case per class, and one per number that fails.
  var junit: String {
    var cases = DiffReport.Class.allCases.map { category in
      junitCase(category.rawValue, failures.filter { $0.rule.category == category })
    }
    for failure in failures where failure.rule.category == nil {
      cases.append(junitCase(failure.rule.description, [failure]))
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuite name="apus diff" tests="\(cases.count)" \
      failures="\(cases.count { $0.contains("<failure") })">
      \(cases.joined(separator: "\n"))
      </testsuite>

      """
  }

  private func junitCase(_ name: String, _ failures: [Policy.Failure]) -> String {
    let head = "  <testcase classname=\"diff\" name=\"\(name.xmlEscaped)\""
    if failures.isEmpty { return head + "/>" }
    let text = failures.map(\.message).joined(separator: "\n").xmlEscaped
    return head + "><failure message=\"\(failures.count) changes\">\(text)</failure></testcase>"
  }
}

extension DiffReport.Class {
  /// What the class looks like on a terminal.
  fileprivate var colour: TextStyle.Attribute {
    switch self {
    case .interface: .red
    case .topology: .magenta
    case .attribute: .yellow
    case .weight: .blue
    case .precision: .cyan
    case .metadata: .faint
    }
  }
}

extension Policy.Rule {
  /// The class that a rule is about; `nil` for numbers.
  var category: DiffReport.Class? {
    switch self {
    case .any(let category): category
    case .weights: .weight
    case .drift, .growth, .inconclusive: nil
    }
  }
}

extension Policy.Failure {
  fileprivate var json: JSON {
    .object([("rule", .string(rule.description)), ("message", .string(message))])
  }
}

extension DiffReport.Change {
  /// The distance of weights.
  var figures: String {
    guard let weights else { return "" }
    var text = ": relative \(short(weights.relative)), maximum \(short(weights.maximum))"
    text += ", cosine \(short(weights.cosine, digits: 9)), \(grouped(weights.count)) elements"
    if let ulps = weights.ulps { text += ", \(grouped(ulps)) ulp" }
    return text + ", worst channel \(weights.worstChannel) (\(short(weights.worstRelative)))"
  }

  /// The nodes, once where both models call them the same.
  var nodes: String {
    let (before, after) = (old.joined(separator: ", "), new.joined(separator: ", "))
    if before == after || after.isEmpty { return before }
    return before.isEmpty ? after : "\(before) → \(after)"
  }

  /// The nodes after the message.
  var place: String { nodes.isEmpty ? "" : "  @ " + nodes }

  fileprivate var json: JSON {
    var fields: [(String, JSON)] = [
      ("class", .string(category.rawValue)), ("kind", .string(kind.rawValue)),
      ("message", .string(message)),
      ("old", .array(old.map { .string($0) })), ("new", .array(new.map { .string($0) })),
    ]
    if let weights {
      fields += [
        ("elements", .integer(weights.count)), ("maximum", .number(weights.maximum)),
        ("relative_l2", .number(weights.relative)), ("cosine", .number(weights.cosine)),
        ("ulp", weights.ulps.map { .integer($0) } ?? .null),
        ("worst_channel", .integer(weights.worstChannel)),
        ("worst_channel_relative_l2", .number(weights.worstRelative)),
      ]
    }
    return .object(fields)
  }
}

extension DiffReport.Delta {
  /// The growth in brackets.
  fileprivate var share: String {
    percent.isFinite ? " (\(percent > 0 ? "+" : "")\(decimal(percent, places: 1)) %)" : " (new)"
  }

  fileprivate var json: JSON {
    .object([("name", .string(name)), ("old", .integer(old)), ("new", .integer(new))])
  }
}

extension String {
  /// The text inside one cell of a table.
  fileprivate var markdown: String {
    replacing("\n", with: " ").replacing("|", with: "\\|").replacing("<", with: "&lt;")
      .replacing("`", with: "'")
  }
}
