/// A pattern as a table: for each state and byte the next state (Rabin & Scott 1959).
///
/// Assertions look one byte back and one ahead: a state remembers what kind of byte came last, and
/// they are decided when the next byte is known.
struct DeterministicAutomaton {
  /// What came before a place, or comes after it.
  private enum Neighbour: Hashable, CaseIterable {
    case none, word, newline, other

    init(_ byte: UInt8) {
      switch UInt32(byte) {
      case 0xa: self = .newline
      case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: self = .word
      default: self = .other
      }
    }
  }

  private struct State: Hashable {
    var places: [Int]
    var before: Neighbour
  }

  private let automaton: NondeterministicAutomaton
  private var known: [State: Int] = [:]
  private var states: [State] = []
  /// For each state and class the next state; -1 for none.
  private var table: [[Int]] = []
  private var accepts: [Bool] = []
  /// The class of each byte.
  private var classes = [UInt8](repeating: 0, count: 256)
  /// One byte of each class.
  private var samples: [UInt8] = []
  private static let mostStates = 4096
  /// How many places are looked at before a pattern counts as too large.
  private static let mostWork = 1 << 24

  /// The table of an automaton.
  ///
  /// - Throws: `unsupported` when it would have more than 4096 states, or take seconds.
  init(_ automaton: NondeterministicAutomaton) throws(PatternError) {
    self.automaton = automaton
    findClasses()
    _ = number(of: State(places: [automaton.start], before: .none))
    var (next, work) = (0, 0)
    while next < states.count {
      let state = states[next]
      let open = Dictionary(
        uniqueKeysWithValues: Neighbour.allCases.map { ($0, reached(state, $0)) })
      work += open.values.reduce(0) { $0 + $1.count } * samples.count
      guard states.count <= Self.mostStates, work <= Self.mostWork else {
        throw .unsupported("so large an expression")
      }
      table.append(samples.map { follow(open[Neighbour($0)] ?? [], $0) })
      accepts.append(
        open[.none]?.contains { place in
          if case .accept = automaton.states[place] { true } else { false }
        } ?? false)
      next += 1
    }
  }

  /// The state that a byte leads to from open places; -1 for none.
  private mutating func follow(_ open: Set<Int>, _ byte: UInt8) -> Int {
    let targets = open.compactMap { place -> Int? in
      guard case .bytes(let range, let target) = automaton.states[place], range.contains(byte)
      else { return nil }
      return target
    }
    if targets.isEmpty { return -1 }
    return number(of: State(places: Set(targets).sorted(), before: Neighbour(byte)))
  }

  /// Bytes that no state and no assertion tells apart.
  private mutating func findClasses() {
    var starts: Set<Int> = [0, 0xa, 0xb, 0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b]
    for case .bytes(let range, _) in automaton.states {
      starts.formUnion([Int(range.lowerBound), Int(range.upperBound) + 1])
    }
    for byte in 0..<256 {
      if starts.contains(byte) { samples.append(UInt8(byte)) }
      classes[byte] = UInt8(samples.count - 1)
    }
  }

  private mutating func number(of state: State) -> Int {
    if let known = known[state] { return known }
    known[state] = states.count
    states.append(state)
    return states.count - 1
  }

  /// The places that are open when the next byte is of a kind.
  private func reached(_ state: State, _ after: Neighbour) -> Set<Int> {
    var result: Set<Int> = []
    var pending = state.places
    while let place = pending.popLast() {
      guard result.insert(place).inserted else { continue }
      switch automaton.states[place] {
      case .split(let a, let b): pending += [a, b]
      case .assertion(let kind, let next):
        if Self.holds(kind, state.before, after) { pending.append(next) }
      case .bytes, .accept: break
      }
    }
    return result
  }

  private static func holds(
    _ assertion: Pattern.Assertion, _ before: Neighbour, _ after: Neighbour
  ) -> Bool {
    switch assertion {
    case .textStart: before == .none
    case .textEnd: after == .none
    case .lineStart: before == .none || before == .newline
    case .lineEnd: after == .none || after == .newline
    case .wordBoundary: (before == .word) != (after == .word)
    case .noWordBoundary: (before == .word) == (after == .word)
    }
  }

  /// The table as the bytes that the function `matches` reads.
  var bytes: [UInt8] {
    func word(_ number: Int) -> [UInt8] { [UInt8(number & 0xff), UInt8(number >> 8)] }
    let next = table.flatMap { row in row.flatMap { word($0 < 0 ? 0xffff : $0) } }
    return word(states.count) + word(samples.count) + classes + accepts.map { $0 ? 1 : 0 } + next
  }
}

extension DeterministicAutomaton {
  /// The automaton of a pattern in the syntax of RE2.
  init(pattern: String) throws(PatternError) {
    var parser = PatternParser(pattern)
    try self.init(try NondeterministicAutomaton(try parser.parse()))
  }
}
