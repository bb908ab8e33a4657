internal import ApusIR

/// What schedules choose by measurement where they would choose by estimate.
///
/// Questions and answers are words, such as `tile reals 196x256x1152 stride 128` and `14x2`.
public struct Tuning: Hashable, Sendable {
  /// A question that a schedule asked, and the answer that its kernel was made with.
  public struct Choice: Hashable, Sendable {
    public var question: String
    public var answer: String

    /// A question and its answer.
    public init(question: String, answer: String) {
      self.question = question
      self.answer = answer
    }
  }

  /// The answers to questions.
  public var answers: [String: String] = [:]
  /// Which of the estimated answers to take, 0 being the best, by the first word of the question.
  public var ranks: [String: Int] = [:]

  /// Nothing but estimates.
  public init() {}
}

extension Lowering {
  /// The tile for `rows` rows in runs that tiles may not cross.
  mutating func tile(
    _ products: TileProducts = .reals, rows: Int, columns: Int, depth: Int, rowStride: Int = 1
  ) -> TileShape {
    choose(
      "tile", "\(products) \(rows)x\(columns)x\(depth) stride \(rowStride)",
      TileShape.candidates(
        rows: rows, columns: columns, depth: depth, rowStride: rowStride, target: target))
  }

  /// One of the candidates, which stand in the order of their estimates.
  mutating func choose<Answer: LosslessStringConvertible & Equatable>(
    _ kind: String, _ question: String, _ candidates: [Answer]
  ) -> Answer {
    let question = "\(kind) \(question)"
    let known = target.tuning.answers[question].flatMap { Answer($0) }
    let rank = min(target.tuning.ranks[kind, default: 0], candidates.count - 1)
    let answer = known.flatMap { candidates.contains($0) ? $0 : nil } ?? candidates[rank]
    choices.append(Tuning.Choice(question: question, answer: answer.description))
    return answer
  }
}
