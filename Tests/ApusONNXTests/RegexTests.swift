import Testing

@testable import ApusONNX

/// Patterns with texts that they match as a whole, or not: what RE2 answers.
@Suite struct RegexTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var pattern: String
    var matches: [String]
    var others: [String]
    var testDescription: String { pattern }
    init(_ pattern: String, _ matches: [String], not others: [String] = []) {
      (self.pattern, self.matches, self.others) = (pattern, matches, others)
    }
  }

  static let cases: [Case] = [
    Case("a.b", ["aéb", "axb"], not: ["a\nb", "ab", "axbc"]), Case("(?s)a.b", ["a\nb"]),
    Case("(?i)k", ["K", "k", "\u{212a}"], not: ["c"]), Case("(?i:a)b", ["Ab"], not: ["AB"]),
    Case("\\w+", ["e_1"], not: ["é", ""]), Case("[^a]", ["é", "b", "\n"], not: ["a", ""]),
    Case("^$", [""], not: ["a"]), Case("(?m)a$\n^b", ["a\nb"]), Case("a$\n^b", [], not: ["a\nb"]),
    Case("\\bfoo\\b", ["foo"], not: ["foo "]), Case("a\\Bb", ["ab"]),
    Case("a\\bb", [], not: ["ab"]),
    Case("\\Aa\\z", ["a"]), Case("x{,2}", ["x{,2}"], not: ["xx"]),
    Case("(ab){2,3}", ["abab", "ababab"], not: ["ab", "abababab"]),
    Case("[\\d-z]", ["-", "5", "z"], not: ["y"]), Case("[]a]", ["]", "a"], not: ["b"]),
    Case("[[:^alpha:]]", ["1", "é"], not: ["x"]), Case("\\Q.*\\E+", [".*", ".**"], not: ["."]),
    Case("(a|b)*c|", ["", "abac", "c"], not: ["ab"]), Case("(?P<name>a)b", ["ab"]),
    Case("\\x61\\x{e9}", ["aé"]), Case("[€-😀]", ["€", "ힿ", "😀"], not: ["é", "😁"]),
    Case("a*?b??", ["", "aab"]), Case("(|a)+", ["", "aa"]), Case("\\W", ["é", " "], not: ["a"]),
  ]

  private func accepts(_ table: [UInt8], _ text: String) -> Bool {
    func word(_ place: Int) -> Int { Int(table[place]) | Int(table[place + 1]) << 8 }
    let (states, classes) = (word(0), word(2))
    var state = 0
    for byte in text.utf8 {
      let kind = Int(table[4 + Int(byte)])
      state = word(260 + states + 2 * (state * classes + kind))
      if state >= states { return false }
    }
    return table[260 + state] == 1
  }

  @Test(arguments: cases) func matches(_ test: Case) throws {
    let table = try DeterministicAutomaton(pattern: test.pattern).bytes
    for text in test.matches { #expect(accepts(table, text), "\(text)") }
    for text in test.others { #expect(!accepts(table, text), "\(text)") }
  }

  @Test(arguments: [
    "a**", "a{2}{3}", "a|*", "(a", "a)", "[a", "[b-a]", "\\", "\\y", "\\x{110000}", "a{1001}",
    "a{3,2}", "(?z)", "[[:no:]]", "\\é", "\\8", "(?i", "{1}",
  ])
  func refusesWhatIsNoExpression(pattern: String) {
    #expect { try DeterministicAutomaton(pattern: pattern) } throws: { error in
      if case .invalid? = error as? PatternError { true } else { false }
    }
  }

  @Test(arguments: [
    "\\pL", "(?i)é", "\\C", "((((a{1000}){1000}){1000}){1000})",
    "((((){1000}){1000}){1000}){1000}", String(repeating: "(", count: 200), "(a|b)*a(a|b){20}",
    "(.{1,200}x){5}", String(repeating: "a", count: 100_000),
  ])
  func tellsWhatIsNotSupported(pattern: String) {
    #expect { try DeterministicAutomaton(pattern: pattern) } throws: { error in
      if case .unsupported? = error as? PatternError { true } else { false }
    }
  }
}
