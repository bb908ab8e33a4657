import ApusTestSupport

private func strings(_ name: String, _ values: [String]) -> Proto {
  values.reduce(Proto().text(1, name).int(20, 8)) { $0.text(9, $1) }
}

private func one(
  _ name: String, _ code: Int32, _ operatorType: String, _ extents: [String],
  _ attributes: Proto..., input: Int = 8, element: Int = 8
) -> HostileModel {
  HostileModel(
    "\(name) \(operatorType)", code,
    ModelBytes(
      operatorType, [.typed(input, extents)], attributes, opset: 20,
      element: element))
}

private let stopWords = strings("stopwords", ["a"])

private func grams(
  _ name: String, _ code: Int32, counts: [Int] = [0], indexes: [Int] = [0, 1], least: Int = 1,
  most: Int = 1, skips: Int = 0, _ extents: [String] = ["4"]
) -> HostileModel {
  one(
    name, code, "TfIdfVectorizer", extents, ModelBytes.string("mode", "TF"),
    ModelBytes.ints("pool_int64s", [5, 6]), ModelBytes.ints("ngram_counts", counts),
    ModelBytes.ints("ngram_indexes", indexes), ModelBytes.int("min_gram_length", least),
    ModelBytes.int("max_gram_length", most), ModelBytes.int("max_skip_count", skips), input: 7,
    element: 1)
}

private func pattern(_ name: String, _ code: Int32, _ text: String) -> HostileModel {
  one(name, code, "RegexFullMatch", ["2"], ModelBytes.string("pattern", text), element: 9)
}

extension HostileModel {
  /// Group F: strings.
  static let strings: [HostileModel] = [
    one("F1 of strings", 4, "Relu", ["2"]), one("F1 of strings", 4, "Softmax", ["2"]),
    one("F1 of strings", 4, "ReduceMax", ["2"]), one("F1 of strings", 4, "ArgMax", ["2"]),
    one("F1 to reals", 0, "Cast", ["2"], ModelBytes.int("to", 1), element: 1),
    one("F1 fine", 0, "Identity", ["2"]),
    pattern("F2 fine", 0, "(a|b)*"), pattern("F2 open", 3, "(a"),
    pattern("F2 repeats", 4, "((((){1000}){1000}){1000}){1000}"),
    pattern("F2 states", 4, "(a|b)*a(a|b){30}"),
    pattern("F2 places", 4, "(((a?){100}){100}){2}"),
    pattern("F2 nesting", 4, String(repeating: "(", count: 100_000)),
    one("F3 without a bound", 4, "StringSplit", ["2"]),
    one("F3 fine", 0, "StringSplit", ["2"], ModelBytes.int("maxsplit", 1)),
    one("F3 limit", 4, "StringSplit", ["2"], ModelBytes.int("maxsplit", .max)),
    one("F3 limit", 4, "StringSplit", ["2"], ModelBytes.int("maxsplit", .min)),
    one("F4 case", 3, "StringNormalizer", ["2"], ModelBytes.string("case_change_action", "X")),
    one("F4 shape", 3, "StringNormalizer", ["2", "2"], stopWords),
    one("F4 fine", 0, "StringNormalizer", ["2"], stopWords),
    grams("F5 fine", 0), grams("F5 nothing fits", 0, counts: [0, 2], most: 2, skips: .max),
    grams("F5 index", 3, indexes: [0, -1]), grams("F5 index", 3, indexes: [0, .max]),
    grams("F5 few indexes", 3, indexes: [0]), grams("F5 count", 3, counts: [3]),
    grams("F5 count", 3, counts: [.min]), grams("F5 counts", 3, counts: [1, 0], most: 2),
    grams("F5 length", 3, most: .max), grams("F5 length", 3, least: 0),
    grams("F5 length", 3, least: .min, most: .max), grams("F5 skips", 3, skips: -1),
    grams("F5 skips", 4, counts: [0, 0], most: 2, skips: .max, ["100000"]),
    grams("F5 empty", 0, ["0"]),
  ]
}
