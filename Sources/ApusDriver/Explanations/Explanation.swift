/// What the ID of a message means, and what to do.
struct Explanation: Sendable {
  /// The ID, in brackets at the end of the message.
  let id: String
  /// One or two sentences.
  let text: String

  init(_ id: String, _ text: String) {
    self.id = id
    self.text = text
  }

  /// Every explanation in the order of the IDs.
  static let all = (models + operators + forms + types + strings + textual + running + quantizing)
    .sorted {
      $0.id < $1.id
    }
}
