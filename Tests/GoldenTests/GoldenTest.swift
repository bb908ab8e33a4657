import Foundation

/// The parts of a golden file.
///
/// ```
/// // RUN: lower c99
/// graph @relu(…) …
/// // ----
/// the expected result
/// ```
/// Instead of the whole result, lines `// CHECK: text` may name parts that must come in order.
struct GoldenTest {
  /// What to run, such as `["lower", "c99"]`.
  var command: [String]
  /// What to run it on.
  var input: String
  /// What must come out.
  var expected: String
  private var head: String
  private var checks: [String]

  private static let mark = "// RUN: "
  private static let line = "// ----\n"
  private static let check = "// CHECK: "

  init?(_ text: String) {
    guard text.hasPrefix(Self.mark), let end = text.firstIndex(of: "\n"),
      let separator = text.range(of: "\n" + Self.line)
    else { return nil }
    command = text[..<end].dropFirst(Self.mark.count).split(separator: " ").map(String.init)
    // The input keeps the first line, so that places in messages are those of the file.
    head = text[..<separator.upperBound].description
    input = text[..<separator.lowerBound] + "\n"
    expected = String(text[separator.upperBound...])
    let lines = expected.split(separator: "\n")
    checks = lines.filter { $0.hasPrefix(Self.check) }.map { String($0.dropFirst(10)) }
  }

  /// What came out, or the CHECK lines when the result has them all in order.
  func result() throws -> String {
    let output = try GoldenCommand.run(command, on: input)
    if checks.isEmpty { return output }
    var rest = output[...]
    for check in checks {
      guard let range = rest.range(of: check) else { return output }
      rest = rest[range.upperBound...]
    }
    return expected
  }

  /// The file with another expectation; CHECK lines are for people to change.
  func text(expecting result: String) -> String { checks.isEmpty ? head + result : head + expected }
}
