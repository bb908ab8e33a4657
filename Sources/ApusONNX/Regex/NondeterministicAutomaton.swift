/// A pattern as states over the bytes of UTF-8 (Thompson 1968).
struct NondeterministicAutomaton {
  enum State {
    /// A byte of a range leads on.
    case bytes(ClosedRange<UInt8>, Int)
    /// Both ways are open.
    case split(Int, Int)
    /// The way is open where the assertion holds.
    case assertion(Pattern.Assertion, Int)
    case accept
  }

  private(set) var states: [State] = []
  /// Where matching starts.
  private(set) var start = 0
  private static let mostStates = 20_000
  /// How many parts were added so far; repeating nothing adds no states.
  private var added = 0

  /// The automaton of a pattern that must match all of a text.
  ///
  /// - Throws: `unsupported` when it would be too large.
  init(_ pattern: Pattern) throws(PatternError) {
    states = [.accept]
    start = try add(pattern, then: 0)
  }

  private mutating func append(_ state: State) throws(PatternError) -> Int {
    guard states.count < Self.mostStates else { throw .unsupported("so large an expression") }
    states.append(state)
    return states.count - 1
  }

  /// Adds a pattern before a state; where it begins.
  private mutating func add(_ pattern: Pattern, then next: Int) throws(PatternError) -> Int {
    added += 1
    guard added < 4 * Self.mostStates else { throw .unsupported("so large an expression") }
    switch pattern {
    case .set(let set): return try add(set, then: next)
    case .assertion(let kind): return try append(.assertion(kind, next))
    case .sequence(let parts):
      var next = next
      for part in parts.reversed() { next = try add(part, then: next) }
      return next
    case .choice(let ways):
      var all: Int?
      for way in ways.reversed() {
        let first = try add(way, then: next)
        all =
          try all.map { (rest: Int) throws(PatternError) in
            try append(.split(first, rest))
          } ?? first
      }
      return all ?? next
    case .repeated(let part, let least, let most):
      var next = try rest(of: part, least: least, most: most, then: next)
      for _ in 0..<least { next = try add(part, then: next) }
      return next
    }
  }

  /// The turns of a repetition that may be left out.
  private mutating func rest(
    of part: Pattern, least: Int, most: Int?, then next: Int
  ) throws(PatternError) -> Int {
    guard let most else {
      let loop = try append(.split(next, next))
      states[loop] = .split(try add(part, then: loop), next)
      return loop
    }
    var turn = next
    for _ in 0..<most - least { turn = try append(.split(try add(part, then: turn), next)) }
    return turn
  }

  private mutating func add(_ set: CharacterSet, then next: Int) throws(PatternError) -> Int {
    var all: Int?
    for sequence in set.ranges.flatMap(UTF8Ranges.sequences) {
      var first = next
      for range in sequence.reversed() { first = try append(.bytes(range, first)) }
      all =
        try all.map { (rest: Int) throws(PatternError) in
          try append(.split(first, rest))
        } ?? first
    }
    // Nothing matches an empty set.
    if let all { return all }
    let never = try append(.split(0, 0))
    states[never] = .split(never, never)
    return never
  }
}

/// Ranges of characters as sequences of ranges of bytes.
enum UTF8Ranges {
  /// Sequences that together stand for all characters of a range, without surrogates.
  static func sequences(_ range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
    var result: [[ClosedRange<UInt8>]] = []
    let lengths: [ClosedRange<UInt32>] = [
      0...0x7f, 0x80...0x7ff, 0x800...0xd7ff, 0xe000...0xffff, 0x1_0000...CharacterSet.last,
    ]
    for length in lengths where length.overlaps(range) {
      let part = range.clamped(to: length)
      split(bytes(part.lowerBound), bytes(part.upperBound), [], &result)
    }
    return result
  }

  private static func bytes(_ character: UInt32) -> [UInt8] {
    Unicode.Scalar(character).map { Array(String(Character($0)).utf8) } ?? []
  }

  /// Takes two encodings of one length apart where they differ first.
  private static func split(
    _ low: [UInt8], _ high: [UInt8], _ before: [ClosedRange<UInt8>],
    _ result: inout [[ClosedRange<UInt8>]]
  ) {
    guard let a = low.first, let b = high.first else { return result.append(before) }
    let (restLow, restHigh) = (Array(low.dropFirst()), Array(high.dropFirst()))
    let (least, most) = (restLow.map { _ in UInt8(0x80) }, restLow.map { _ in UInt8(0xbf) })
    if a == b { return split(restLow, restHigh, before + [a...a], &result) }
    var (from, to) = (a, b)
    if restLow != least {
      split(restLow, most, before + [a...a], &result)
      from += 1
    }
    if restHigh != most { to -= 1 }
    if from <= to { split(least, most, before + [from...to], &result) }
    if restHigh != most { split(least, restHigh, before + [b...b], &result) }
  }
}
