import ApusIR
import ApusTestSupport
import Testing

/// No text may trap, hang or recurse deeply: it is read or refused.
@Suite struct HostileTextTests {
  /// Reads a text; a graph that comes out prints to something that reads the same.
  private func read(_ text: String) {
    guard let graph = try? Graph(parsing: text) else { return }
    let printed = graph.text
    do {
      #expect(try Graph(parsing: printed).text == printed)
    } catch {
      Issue.record("\(printed) is printed but not read: \(error)")
    }
  }

  @Test(arguments: SampleGraphs.texts) func truncatedAtEveryByte(_ text: String) {
    let bytes = Array(text.utf8)
    for count in 0..<max(bytes.count - 1, 0) {
      #expect(throws: DiagnosticError.self) {
        try Graph(parsing: String(decoding: bytes[..<count], as: UTF8.self))
      }
    }
  }

  @Test(arguments: SampleGraphs.texts) func mutatedAtRandom(_ text: String) {
    var random = SeededRandom(seed: UInt64(text.utf8.count))
    let alphabet = Array(#"0123456789-+*(){}[]<>,:;=%@#"\ xaNft."#.utf8)
    for _ in 0..<1500 {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: "9223372036854775807".utf8, at: place)
        default: bytes.insert(contentsOf: "-9223372036854775808".utf8, at: place)
        }
      }
      read(String(decoding: bytes, as: UTF8.self))
    }
  }

  private static let deep = 100_000

  @Test(arguments: [
    "graph @g(%x: tensor<" + String(repeating: "(", count: deep),
    "graph @g(%x: tensor<(" + String(repeating: "floordiv(", count: deep),
    "graph @g(%x: tensor<1" + String(repeating: "x1", count: deep) + "xf32>) -> () {return}",
    "graph @g(%x: tensor<(N" + String(repeating: "*N", count: deep) + ")xf32>) -> () {return}",
    "graph @g(%x: tensor<(N" + String(repeating: "+N", count: deep) + ")xf32>) -> () {return}",
    "graph @g() -> () { map {f = () " + String(repeating: "neg(", count: deep),
    "graph @g() -> () { map {f = " + String(repeating: "[", count: deep),
    "graph @g() -> () {" + String(repeating: " kernel do () -> () {", count: deep),
    "graph @" + String(repeating: "a", count: deep),
    "graph @g() -> () { " + String(repeating: "a", count: deep),
    "graph @\"" + String(repeating: "\\", count: deep),
    String(repeating: "//\n", count: deep), "\u{0}", "graph @\"\\ud800\"() -> () {\nreturn\n}",
  ])
  func extremes(_ text: String) {
    #expect(throws: DiagnosticError.self) { try Graph(parsing: text) }
  }

  @Test func productsOfSumsAreRefused() {
    let sum = "(A+B+C+D+E+F+G+H)"
    let shape = Array(repeating: sum, count: 20).joined(separator: "x")
    #expect(throws: DiagnosticError.self) {
      try Graph(parsing: "graph @g(%x: tensor<\(shape)xf32>) -> () {\nreturn\n}")
    }
  }

  @Test func bodiesNestUpToTheLimit() throws {
    func nested(_ depth: Int) -> String {
      if depth == 0 { return "" }
      return "kernel do () -> () {\n\(nested(depth - 1)) return\n}\n"
    }
    #expect(throws: Never.self) {
      try Graph(parsing: "graph @g() -> () {\n\(nested(32)) return\n}")
    }
    #expect(throws: DiagnosticError.self) {
      try Graph(parsing: "graph @g() -> () {\n\(nested(33)) return\n}")
    }
  }
}
