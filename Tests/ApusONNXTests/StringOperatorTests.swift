import ApusBytecode
import ApusIR
import ApusLoops
import Testing

@testable import ApusONNX

/// A node on strings with what ONNX's text says comes out.
struct StringCase: Sendable, CustomTestStringConvertible {
  var name: String
  var domain = ""
  var version = 20
  var attributes: [(String, ONNXAttribute.Value)] = []
  var inputs: [TensorData]
  /// The extents that the file declares for the first result.
  var declared: [Int?]?
  var expected: [TensorData]

  var testDescription: String { "\(name)-\(version) \(expected[0].type)" }
}

private func words(_ extents: [Int], _ texts: String...) -> TensorData {
  TensorData(strings: texts.map { Array($0.utf8) }, extents)
}

private func whole(_ extents: [Int], _ values: Int64...) -> TensorData {
  TensorData(.i64, extents, values)
}

private func truth(_ extents: [Int], _ values: Bool...) -> TensorData {
  TensorData(.bool, extents, values.map { UInt8($0 ? 1 : 0) })
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func label(
  _ version: Int, _ attributes: [(String, ONNXAttribute.Value)], _ input: TensorData,
  _ expected: TensorData
) -> StringCase {
  StringCase(
    name: "LabelEncoder", domain: "ai.onnx.ml", version: version, attributes: attributes,
    inputs: [input], expected: [expected])
}

private let general: [StringCase] = [
  StringCase(
    name: "Equal", inputs: [words([2, 1], "a", "é"), words([2], "é", "")],
    expected: [truth([2, 2], false, false, true, false)]),
  StringCase(
    name: "Where",
    inputs: [truth([2], true, false), words([2], "a", "b"), words([1], "c")],
    expected: [words([2], "a", "c")]),
  StringCase(
    name: "Concat", attributes: [("axis", .int(0))],
    inputs: [words([1], "a"), words([2], "b", "")], expected: [words([3], "a", "b", "")]),
  StringCase(
    name: "StringConcat", inputs: [words([2, 1], "a", ""), words([2], "é", "b")],
    expected: [words([2, 2], "aé", "ab", "é", "b")]),
  StringCase(
    name: "RegexFullMatch", attributes: [("pattern", .string(bytes("[a-cé]+")))],
    inputs: [words([3], "abé", "abd", "")], expected: [truth([3], true, false, false)]),
  StringCase(
    name: "StringSplit", attributes: [("delimiter", .string(bytes(",")))],
    inputs: [words([3], "a,,b", "", "c,")], declared: [3, 3],
    expected: [
      words([3, 3], "a", "", "b", "", "", "", "c", "", ""), whole([3], 3, 1, 2),
    ]),
  StringCase(
    name: "StringSplit", attributes: [("maxsplit", .int(1))],
    inputs: [words([3], "  a \t b c ", " ", "d")],
    expected: [words([3, 2], "a", "b c ", "", "", "d", ""), whole([3], 2, 0, 1)]),
  StringCase(
    name: "StringSplit", attributes: [("maxsplit", .int(0))],
    inputs: [words([3], "  a b ", " ", "d")],
    expected: [words([3, 1], "a b ", "", "d"), whole([3], 1, 0, 1)]),
  StringCase(
    name: "StringSplit", attributes: [("maxsplit", .int(0)), ("delimiter", .string(bytes(",")))],
    inputs: [words([2], " a,b", "")], expected: [words([2, 1], " a,b", ""), whole([2], 1, 1)]),
]

private func cast(_ target: Int, _ input: TensorData, _ expected: TensorData) -> StringCase {
  StringCase(
    name: "Cast", attributes: [("to", .int(target))], inputs: [input], expected: [expected])
}

private let casts: [StringCase] = [
  cast(
    8,
    TensorData(
      .f32, [9],
      [314.15926, -0.0, 1, 1e-5, 123_456_792, 0.0001, .infinity, -.infinity, .nan] as [Float]
    ),
    words(
      [9], "314.15927", "-0", "1", "9.9999997e-06", "1.2345679e+08", "9.9999997e-05", "INF", "-INF",
      "NaN")),
  cast(
    8, TensorData(.f64, [4], [0.5, 100, .leastNonzeroMagnitude, -1e300]),
    words([4], "0.5", "100", "4.9406565e-324", "-1e+300")),
  cast(8, whole([3], .min, 0, 70), words([3], "-9223372036854775808", "0", "70")),
  cast(8, TensorData(.u64, [1], [UInt64.max]), words([1], "18446744073709551615")),
  cast(8, TensorData(.i8, [2], [-128, 7] as [Int8]), words([2], "-128", "7")),
  cast(8, truth([2], true, false), words([2], "1", "0")),
  cast(
    1, words([6], "3.14", "1000", "1e-5", "1E8", "+inf", " -Infinity"),
    TensorData(.f32, [6], [3.14, 1000, 1e-5, 1e8, .infinity, -.infinity] as [Float])),
  cast(
    11, words([3], "0.1", "-.5", "4.9e-324"),
    TensorData(.f64, [3], [0.1, -0.5, .leastNonzeroMagnitude])),
  cast(7, words([4], "100.5", "-7", "+9", ""), whole([4], 100, -7, 9, 0)),
  cast(3, words([2], "-128", "7"), TensorData(.i8, [2], [-128, 7] as [Int8])),
  cast(13, words([1], "18446744073709551615"), TensorData(.u64, [1], [UInt64.max])),
  cast(9, words([3], "1", "0", "2"), truth([3], true, false, true)),
  cast(10, words([1], "0.333333333"), TensorData(.f16, [1], [Float16(1) / 3])),
]

private let normalizer: [StringCase] = [
  StringCase(
    name: "StringNormalizer", version: 10,
    attributes: [("case_change_action", .string(bytes("UPPER")))],
    inputs: [words([1, 5], "aZ1", "éß", "ÿœ", "λς", "жђ")],
    expected: [words([1, 5], "AZ1", "Éß", "ŸŒ", "ΛΣ", "ЖЂ")]),
  StringCase(
    name: "StringNormalizer", version: 10,
    attributes: [
      ("case_change_action", .string(bytes("LOWER"))), ("stopwords", .strings([bytes("Ab")])),
    ],
    inputs: [words([4], "aB", "ÄX", "", "AB")], expected: [words([2], "äx", "")]),
  StringCase(
    name: "StringNormalizer", version: 10,
    attributes: [("is_case_sensitive", .int(1)), ("stopwords", .strings([bytes("a")]))],
    inputs: [words([1, 2], "a", "A")], expected: [words([1, 1], "A")]),
  StringCase(
    name: "StringNormalizer", version: 10, attributes: [("stopwords", .strings([bytes("a")]))],
    inputs: [words([2], "a", "A")], declared: [1], expected: [words([1], "")]),
]

private let labels: [StringCase] = [
  label(
    1, [("classes_strings", .strings([bytes("x"), bytes("y")]))], words([3], "y", "z", "x"),
    whole([3], 1, -1, 0)),
  label(
    1, [("classes_strings", .strings([bytes("x"), bytes("y")]))], whole([3], 1, 2, -1),
    words([3], "y", "_Unused", "_Unused")),
  label(
    2,
    [
      ("keys_strings", .strings([bytes("b"), bytes("a"), bytes("")])),
      ("values_floats", .floats([1, 2, 3])), ("default_float", .float(0.5)),
    ], words([4], "a", "", "b", "c"), TensorData(.f32, [4], [Float(2), 3, 1, 0.5])),
  label(
    4,
    [
      ("keys_floats", .floats([.nan, 1, 0, 1])), ("values_int64s", .ints([7, 8, 9, 10])),
    ], TensorData(.f32, [4], [Float.nan, 1, -0.0, 2]), whole([4], 7, 10, 9, -1)),
]

private func grams(
  _ mode: String, least: Int, most: Int, skips: Int, weights: [Float]? = nil, _ input: TensorData,
  _ expected: TensorData
) -> StringCase {
  // b; a a, a b; counted at 3, 0 and 2.
  let pool = ["b", "a", "a", "a", "b"].map(bytes)
  return StringCase(
    name: "TfIdfVectorizer", version: 9,
    attributes: [
      ("mode", .string(bytes(mode))), ("min_gram_length", .int(least)),
      ("max_gram_length", .int(most)), ("max_skip_count", .int(skips)),
      ("ngram_counts", .ints([0, 1])), ("ngram_indexes", .ints([3, 0, 2])),
      ("pool_strings", .strings(pool)),
    ] + (weights.map { [("weights", .floats($0))] } ?? []), inputs: [input], expected: [expected])
}

private let vectors: [StringCase] = [
  grams(
    "TF", least: 1, most: 2, skips: 0, words([4], "a", "a", "b", "b"),
    TensorData(.f32, [4], [Float(1), 0, 1, 2])),
  grams(
    "TF", least: 2, most: 2, skips: 1, words([2, 3], "a", "b", "b", "a", "c", "a"),
    TensorData(.f32, [2, 4], [Float(0), 0, 2, 0, 1, 0, 0, 0])),
  grams(
    "TFIDF", least: 1, most: 2, skips: 0, weights: [10, 20, 30], words([3], "b", "a", "b"),
    TensorData(.f32, [4], [Float(0), 0, 30, 20])),
  grams(
    "IDF", least: 1, most: 1, skips: 5, weights: [10, 20, 30], words([3], "b", "a", "b"),
    TensorData(.f32, [4], [Float(0), 0, 0, 10])),
]

@Suite struct StringOperatorTests {
  @Test(arguments: general + casts + normalizer + labels + vectors)
  func computes(_ test: StringCase) throws {
    var graph = Graph(name: "case")
    let operands = test.inputs.enumerated().map { graph.addInput("x\($0)", $1.type) }
    var importer = NodeImporter(graph: graph, bounds: [SymbolBounds(name: "parts", upper: 8)])
    let results = try imported(test, operands, &importer)
    for (place, result) in results.enumerated() {
      importer.graph.addOutput(result, name: "y\(place)")
    }
    importer.graph.symbols = importer.symbols
    let program = try Lowering.program(
      for: importer.graph, target: .virtualMachine, name: "case")
    let outputs = try Session(Bytecode.encode(program)).run(test.inputs)
    #expect(outputs == test.expected)
    let again = try Program(parsing: program.text(constants: .full))
    #expect(again.text(constants: .full) == program.text(constants: .full))
  }

  @Test(arguments: [
    StringCase(
      name: "Max", inputs: [words([1], "a"), words([1], "b")], expected: [words([1], "")]),
    StringCase(
      name: "StringNormalizer",
      attributes: [
        ("case_change_action", .string(bytes("UPPER"))), ("locale", .string(bytes("tr_TR"))),
      ], inputs: [words([1], "a")], expected: [words([1], "")]),
  ])
  func tellsWhatIsNotSupported(_ test: StringCase) throws {
    var graph = Graph(name: "case")
    let operands = test.inputs.enumerated().map { graph.addInput("x\($0)", $1.type) }
    var importer = NodeImporter(graph: graph)
    #expect { try imported(test, operands, &importer) } throws: { error in
      (error as? ImportFailure)?.category == .unsupported
    }
  }

  private func imported(
    _ test: StringCase, _ operands: [ValueID], _ importer: inout NodeImporter
  ) throws -> [ValueID] {
    let rule = try #require(OperatorRegistry.rule(test.name, domain: test.domain))
    importer.begin(
      ONNXNode(
        name: "", operatorType: test.name, domain: test.domain, overload: "",
        inputs: operands.indices.map { "x\($0)" }, outputs: ["y"],
        attributes: test.attributes.map { ONNXAttribute(name: $0, value: $1) }),
      version: test.version, operands: operands, declared: [test.declared])
    let results = try rule.body(&importer)
    try importer.end()
    return results
  }
}
