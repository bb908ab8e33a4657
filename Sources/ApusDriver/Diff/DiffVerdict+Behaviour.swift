internal import ApusDiff
internal import ApusIR

extension DiffVerdict {
  /// What running the models has shown, one line each.
  var behaviour: [String] {
    var lines = report.drifts.map { drift in
      var line = "drift of \(drift.output.escapingControls): maximum \(short(drift.maximum))"
      line += ", relative \(short(drift.relative))"
      if let agreement = drift.agreement {
        line += ", top-1 agreement \(decimal(agreement * 100, places: 2)) %"
        line += " of \(grouped(drift.rows)) rows"
      }
      return line + " (\(drift.runs == 1 ? "1 run" : "\(grouped(drift.runs)) runs"))"
    }
    if let timing = report.timing {
      let bounds = [timing.bounds.lowerBound, timing.bounds.upperBound].map(percent)
      lines.append(
        "time: \(milliseconds(timing.old)) → \(milliseconds(timing.new)) ms "
          + "(\(percent(timing.ratio)) %, 99 % bounds \(bounds[0]) to \(bounds[1]) %, "
          + "\(timing.rounds) rounds): \(timing.verdict.rawValue)")
    }
    return lines
  }

  private func milliseconds(_ seconds: Double) -> String { short(seconds * 1e3, digits: 4) }

  private func percent(_ ratio: Double) -> String {
    (ratio >= 1 ? "+" : "") + decimal((ratio - 1) * 100, places: 1)
  }
}

extension OutputDrift {
  var json: JSON {
    .object([
      ("output", .string(output)), ("runs", .integer(runs)), ("maximum", .number(maximum)),
      ("relative_l2", .number(relative)), ("rows", .integer(rows)),
      ("top_1_agreement", agreement.map { .number($0) } ?? .null),
    ])
  }
}

extension Timing {
  var json: JSON {
    .object([
      ("old_seconds", .number(old)), ("new_seconds", .number(new)), ("ratio", .number(ratio)),
      ("ratio_low", .number(bounds.lowerBound)), ("ratio_high", .number(bounds.upperBound)),
      ("rounds", .integer(rounds)), ("verdict", .string(verdict.rawValue)),
    ])
  }
}
