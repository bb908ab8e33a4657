/// Follows the loops of a kernel to find where a result may begin that lies over an operand.
///
/// A kernel that goes through both in the same direction may write where it has read already.
/// Outer loops are followed turn by turn; what is inside of them is one step, which counts as if it
/// wrote everything before it reads. What is touched is an interval of bytes.
struct SlideFinder {
  /// Results must not begin between these two numbers of bytes behind the operand.
  ///
  /// Up to `lower` every byte is read before the result reaches it from below, from `upper` on
  /// before the result reaches it from above.
  private(set) var (lower, upper) = (Int.max, Int.min)

  private let trace: MemoryTrace
  /// What variables may hold.
  private var values: [ClosedRange<Int>]
  /// The bytes of the result that are written so far.
  private var written: ClosedRange<Int>?

  /// The most turns that are followed one by one.
  private static let turns = 1024

  init(_ trace: MemoryTrace) {
    self.trace = trace
    values = Array(repeating: 0...0, count: trace.variables)
    run(0..<trace.actions.count, turns: SlideFinder.turns)
  }

  /// Follows a body; as a part of one step, it looks at writes or reads only.
  private mutating func run(_ body: Range<Int>, turns: Int, onlyWrites: Bool? = nil) {
    var at = body.lowerBound
    while at < body.upperBound {
      let (action, end) = trace.actions[at]
      let inner = at + 1..<end
      at = end
      switch action {
      case .loop(let variable, let extent):
        if let onlyWrites {
          values[variable] = 0...extent - 1
          run(inner, turns: 1, onlyWrites: onlyWrites)
        } else {
          loop(variable, extent, inner, turns: turns)
        }
      case .within(let variable, let lower, let upper):
        let outer = values[variable]
        let (first, last) = (max(outer.lowerBound, lower), min(outer.upperBound, upper - 1))
        guard first <= last else { continue }
        values[variable] = first...last
        run(inner, turns: turns, onlyWrites: onlyWrites)
        values[variable] = outer
      case .affine(let variable, let sum): values[variable] = range(sum)
      case .quotient(let variable, let sum, let divisor):
        let range = range(sum)
        values[variable] = range.lowerBound / divisor...range.upperBound / divisor
      case .remainder(let variable, let sum, let divisor):
        let range = range(sum)
        let (first, last) = (range.lowerBound % divisor, range.upperBound % divisor)
        let isOneRun = last - first == range.upperBound - range.lowerBound
        values[variable] = isOneRun ? first...last : 0...divisor - 1
      case .any(let variable, let extent): values[variable] = 0...extent - 1
      case .touch(let sum, let reach, let isWrite):
        if onlyWrites ?? isWrite == isWrite { touch(range(sum) + reach, isWrite: isWrite) }
      }
    }
  }

  private mutating func loop(_ variable: Int, _ extent: Int, _ body: Range<Int>, turns: Int) {
    let each = (extent + turns - 1) / turns
    for start in stride(from: 0, to: extent, by: each) {
      values[variable] = start...min(start + each, extent) - 1
      if each == 1 {
        run(body, turns: max(turns / extent, 1))
      } else {
        run(body, turns: 1, onlyWrites: true)
        run(body, turns: 1, onlyWrites: false)
      }
    }
  }

  private mutating func touch(_ bytes: ClosedRange<Int>, isWrite: Bool) {
    if isWrite {
      let old = written ?? bytes
      written = min(old.lowerBound, bytes.lowerBound)...max(old.upperBound, bytes.upperBound)
    } else if let written {
      lower = min(lower, bytes.lowerBound - written.upperBound - 1)
      upper = max(upper, bytes.upperBound + 1 - written.lowerBound)
    }
  }

  private func range(_ sum: MemoryTrace.Sum) -> ClosedRange<Int> {
    var (low, high) = (sum.constant, sum.constant)
    for place in sum.terms {
      let (variable, factor) = trace.terms[place]
      let reach = values[variable] * factor
      (low, high) = (low + reach.lowerBound, high + reach.upperBound)
    }
    return low...high
  }
}
