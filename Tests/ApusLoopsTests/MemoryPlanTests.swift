import ApusIR
import ApusTestSupport
import Testing

@testable import ApusLoops

@Suite struct MemoryPlanTests {
  /// A program whose kernels write one temporary each, then read all of some earlier ones.
  private func program(_ counts: [Int], reads: [[Int]]) -> Program {
    var program = Program(name: "p")
    program.buffers = counts.map {
      Buffer(name: "", element: .f32, count: $0, storage: .arena(offset: 0))
    }
    for (place, sources) in reads.enumerated() {
      let zero = Expression.literal(.float(0), .f32)
      let store = Statement.store(
        Access(BufferID(place), Index(0)), zero, lanes: max(counts[place], 1))
      let loads = sources.map { source in
        let value = Register(source, .f32, lanes: max(counts[source], 1))
        return Statement.set(value, .load(Access(BufferID(source), Index(0))))
      }
      program.append(Kernel(name: "k\(place)", origins: [], body: [store] + loads))
    }
    return program
  }

  /// The bytes of a temporary in the arena.
  private func range(_ buffer: Buffer) throws -> Range<Int> {
    guard case .arena(let offset) = buffer.storage else { throw Unplanned() }
    return offset..<offset + buffer.byteCount
  }

  private struct Unplanned: Error {}

  /// Whether buffers that are alive at one time overlap, tested pair by pair.
  private func overlaps(_ program: Program, sharing: [(Int, Int)] = []) throws -> [(Int, Int)] {
    let lives = program.buffers.indices.map { number in
      program.kernels.indices.filter { program.kernels[$0].buffers.contains(BufferID(number)) }
    }
    var found: [(Int, Int)] = []
    for a in lives.indices {
      for b in lives.indices.dropFirst(a + 1) {
        guard let firstA = lives[a].first, let lastA = lives[a].last,
          let firstB = lives[b].first, let lastB = lives[b].last,
          firstA <= lastB, firstB <= lastA,
          try range(program.buffers[a]).overlaps(try range(program.buffers[b]))
        else { continue }
        if sharing.contains(where: { $0 == (a, b) || $0 == (b, a) }) { continue }
        found.append((a, b))
      }
    }
    return found
  }

  @Test(arguments: UInt64(0)..<100) func liveBuffersDoNotOverlap(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 1...40, using: &random)
    let counts = (0..<count).map { _ in Int.random(in: 0...300, using: &random) }
    let reads = (0..<count).map { place in
      place == 0
        ? [] : (0..<3).map { _ in max(0, place - Int.random(in: 1...6, using: &random)) }
    }
    var program = program(counts, reads: reads)
    program.planMemory(reuses: [])
    #expect(try overlaps(program).isEmpty)
    let end = try program.buffers.map { try range($0).upperBound }.max() ?? 0
    #expect(program.arenaBytes >= end)
    #expect(program.arenaBytes >= program.liveBytes)
    #expect(try program.buffers.allSatisfy { try range($0).lowerBound % 64 == 0 })
  }

  @Test(arguments: UInt64(0)..<50) func chainsNeedNoMoreThanTheirLiveBytes(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 2...30, using: &random)
    let size = Int.random(in: 1...1000, using: &random)
    let reads = (0..<count).map { $0 == 0 ? [] : [$0 - 1] }
    var equal = program(Array(repeating: size, count: count), reads: reads)
    equal.planMemory(reuses: [])
    #expect(equal.arenaBytes == equal.liveBytes)
    var shrinking = program((0..<count).map { size * (count - $0) }, reads: reads)
    shrinking.planMemory(reuses: [])
    #expect(shrinking.arenaBytes == shrinking.liveBytes)
  }

  @Test(arguments: UInt64(0)..<50) func chainsOfAnySizeStayNearTheirLiveBytes(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let counts = (0..<20).map { _ in Int.random(in: 1...1000, using: &random) }
    var program = program(counts, reads: (0..<20).map { $0 == 0 ? [] : [$0 - 1] })
    program.planMemory(reuses: [])
    // Largest first is not optimal here: alternating between both ends of the arena would be.
    #expect(program.arenaBytes * 2 <= program.liveBytes * 3)
  }

  @Test func agreedReuseSharesMemory() throws {
    var chain = program([64, 64, 64], reads: [[], [0], [1]])
    chain.planMemory(reuses: [(BufferID(1), BufferID(0)), (BufferID(2), BufferID(1))])
    #expect(chain.arenaBytes == 256)
    #expect(try overlaps(chain, sharing: [(0, 1), (1, 2)]).isEmpty)
    // The old buffer is read again later: no reuse.
    var kept = program([64, 64, 64], reads: [[], [0], [0, 1]])
    kept.planMemory(reuses: [(BufferID(1), BufferID(0))])
    #expect(try overlaps(kept).isEmpty)
  }
}
