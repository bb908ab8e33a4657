/// Why a pattern cannot be used.
enum PatternError: Error {
  /// No regular expression of RE2.
  case invalid(String)
  /// A part of the syntax that is not supported.
  case unsupported(String)
}

/// Reads the syntax of RE2: https://github.com/google/re2/wiki/Syntax.
struct PatternParser {
  /// The switches of `(?i)` and its kin.
  private struct Flags {
    var foldsCase = false
    var isMultiline = false
    var dotTakesNewline = false
  }

  private let text: [UInt32]
  private var place = 0
  private var flags = Flags()
  private var depth = 0
  private static let mostNesting = 100
  private static let mostRepeats = 1000

  init(_ text: String) { self.text = text.unicodeScalars.map(\.value) }

  /// The whole pattern.
  mutating func parse() throws(PatternError) -> Pattern {
    let pattern = try choice()
    guard place == text.count else { throw .invalid("unexpected )") }
    return pattern
  }

  private var current: UInt32? { place < text.count ? text[place] : nil }

  private mutating func accept(_ word: String) -> Bool {
    let scalars = word.unicodeScalars.map(\.value)
    guard text[place...].starts(with: scalars) else { return false }
    place += scalars.count
    return true
  }

  private mutating func next() throws(PatternError) -> UInt32 {
    guard let character = current else { throw .invalid("the pattern ends too early") }
    place += 1
    return character
  }

  private mutating func choice() throws(PatternError) -> Pattern {
    depth += 1
    guard depth <= Self.mostNesting else { throw .unsupported("so many nested groups") }
    defer { depth -= 1 }
    var ways = [try sequence()]
    while accept("|") { ways.append(try sequence()) }
    return ways.count == 1 ? ways[0] : .choice(ways)
  }

  private mutating func sequence() throws(PatternError) -> Pattern {
    var parts: [Pattern] = []
    while let character = current, character != UInt32(("|" as Unicode.Scalar).value),
      character != UInt32((")" as Unicode.Scalar).value)
    {
      if accept("\\Q") {
        parts += try quoted()
        if let last = parts.popLast() { parts.append(try repeated(last)) }
        continue
      }
      guard let atom = try atom() else { continue }
      parts.append(try repeated(atom))
    }
    return .sequence(parts)
  }

  /// What stands between `\Q` and `\E`.
  private mutating func quoted() throws(PatternError) -> [Pattern] {
    var parts: [Pattern] = []
    while current != nil, !accept("\\E") { parts.append(try literal(try next())) }
    return parts
  }

  private mutating func repeated(_ atom: Pattern) throws(PatternError) -> Pattern {
    guard let (least, most) = try count() else { return atom }
    _ = accept("?")
    if try count() != nil { throw .invalid("two repetitions of one thing") }
    return .repeated(atom, least, most)
  }

  /// A repetition, if one comes next.
  private mutating func count() throws(PatternError) -> (Int, Int?)? {
    if accept("*") { return (0, nil) }
    if accept("+") { return (1, nil) }
    if accept("?") { return (0, 1) }
    let start = place
    guard accept("{"), let least = number() else {
      place = start
      return nil
    }
    var most: Int? = least
    if accept(",") { most = number() }
    guard accept("}") else {
      place = start
      return nil
    }
    guard max(least, most ?? 0) <= Self.mostRepeats, least <= most ?? least else {
      throw .invalid("a repetition of more than \(Self.mostRepeats), or of fewer than the least")
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = current, (0x30...0x39).contains(digit) {
      value = min((value ?? 0) * 10 + Int(digit - 0x30), 1 << 20)
      place += 1
    }
    return value
  }

  private func literal(_ character: UInt32) throws(PatternError) -> Pattern {
    .set(try folded(CharacterSet([character...character])))
  }

  private func folded(_ set: CharacterSet) throws(PatternError) -> CharacterSet {
    guard flags.foldsCase else { return set }
    guard let both = set.foldingCase else { throw .unsupported("(?i) beyond ASCII") }
    return both
  }

  /// One thing that may be repeated; `nil` for a switch.
  private mutating func atom() throws(PatternError) -> Pattern? {
    if accept("(") { return try group() }
    if accept("[") { return .set(try bracket()) }
    if accept(".") {
      return .set((flags.dotTakesNewline ? CharacterSet([]) : .newline).inverted)
    }
    if accept("^") { return .assertion(flags.isMultiline ? .lineStart : .textStart) }
    if accept("$") { return .assertion(flags.isMultiline ? .lineEnd : .textEnd) }
    if accept("\\") { return try escape() }
    if try count() != nil { throw .invalid("nothing to repeat") }
    return try literal(try next())
  }

  /// What follows `(`.
  private mutating func group() throws(PatternError) -> Pattern? {
    let outer = flags
    if accept("?") {
      if accept("P<") || accept("<") {
        while try next() != 0x3e {}
      } else if try switches() {
        return nil
      }
    }
    let inner = try choice()
    guard accept(")") else { throw .invalid("missing )") }
    flags = outer
    return inner
  }

  /// The letters of `(?i-s:` and `(?i)`; whether they are for all that follows.
  private mutating func switches() throws(PatternError) -> Bool {
    var value = true
    while true {
      switch try next() {
      case 0x69: flags.foldsCase = value
      case 0x6d: flags.isMultiline = value
      case 0x73: flags.dotTakesNewline = value
      case 0x55: break
      case 0x2d: value = false
      case 0x3a: return false
      case 0x29: return true
      default: throw .invalid("no such group")
      }
    }
  }

  /// What follows a backslash outside brackets.
  private mutating func escape() throws(PatternError) -> Pattern {
    if accept("b") { return .assertion(.wordBoundary) }
    if accept("B") { return .assertion(.noWordBoundary) }
    if accept("A") { return .assertion(.textStart) }
    if accept("z") { return .assertion(.textEnd) }
    if let set = try namedSet() { return .set(set) }
    return try literal(try escapedCharacter())
  }

  /// `\d` and its kin.
  private mutating func namedSet() throws(PatternError) -> CharacterSet? {
    for (name, set) in [("d", CharacterSet.digits), ("s", .spaces), ("w", .words)] {
      if accept(name) { return set }
      if accept(name.uppercased()) { return set.inverted }
    }
    if accept("p") || accept("P") { throw .unsupported("classes of Unicode such as \\pL") }
    if accept("C") { throw .unsupported("single bytes with \\C") }
    return nil
  }

  /// One character after a backslash.
  private mutating func escapedCharacter() throws(PatternError) -> UInt32 {
    let character = try next()
    switch character {
    case 0x61: return 7
    case 0x66: return 12
    case 0x6e: return 10
    case 0x72: return 13
    case 0x74: return 9
    case 0x76: return 11
    case 0x78: return try hexadecimal()
    case 0x30:
      var value: UInt32 = 0
      for _ in 0..<2 {
        guard let digit = current, (0x30...0x37).contains(digit) else { break }
        value = value * 8 + digit - 0x30
        place += 1
      }
      return value
    case 0x31...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...: throw .invalid("no such escape")
    default: return character
    }
  }

  /// What follows `\x`.
  private mutating func hexadecimal() throws(PatternError) -> UInt32 {
    let isLong = accept("{")
    var value: UInt32 = 0
    var digits = 0
    while isLong ? !accept("}") : digits < 2 {
      guard let digit = Unicode.Scalar(try next()).flatMap({ Character($0).hexDigitValue }),
        digits < 8
      else { throw .invalid("hexadecimal digits expected") }
      value = value << 4 | UInt32(digit)
      digits += 1
    }
    guard digits > 0, value <= CharacterSet.last else { throw .invalid("no such character") }
    return value
  }

  // MARK: Brackets

  /// What follows `[`.
  private mutating func bracket() throws(PatternError) -> CharacterSet {
    let isInverted = accept("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while isFirst || !accept("]") {
      isFirst = false
      if accept("[:") {
        ranges += try named().ranges
      } else if let set = try escapedSet() {
        ranges += set.ranges
      } else {
        let low = try member()
        let isRange = current == 0x2d && place + 1 < text.count && text[place + 1] != 0x5d
        if isRange { place += 1 }
        let high = isRange ? try member() : low
        guard low <= high else { throw .invalid("a range that ends before it begins") }
        ranges.append(low...high)
      }
    }
    let set = try folded(CharacterSet(ranges))
    return isInverted ? set.inverted : set
  }

  private mutating func escapedSet() throws(PatternError) -> CharacterSet? {
    let start = place
    if accept("\\"), let set = try namedSet() { return set }
    place = start
    return nil
  }

  private mutating func member() throws(PatternError) -> UInt32 {
    accept("\\") ? try escapedCharacter() : try next()
  }

  /// What follows `[:`.
  private mutating func named() throws(PatternError) -> CharacterSet {
    let isInverted = accept("^")
    let upper: ClosedRange<UInt32> = 0x41...0x5a
    let lower: ClosedRange<UInt32> = 0x61...0x7a
    let digits: ClosedRange<UInt32> = 0x30...0x39
    let punctuation: [ClosedRange<UInt32>] = [0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e]
    let known: [(String, [ClosedRange<UInt32>])] = [
      ("alnum", [digits, upper, lower]), ("alpha", [upper, lower]), ("ascii", [0...0x7f]),
      ("blank", [9...9, 0x20...0x20]), ("cntrl", [0...0x1f, 0x7f...0x7f]), ("digit", [digits]),
      ("graph", [0x21...0x7e]), ("lower", [lower]), ("print", [0x20...0x7e]),
      ("punct", punctuation), ("space", [9...13, 0x20...0x20]), ("upper", [upper]),
      ("word", CharacterSet.words.ranges), ("xdigit", [digits, 0x41...0x46, 0x61...0x66]),
    ]
    for (name, ranges) in known where accept(name + ":]") {
      return isInverted ? CharacterSet(ranges).inverted : CharacterSet(ranges)
    }
    throw .invalid("no such class")
  }
}
