internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Operators on strings (ai.onnx 10 and 20).
  static let strings: [OperatorRule] = [
    binary("StringConcat", .binary(.join, x, y)),
    OperatorRule("StringSplit", split),
    OperatorRule("StringNormalizer", normalize),
    OperatorRule("RegexFullMatch") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      let pattern = try node.text("pattern", default: "")
      let table = try automaton(pattern)
      let automaton = node.constant(TensorData(strings: [table], []), name: pattern)
      return [try node.map([try node.operand(0), automaton], .binary(.matches, x, y))]
    },
  ]

  /// The table of a pattern.
  private static func automaton(_ pattern: String) throws(ImportFailure) -> [UInt8] {
    do {
      return try DeterministicAutomaton(pattern: pattern).bytes
    } catch {
      switch error {
      case .invalid(let text): throw .invalid("regex", "pattern \"\(pattern)\": \(text)")
      case .unsupported(let text): throw .unsupported("regex", "pattern \"\(pattern)\": \(text)")
      }
    }
  }

  /// How many parts each string has is counted first.
  private static let split: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] = {
    node throws(ImportFailure) in
    try node.requireOperands(1...1)
    let value = try node.operand(0)
    let shape = node.type(of: value).shape
    let delimiter = try node.text("delimiter", default: "")
    let given = try node.integer("maxsplit") ?? -1
    let limit = given < 0 || given >= Int(Int32.max) ? Int.max : given
    let separator = node.constant(TensorData(strings: [Array(delimiter.utf8)], []))
    let most = Scalar.literal(.integer(limit == .max ? .max : limit + 1), .i64)
    let counts = try node.map(
      [value, separator], .min(.binary(.parts, x, y), most))
    let axes = Array(0..<shape.rank)
    let largest = try node.map(
      [try node.add(.reduce(Reduce(.max, axes: axes)), [counts])], .max(x, 0))
    let parts =
      shape.elementCount == 0
      ? 0
      : try node.sizes(
        try node.reshape(largest, to: Shape([1])), "parts",
        expected: [node.declaredExtents(rank: shape.rank + 1)[shape.rank]],
        in: limit == .max ? nil : 0...limit + 1)[0]
    let split = Split(shape: Shape(shape.dimensions + [parts]), limit: limit)
    // With no splits at all, white space before the first part still goes.
    let isWhole = limit == 0 && delimiter.isEmpty
    let texts = isWhole ? try node.withoutLeadingSpace(value, separator) : value
    return [try node.add(.split(split), [texts, separator]), counts]
  }

  private static let normalize: @Sendable (inout NodeImporter) throws(ImportFailure) -> [ValueID] =
    { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      let value = try node.operand(0)
      let action = try node.text("case_change_action", default: "NONE")
      let functions: [String: UnaryFunction?] = ["NONE": nil, "LOWER": .lower, "UPPER": .upper]
      guard let function = functions[action] else {
        throw .invalid("case-change", "case_change_action \"\(action)\" does not exist")
      }
      let isSensitive = try node.flag("is_case_sensitive", default: false)
      let stopWords = try node.strings("stopwords") ?? []
      let locale = try node.text("locale", default: "en_US")
      if function != nil || !(isSensitive || stopWords.isEmpty) { try checkLocale(locale) }
      let kept =
        stopWords.isEmpty
        ? value
        : try node.leavingOut(
          stopWords, of: value, comparing: isSensitive ? nil : function ?? .lower)
      return [
        try function.map { function throws(ImportFailure) in
          try node.map([kept], .unary(function, x))
        } ?? kept
      ]
    }

  /// Languages in which single letters change their case as everywhere.
  private static func checkLocale(_ locale: String) throws(ImportFailure) {
    let language = locale.prefix { $0 != "_" && $0 != "." }
    guard language.count == 2, language.allSatisfy(\.isLetter),
      !["tr", "az", "lt"].contains(language),
      !locale.contains(".") || locale.hasSuffix(".UTF-8")
    else { throw .unsupported("locale", "upper and lower case of the locale \"\(locale)\"") }
  }
}

extension NodeImporter {
  /// Strings without white space at the front: what follows a first word and white space.
  fileprivate mutating func withoutLeadingSpace(
    _ value: ValueID, _ separator: ValueID
  ) throws(ImportFailure) -> ValueID {
    let word = constant(TensorData(strings: [Array("x ".utf8)], []))
    return try map([word, value, separator], .binary(.tail, .binary(.join, x, y), .operand(2)))
  }

  /// An attribute that is a list of strings.
  mutating func strings(_ name: String) throws(ImportFailure) -> [[UInt8]]? {
    switch attribute(name) {
    case nil: return nil
    case .strings(let values)?: return values
    default: throw .invalid("attribute-type", "attribute \"\(name)\" has the wrong type")
    }
  }

  /// The strings of a vector, or of the one row of a matrix, that are none of some words; one empty
  /// string when none is left.
  fileprivate mutating func leavingOut(
    _ words: [[UInt8]], of value: ValueID, comparing function: UnaryFunction?
  ) throws(ImportFailure) -> ValueID {
    let shape = type(of: value).shape
    guard shape.rank == 1 || shape.rank == 2 && shape[0] == 1 else {
      throw .invalid("normalizer-shape", "StringNormalizer of the shape \(shape)")
    }
    let (count, last) = (shape[shape.rank - 1], shape.rank - 1)
    var column = try reshape(value, to: Shape([count, 1]))
    var row = constant(TensorData(strings: words, [1, words.count]))
    if let function {
      column = try map([column], .unary(function, x))
      row = try map([row], .unary(function, x))
    }
    let equal = try map([column, row], .convert(.compare(.equal, x, y), .i64))
    let found = try total(equal, axis: 1)
    let left = try total(try map([found], .convert(.compare(.equal, x, 0), .i64)), axis: 0)
    // An empty string behind the others is there to stay when nothing else is.
    let marks = [found, try reshape(left, to: Shape([1]))]
    let keep = try map([try add(.concat(Concat(axis: 0)), marks)], .compare(.equal, x, 0))
    let places = try truePlaces(keep, expected: declaredExtents(rank: shape.rank)[last])
    let flat = try reshape(value, to: Shape([count]))
    let end = constant(TensorData(strings: [[]], [1]))
    let all = try add(.concat(Concat(axis: 0)), [flat, end])
    let kept = try add(.gather(Gather(axis: 0)), [all, places])
    let length = type(of: kept).shape[0]
    return try reshape(kept, to: Shape(shape.rank == 1 ? [length] : [1, length]))
  }
}
