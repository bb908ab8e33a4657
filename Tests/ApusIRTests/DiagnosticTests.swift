import ApusIR
import Testing

@Suite struct DiagnosticTests {
  private let full = Diagnostic(
    .unsupported, id: "no-schedule", "no schedule for \"x\"", file: "a\"b.onnx",
    place: .node(graph: ["If_0", "then"], index: 3, name: "n\n1", operatorType: "Foo"),
    notes: ["first", "second\u{202e}"], help: "do something else")

  @Test func textHasOneFactPerLine() {
    #expect(
      full.text == """
        a"b.onnx: error: no schedule for "x" [no-schedule]
          --> If_0 / then / node 3 "n\\u{a}1" (Foo)
        note: first
        note: second\\u{202e}
        help: do something else
        """)
  }

  @Test func jsonIsOneLine() {
    #expect(
      full.json == #"{"severity":"error","code":4,"id":"no-schedule","#
        + #""message":"no schedule for \"x\"","file":"a\"b.onnx","graph":["If_0","then"],"#
        + #""node":3,"name":"n\n1","operator":"Foo","notes":["first","second\#u{202e}"],"#
        + #""help":"do something else"}"#)
  }

  @Test(arguments: [
    (Diagnostic.Place.file, "", ""),
    (.byte(17), "  --> byte 17", #""byte":17,"#),
    (.tensor("w"), "  --> tensor \"w\"", #""tensor":"w","#),
    (.pass("fuse"), "  --> pass fuse", #""pass":"fuse","#),
    (
      .text(line: 2, column: 3, source: "\tab"),
      "  --> line 2, column 3\n   |  ab\n   |   ^", #""line":2,"column":3,"#
    ),
  ])
  func places(_ place: Diagnostic.Place, _ lines: String, _ fields: String) {
    let diagnostic = Diagnostic(.warning, .invalidInput, id: "i", "m", place: place)
    #expect(diagnostic.text == "warning: m [i]" + (lines.isEmpty ? "" : "\n" + lines))
    #expect(
      diagnostic.json
        == #"{"severity":"warning","code":3,"id":"i","message":"m","# + fields + #""notes":[]}"#)
  }

  @Test func longLinesShowThePartAroundTheCaret() {
    let source = String(repeating: "a", count: 500) + "!" + String(repeating: "b", count: 500)
    let place = Diagnostic.Place.text(line: 1, column: 501, source: source)
    let lines = Diagnostic(.usage, id: "i", "m", place: place).text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 111 })
    let mark = lines[2].firstIndex(of: "!").map {
      lines[2].distance(from: lines[2].startIndex, to: $0)
    }
    let caret = lines[3].firstIndex(of: "^").map {
      lines[3].distance(from: lines[3].startIndex, to: $0)
    }
    #expect(mark == caret && mark != nil)
  }

  @Test func columnsBeyondTheLineDoNotTrap() {
    for column in [-5, 0, 1, 99, 10_000] {
      let place = Diagnostic.Place.text(line: 1, column: column, source: "short")
      #expect(Diagnostic(.usage, id: "i", "m", place: place).text.contains("^"))
    }
  }

  @Test func exitCodeIsTheLowestError() {
    let limit = Diagnostic(.limitExceeded, id: "a", "a")
    let input = Diagnostic(.invalidInput, id: "b", "b")
    let warning = Diagnostic(.warning, .usage, id: "c", "c")
    #expect(DiagnosticError([limit, warning, input]).exitCode == 3)
    #expect(DiagnosticError(limit).exitCode == 5)
    #expect(DiagnosticError([warning]).exitCode == 70)
  }
}
