extension Explanation {
  /// Messages about graphs and programs as text.
  static let textual = [
    Explanation(
      "argument-count",
      "A function of a formula has another number of arguments than it takes."),
    Explanation(
      "argument-type",
      "Arguments of a function have different types, or a condition is no bool."),
    Explanation("attribute-limit", "An operation has more than 64 attributes."),
    Explanation("buffer-size", "A buffer has no such number of elements."),
    Explanation("constant-digest", "The elements at hand have another digest than the text names."),
    Explanation("constant-size", "The bytes of a constant are more or fewer than its type needs."),
    Explanation("constant-unresolved", "The text names elements by digest that are not at hand."),
    Explanation("duplicate-attribute", "An attribute is given twice."),
    Explanation("duplicate-parameter", "Two parameters of a formula have one name."),
    Explanation("duplicate-value", "A value is defined twice."),
    Explanation("function-limit", "A formula has too many steps."),
    Explanation("index-limit", "An index has more than 64 terms."),
    Explanation("integer-range", "A number does not fit 64 bits."),
    Explanation("layout", "A layout does not fit the rank of its tensor."),
    Explanation("missing-attribute", "An operation lacks an attribute that has no default."),
    Explanation("result-count", "The number of result types differs from the number of results."),
    Explanation("row-limit", "A tile has more rows than can be."),
    Explanation("text-nesting", "The text is nested too deeply."),
    Explanation("text-too-large", "The text is larger than 256 MiB."),
    Explanation("type-mismatch", "A declared type differs from the type that is computed."),
    Explanation("undefined-buffer", "A buffer is used that the program does not list."),
    Explanation("undefined-kernel", "A step runs a kernel that the program does not have."),
    Explanation(
      "undefined-value",
      "A value is used before it is defined. The help names a similar one."),
    Explanation(
      "unknown-attribute",
      "The operation has no such attribute. It is never ignored, as results could depend on it."),
    Explanation("unknown-choice", "A word is none of those that may stand here."),
    Explanation("unknown-function", "No function of formulas has this name."),
    Explanation("unknown-operation", "No operation has this mnemonic."),
  ]
}
