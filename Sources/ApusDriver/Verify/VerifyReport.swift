/// All verdicts of a run, in the forms that people and tools read.
struct VerifyReport {
  let verdicts: [Verdict]

  private func count(_ kind: Verdict.Kind) -> Int { verdicts.count { $0.kind == kind } }

  /// The last line for people.
  var summary: String {
    "\(count(.passed)) passed, \(count(.failed)) failed, \(count(.skipped)) skipped"
  }

  /// 0 only when nothing failed and something passed.
  var exitCode: Int32 { count(.failed) == 0 && count(.passed) > 0 ? 0 : 1 }

  /// The document for tools.
  var json: JSON {
    .object([
      ("schema", .integer(1)), ("passed", .integer(count(.passed))),
      ("failed", .integer(count(.failed))), ("skipped", .integer(count(.skipped))),
      (
        "cases",
        .array(
          verdicts.map { verdict in
            .object([
              ("name", .string(verdict.result.name)), ("verdict", .string(verdict.kind.rawValue)),
              ("outcome", .string(verdict.result.outcome.rawValue)),
              ("message", .string(verdict.result.message)),
              ("seconds", .number(verdict.result.seconds)),
            ])
          })
      ),
    ])
  }

  /// The document for CI systems.
  var junit: String {
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
    lines.append(
      "<testsuite name=\"apus verify\" tests=\"\(verdicts.count)\" failures=\"\(count(.failed))\" "
        + "skipped=\"\(count(.skipped))\">")
    for verdict in verdicts {
      let head =
        "  <testcase name=\"\(verdict.result.name.xmlEscaped)\" "
        + "time=\"\(decimal(verdict.result.seconds, places: 3))\""
      let message = " message=\"\(verdict.line.xmlEscaped)\""
      switch verdict.kind {
      case .passed: lines.append(head + "/>")
      case .failed: lines.append(head + "><failure\(message)/></testcase>")
      case .skipped: lines.append(head + "><skipped\(message)/></testcase>")
      }
    }
    return (lines + ["</testsuite>", ""]).joined(separator: "\n")
  }
}

extension String {
  /// The text inside XML or HTML, also in attributes; control characters become spaces.
  var xmlEscaped: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
