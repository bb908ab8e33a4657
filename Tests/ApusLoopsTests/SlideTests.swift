import ApusIR
import Testing

@testable import ApusLoops

/// How far apart operands and results must begin, on kernels that copy byte by byte.
@Suite struct SlideTests {
  private static let (i, j) = (IndexVariable(0), IndexVariable(1))
  private static let (source, target) = (BufferID(0), BufferID(1))

  /// A copy from one place to another inside of loops.
  struct Copy: Sendable, CustomTestStringConvertible {
    let name: String
    let extents: [Int]
    let from: Index
    let to: Index
    var testDescription: String { name }

    /// The copy as statements: a load, then a store.
    var body: [Statement] {
      let byte = Register(0, .i32, lanes: 1)
      let copy = [
        Statement.set(byte, .load(Access(source, from))),
        .store(Access(target, to), .register(byte), lanes: 1),
      ]
      let inner =
        extents.count > 1
        ? [Statement.loop(.serial, j, extent: Dimension(extents[1]), copy)] : copy
      return [.loop(.parallel, i, extent: Dimension(extents[0]), inner)]
    }

    /// The places that are read and written, in order.
    var places: [(from: Int, to: Int)] {
      (0..<extents[0]).flatMap { i in
        (0..<(extents.count > 1 ? extents[1] : 1)).map { j in
          (value(from, i, j), value(to, i, j))
        }
      }
    }

    private func value(_ index: Index, _ i: Int, _ j: Int) -> Int {
      index.terms.reduce(index.constant.constant ?? 0) {
        $0 + ($1.variable == SlideTests.i ? i : j) * ($1.coefficient.constant ?? 0)
      }
    }

    /// Whether every byte arrives when the result begins so many bytes behind the operand.
    func arrives(_ distance: Int) -> Bool {
      var memory: [Int: Int] = [:]
      for place in places { memory[place.from] = place.from }
      for place in places { memory[distance + place.to] = memory[place.from] }
      return places.allSatisfy { memory[distance + $0.to] == $0.from }
    }
  }

  static let copies = [
    Copy(name: "in place", extents: [90], from: Index(i), to: Index(i)),
    Copy(name: "to the front", extents: [90], from: Index(i) + 7, to: Index(i)),
    Copy(name: "from the end", extents: [90], from: Index(i) * -1 + 89, to: Index(i) * -1 + 89),
    Copy(name: "every other", extents: [50], from: Index(i) * 2, to: Index(i)),
    Copy(name: "apart", extents: [50], from: Index(i), to: Index(i) * 2),
    Copy(
      name: "into a border", extents: [25, 5], from: Index(i) * 5 + Index(j),
      to: Index(i) * 7 + Index(j) + 8),
    Copy(
      name: "out of a border", extents: [25, 5], from: Index(i) * 7 + Index(j) + 8,
      to: Index(i) * 5 + Index(j)),
    Copy(
      name: "transposed", extents: [6, 9], from: Index(i) * 9 + Index(j),
      to: Index(j) * 6 + Index(i)),
  ]

  private func finder(_ body: [Statement], bytes: Int = 400) -> SlideFinder {
    var program = Program(name: "p")
    program.buffers = (0..<3).map { _ in
      Buffer(name: "", element: .u8, count: bytes, storage: .arena(offset: 0))
    }
    return SlideFinder(
      MemoryTrace(
        body, operands: [SlideTests.source], results: [SlideTests.target], of: program))
  }

  @Test(arguments: copies) func distancesAreSafeAndNoLargerThanNeeded(_ copy: Copy) {
    let found = finder(copy.body)
    for distance in -400...400 where distance <= found.lower || distance >= found.upper {
      #expect(copy.arrives(distance), "\(distance)")
    }
    #expect(!copy.arrives(found.lower + 1))
    #expect(!copy.arrives(found.upper - 1))
  }

  /// A loop of too many turns is followed in parts, which may ask for more but not for less.
  @Test func longLoopsAreFollowedInParts() {
    let count = 5000
    let copy = Copy(
      name: "", extents: [count], from: Index(SlideTests.i), to: Index(SlideTests.i))
    let found = finder(copy.body, bytes: count)
    #expect(-10 ... -1 ~= found.lower)
    #expect(found.upper == count)
  }

  /// A statement may write before it reads, and what is read by a loaded index may be anything.
  @Test func statementsAndLoadedIndicesAreTakenWhole() {
    let store = Statement.store(
      Access(SlideTests.target, Index(SlideTests.i)),
      .load(Access(SlideTests.source, Index(SlideTests.i))), lanes: 1)
    let found = finder([.loop(.serial, SlideTests.i, extent: 10, [store])])
    #expect((found.lower, found.upper) == (-1, 10))
    let byte = Register(0, .i32, lanes: 1)
    let gather: [Statement] = [
      .bind(SlideTests.j, .load(Access(BufferID(2), Index(SlideTests.i)), extent: 10)),
      .set(byte, .load(Access(SlideTests.source, Index(SlideTests.j)))),
      .store(Access(SlideTests.target, Index(SlideTests.i)), .register(byte), lanes: 1),
    ]
    let gathered = finder([.loop(.serial, SlideTests.i, extent: 10, gather)])
    #expect((gathered.lower, gathered.upper) == (-9, 10))
  }

  // MARK: Backward

  private func tile(_ from: Index, _ to: Index, start: TileStart = .zero) -> Statement {
    .tile(
      TileMultiply(
        a: TileRows(Access(SlideTests.source, from), offsets: [0]),
        b: Access(BufferID(2), Index(0)), columns: 1, storedColumns: 1,
        reduction: [TileMultiply.Level(extent: 1, aStride: 0, bStride: 0)], start: start,
        output: TileRows(Access(SlideTests.target, to), offsets: [0])))
  }

  @Test func tilesGoBackwardBeforeOtherStatements() throws {
    let (i, j) = (Index(SlideTests.i), Index(SlideTests.j))
    let fill = Statement.store(
      Access(SlideTests.target, Index(99)), .literal(.integer(0), .i32), lanes: 1)
    let kernel = Kernel(
      name: "k", origins: [],
      body: [
        .loop(
          .parallel, SlideTests.i, extent: 3,
          [.loop(.serial, SlideTests.j, extent: 2, [tile(i + j, i + j)]), tile(i + 50, i + 50)]),
        tile(Index(70), Index(70)), fill,
      ])
    let backward = try #require(kernel.backward)
    let (turn, inner) = (IndexVariable(2), IndexVariable(3))
    #expect(
      backward == [
        tile(Index(70), Index(70)),
        .loop(
          .parallel, turn, extent: 3,
          [
            .bind(SlideTests.i, .affine(Index(turn) * -1 + 2)), tile(i + 50, i + 50),
            .loop(
              .serial, inner, extent: 2,
              [.bind(SlideTests.j, .affine(Index(inner) * -1 + 1)), tile(i + j, i + j)]),
          ]), fill,
      ])
    let first = finder(kernel.body)
    let second = finder(backward)
    #expect(first.lower > second.lower && first.upper > second.upper)
  }

  @Test func sumsThatGoOnAndOtherStatementsStayForward() {
    let forward = [
      [
        .loop(
          .serial, SlideTests.i, extent: 2,
          [tile(Index(0), Index(0)), tile(Index(1), Index(0), start: .output)])
      ],
      [.store(Access(SlideTests.target, Index(0)), .literal(.integer(0), .i32), lanes: 1)],
      [
        .store(Access(SlideTests.target, Index(9)), .literal(.integer(0), .i32), lanes: 1),
        tile(Index(0), Index(0)),
      ],
    ]
    for body in forward {
      #expect(Kernel(name: "k", origins: [], body: body).backward == nil)
    }
  }
}
