import ApusIR
import ApusTestSupport
import Testing

@testable import ApusLoops

@Suite struct PlacementTests {
  private func placement(_ extents: [Int], _ strides: [Int]) -> Placement {
    Placement(
      buffer: BufferID(0), element: .f32, origin: Index(5),
      extents: extents.map { Dimension($0) }, strides: strides.map { Dimension($0) })
  }

  /// The offsets of all elements in row-major order.
  private func offsets(_ placement: Placement) -> [Int] {
    coordinates(placement.sizes).compactMap { place in
      placement.index(place.map { Index($0) }).fixed
    }
  }

  private func coordinates(_ extents: [Int]) -> [[Int]] {
    extents.reduce([[]]) { places, extent in
      places.flatMap { place in (0..<extent).map { place + [$0] } }
    }
  }

  @Test(arguments: UInt64(0)..<400) func reshapedKeepsTheOrderOfElements(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let extents = (0..<Int.random(in: 0...4, using: &random)).map { _ in
      [1, 2, 3, 4, 6].randomElement(using: &random) ?? 1
    }
    var strides = Shape(extents).rowMajorStrides.map(\.fixed)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: strides.shuffle(using: &random)
    case 1: strides = strides.map { $0 * 2 }
    case 2: if !strides.isEmpty { strides[0] += 7 }
    default: break
    }
    let source = placement(extents, strides)
    let target = randomShape(of: extents.reduce(1, *), using: &random)
    guard let view = source.reshaped(to: Shape(target).dimensions) else {
      // Strides cannot express it: then the elements are not contiguous.
      #expect(!source.isContiguous)
      return
    }
    #expect(view.sizes == target)
    #expect(offsets(view) == offsets(source))
  }

  private func randomShape(of count: Int, using random: inout SeededRandom) -> [Int] {
    var rest = count
    var shape: [Int] = []
    while rest > 1 {
      let factors = (2...rest).filter { rest % $0 == 0 }
      shape.append(factors.randomElement(using: &random) ?? rest)
      rest /= shape[shape.count - 1]
    }
    if Int.random(in: 0...1, using: &random) == 0 {
      shape.insert(1, at: Int.random(in: 0...shape.count, using: &random))
    }
    return shape
  }

  @Test func emptyTensorsWithGapsAreNotReshaped() {
    #expect(placement([0, 2], [8, 3]).reshaped(to: [2, 0]) == nil)
  }

  @Test func scalarsAndOnes() {
    #expect(placement([1, 1], [9, 9]).reshaped(to: []) != nil)
    #expect(placement([], []).reshaped(to: [1, 1])?.extents == [1, 1])
  }

  @Test func broadcastRepeats() {
    let wide = placement([3, 1], [1, 1]).broadcast(to: [2, 3, 4])
    #expect(wide.strides == [0, 1, 0])
  }

  @Test func viewsFollowTheirMap() {
    let slice = placement([8], [2]).viewed(
      through: IndexMap([
        IndexMap.Axis(offset: 7, [IndexMap.Term(iterator: 0, coefficient: -3)])
      ]), extents: [3])
    #expect(offsets(slice) == [19, 13, 7])
  }

  // MARK: Nests

  @Test func neighboursMerge() {
    let a = placement([2, 3, 4], [12, 4, 1])
    #expect(Nest([a, a]).extents == [24])
    let b = placement([2, 3, 4], [0, 4, 1])
    #expect(Nest([a, b]).extents == [2, 12])
    #expect(Nest([a, b]).strides == [[12, 1], [0, 1]])
    #expect(Nest([placement([1, 1], [1, 1])]).extents == [1])
    #expect(Nest([placement([], [])]).strides == [[0]])
  }

  @Test func loopsFollowTheMemoryOfTheResult() {
    let nest = Nest([placement([2, 3], [1, 2]), placement([2, 3], [3, 1])])
    #expect(nest.extents == [3, 2])
    #expect(nest.strides == [[2, 1], [1, 3]])
  }

  @Test(arguments: UInt64(0)..<100) func nestsVisitTheSamePairs(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let extents = (0..<3).map { _ in Int.random(in: 1...4, using: &random) }
    let order = [0, 1, 2].shuffled(using: &random)
    let result = placement(
      extents, Layout(order: order).placement(of: Shape(extents)).strides.map(\.fixed))
    let strides = (0..<3).map { _ in [0, 1, 4, 16].randomElement(using: &random) ?? 0 }
    let operand = placement(extents, strides)
    let nest = Nest([result, operand])
    func pairs(_ a: [Dimension], _ b: [Dimension], _ extents: [Dimension]) -> Set<[Dimension]> {
      Set(
        coordinates(extents.map(\.fixed)).map { place in
          [a, b].map { zip(place, $0).reduce(0) { $0 + Dimension($1.0) * $1.1 } }
        })
    }
    #expect(
      pairs(nest.strides[0], nest.strides[1], nest.extents)
        == pairs(result.strides, operand.strides, result.extents))
  }
}
