/// What a gate lets through.
public struct Policy: Hashable, Sendable {
  /// A condition that fails the gate.
  public enum Rule: Hashable, Sendable, CustomStringConvertible {
    /// Any change of a class.
    case any(DiffReport.Class)
    /// Weights whose relative distance is larger, or not known.
    case weights(above: Double)
    /// Outputs whose relative distance on the same inputs is larger, or not known.
    case drift(above: Double)
    /// A number that grows by more than so many percent; `time` is the measured one.
    case growth(String, percent: Double)
    /// A measured time that is hidden by noise.
    case inconclusive

    /// Reads `interface`, `weights>1e-3`, `drift>1e-3`, `macs+5%`, `inconclusive`; `nil` when it is
    /// none of these.
    public init?(_ text: String) {
      if text == "inconclusive" {
        self = .inconclusive
        return
      }
      let name = text == "weights" ? "weight" : text
      if let category = DiffReport.Class(rawValue: name) {
        self = .any(category)
        return
      }
      let limit = text.split(separator: ">", omittingEmptySubsequences: false)
      if limit.count == 2, let bound = Double(limit[1]), bound.isFinite, bound >= 0 {
        switch limit[0] {
        case "weights", "weight": self = .weights(above: bound)
        case "drift": self = .drift(above: bound)
        default: return nil
        }
        return
      }
      guard text.hasSuffix("%"), let plus = text.lastIndex(of: "+"), plus != text.startIndex,
        let percent = Double(text[text.index(after: plus)...].dropLast()), percent.isFinite,
        percent >= 0
      else { return nil }
      self = .growth(String(text[..<plus]), percent: percent)
    }

    public var description: String {
      switch self {
      case .any(let category): category.rawValue
      case .weights(let bound): "weights>\(bound)"
      case .drift(let bound): "drift>\(bound)"
      case .inconclusive: "inconclusive"
      case .growth(let name, let percent):
        "\(name)+\(Int(exactly: percent).map { "\($0)" } ?? "\(percent)")%"
      }
    }
  }

  /// Why the gate fails.
  public struct Failure: Hashable, Sendable {
    public var rule: Rule
    /// One sentence without a full stop.
    public var message: String
  }

  /// What fails the gate.
  public var failOn: [Rule]
  /// Changes of nodes and messages that hold one of these words are left out.
  public var ignored: [String]

  /// A policy; by default every class but `metadata` fails.
  public init(
    failOn: [Rule] = DiffReport.Class.allCases.filter { $0 != .metadata }.map { .any($0) },
    ignored: [String] = []
  ) {
    self.failOn = failOn
    self.ignored = ignored
  }

  /// Whether a rule is about a number.
  public func counts(_ name: String) -> Bool {
    failOn.contains {
      if case .growth(name, _) = $0 { return true }
      return false
    }
  }

  /// The report without changes that are to be ignored.
  public func filtered(_ report: DiffReport) -> DiffReport {
    var result = report
    result.changes.removeAll { change in
      ignored.contains { word in
        ([change.message] + change.old + change.new).contains { $0.contains(word) }
      }
    }
    return result
  }

  /// What fails the gate; empty when it lets the report through.
  ///
  /// A rule about a number that one of the models does not have fails.
  public func failures(_ report: DiffReport) -> [Failure] {
    failOn.flatMap { rule in
      switch rule {
      case .any(let category):
        report.changes.filter { $0.category == category }
          .map { Failure(rule: rule, message: $0.message) }
      case .weights(let bound):
        report.changes.filter {
          $0.category == .weight && !(($0.weights?.relative ?? .infinity) <= bound)
        }.map { Failure(rule: rule, message: $0.message) }
      case .drift(let bound): drift(rule, bound, report)
      case .growth("time", let percent): time(rule, percent, report)
      case .growth(let name, let percent): growth(rule, name, percent, report)
      case .inconclusive:
        undecided(report).map { Failure(rule: rule, message: "\($0) cannot be told from noise") }
      }
    }
  }

  /// The rules about time that noise leaves open; without such rules the measurement itself.
  public func undecided(_ report: DiffReport) -> [String] {
    guard let timing = report.timing else { return [] }
    let rules = failOn.compactMap { rule -> (Rule, Bool?)? in
      guard case .growth("time", let percent) = rule else { return nil }
      return (rule, timing.grows(byMoreThan: percent))
    }
    if rules.isEmpty { return timing.verdict == .inconclusive ? ["the change of time"] : [] }
    return rules.filter { $0.1 == nil }.map(\.0.description)
  }

  private func drift(_ rule: Rule, _ bound: Double, _ report: DiffReport) -> [Failure] {
    if report.drifts.isEmpty {
      return [Failure(rule: rule, message: "the drift of outputs is not known")]
    }
    return report.drifts.filter { !($0.relative <= bound) }.map {
      Failure(rule: rule, message: "output \($0.output) drifts by \($0.relative)")
    }
  }

  private func time(_ rule: Rule, _ percent: Double, _ report: DiffReport) -> [Failure] {
    guard let timing = report.timing else {
      return [Failure(rule: rule, message: "the time was not measured")]
    }
    guard timing.grows(byMoreThan: percent) == true else { return [] }
    return [Failure(rule: rule, message: "a run takes \(timing.ratio) times as long")]
  }

  private func growth(
    _ rule: Rule, _ name: String, _ percent: Double, _ report: DiffReport
  ) -> [Failure] {
    guard let delta = report.deltas.first(where: { $0.name == name }) else {
      return [Failure(rule: rule, message: "\(name) is not known of both models")]
    }
    guard delta.percent > percent else { return [] }
    return [Failure(rule: rule, message: "\(name) grew from \(delta.old) to \(delta.new)")]
  }
}
