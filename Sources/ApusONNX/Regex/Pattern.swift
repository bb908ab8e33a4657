/// A regular expression in the syntax of RE2, as far as matching whole strings needs it.
indirect enum Pattern {
  /// One character of a set.
  case set(CharacterSet)
  case assertion(Assertion)
  case sequence([Pattern])
  case choice([Pattern])
  /// At least and at most so many times; `nil` is no limit.
  case repeated(Pattern, Int, Int?)

  /// A place that matches without a character.
  enum Assertion: Hashable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
  }
}

/// A set of Unicode characters.
struct CharacterSet: Equatable {
  /// Ascending, with gaps between.
  private(set) var ranges: [ClosedRange<UInt32>] = []

  /// The characters of some ranges in any order.
  init(_ unsorted: [ClosedRange<UInt32>]) {
    for range in unsorted.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, range.lowerBound <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  static let last: UInt32 = 0x10ffff
  static let digits = CharacterSet([0x30...0x39])
  static let words = CharacterSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
  static let spaces = CharacterSet([0x9...0xa, 0xc...0xd, 0x20...0x20])
  static let newline = CharacterSet([0xa...0xa])

  /// All other characters.
  var inverted: CharacterSet {
    var result: [ClosedRange<UInt32>] = []
    var start: UInt32 = 0
    for range in ranges {
      if start < range.lowerBound { result.append(start...range.lowerBound - 1) }
      start = range.upperBound + 1
    }
    if start <= Self.last { result.append(start...Self.last) }
    return CharacterSet(result)
  }

  /// The set with the letters of ASCII in both cases, and what Unicode folds to them.
  ///
  /// `nil` when other characters could have another case.
  var foldingCase: CharacterSet? {
    var result = ranges
    for range in ranges {
      for (from, to) in [(UInt32(0x41)...0x5a, UInt32(0x61)), (0x61...0x7a, 0x41)]
      where range.overlaps(from) {
        let part = range.clamped(to: from)
        result.append(
          part.lowerBound - from.lowerBound + to...part.upperBound - from.lowerBound + to)
      }
    }
    let plain = CharacterSet(result)
    guard ranges.allSatisfy({ $0.upperBound < 0x80 }) else { return nil }
    // The long s and the sign for Kelvin.
    if plain.contains(0x73) { result.append(0x17f...0x17f) }
    if plain.contains(0x6b) { result.append(0x212a...0x212a) }
    return CharacterSet(result)
  }

  private func contains(_ character: UInt32) -> Bool {
    ranges.contains { $0.contains(character) }
  }
}
