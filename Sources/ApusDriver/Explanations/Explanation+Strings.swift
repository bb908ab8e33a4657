extension Explanation {
  /// Messages about strings and dictionaries.
  static let strings = [
    Explanation("case-change", "case_change_action is NONE, LOWER or UPPER."),
    Explanation(
      "input-string",
      "Strings reach a model as C strings, which end with the first zero byte."),
    Explanation("label-count", "A LabelEncoder has no keys, or more or fewer values than keys."),
    Explanation("label-default", "The default of a LabelEncoder must be one of its values' type."),
    Explanation("label-keys", "The keys of a LabelEncoder have another type than its input."),
    Explanation("label-lists", "A LabelEncoder needs one list of keys and one of values."),
    Explanation(
      "locale",
      "Upper and lower case follow Unicode letter by letter. Locales with rules of their own, and "
        + "names that are no locale such as en_US or de_DE.UTF-8, are not supported."),
    Explanation("normalizer-shape", "StringNormalizer takes a vector, or a matrix of one row."),
    Explanation(
      "regex",
      "The pattern is no expression in the syntax of RE2, or uses what is not supported: classes "
        + "of Unicode, single bytes, (?i) beyond ASCII, or a table of more than 4096 states."),
    Explanation("split-limit", "A split cannot leave off after fewer than no separators."),
    Explanation("split-shape", "The result of a split has one axis more than the strings."),
    Explanation("string-limit", "Places in the pool of strings have 31 bits."),
    Explanation(
      "string-room",
      "The strings of inputs, and those that the model makes, need more room than it was compiled "
        + "with. Ask for more with --string-bytes."),
    Explanation("tfidf-mode", "The mode of TfIdfVectorizer is TF, IDF or TFIDF."),
    Explanation(
      "tfidf-pool",
      "The n-grams of TfIdfVectorizer do not fit their counts, indexes or the input, or one stands "
        + "twice."),
    Explanation("tfidf-shape", "TfIdfVectorizer takes a vector or a matrix."),
    Explanation("tfidf-size", "The n-grams of a TfIdfVectorizer skip too many items."),
    Explanation(
      "tfidf-weights",
      "A TfIdfVectorizer needs one weight per n-gram, the same for those that share a counter."),
  ]
}
