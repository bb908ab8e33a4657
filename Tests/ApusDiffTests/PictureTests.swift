import ApusDiff
import ApusIR
import Testing

@Suite struct PictureTests {
  /// Random edges among `count` items, most of them forward.
  private func edges(_ count: Int) -> [(from: Int, to: Int)] {
    (0..<count * 2).map { step in
      let (a, b) = (step * 7919 % count, (step * 104_729 + step / 3) % count)
      return step % 11 == 0 ? (max(a, b), min(a, b)) : (min(a, b), max(a, b))
    }
  }

  @Test(arguments: [1, 2, 9, 60, 400])
  func nothingOverlaps(_ count: Int) {
    let widths = (0..<count).map { 40 + Double($0 % 5) * 30 }
    let layout = LayeredLayout(widths: widths, edges: edges(count), gap: 10)
    var bounds: [Int: [(Double, Double)]] = [:]
    for item in 0..<count {
      bounds[layout.rows[item], default: []].append(
        (layout.middles[item] - widths[item] / 2, layout.middles[item] + widths[item] / 2))
      for (step, place) in layout.lanes[item].enumerated() {
        bounds[layout.rows[item] + step + 1, default: []].append((place - 6, place + 6))
      }
    }
    for row in bounds.values {
      let sorted = row.sorted { $0.0 < $1.0 }
      #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.1 + 10 <= $1.0 + 1e-6 })
    }
  }

  @Test func edgesRunDownAndLongOnesInLanes() {
    let layout = LayeredLayout(
      widths: [50, 50, 50, 50], edges: [(0, 1), (1, 2), (2, 3), (0, 3)], gap: 10)
    #expect(layout.rows == [0, 1, 2, 3])
    #expect(layout.lanes.map(\.count) == [2, 0, 0, 0])
    #expect(layout.lanes[0][0] == layout.lanes[0][1])
    #expect(layout.middles.allSatisfy { abs($0 - layout.middles[0]) < 5 })
  }

  @Test func cyclesAreOpened() {
    let layout = LayeredLayout(
      widths: [9, 9, 9, 9], edges: [(0, 1), (1, 2), (2, 1), (1, 1), (2, 3)], gap: 1)
    #expect(layout.rows == [0, 1, 2, 3])
  }

  @Test func modelsShareWhatTheyHaveInCommon() throws {
    let old = Outline(try Graph(parsing: Mutation.base, file: "old"))
    let added = Mutation.base.replacing("  %n = normalize %m", with: "  %n = normalize %z")
      .replacing(
        "  %n =", with: "  %z = map %m {f = (a: f32) exp(a)} : tensor<4x8xf32>  @ \"z\"\n  %n =")
    let new = Outline(try Graph(parsing: added, file: "new"))
    let report = DiffReport(from: old, to: new)
    let union = UnionGraph(old, new, report)
    #expect(union.items.count == new.nodes.count + 4)
    #expect(union.items.count { $0.old == nil } == 1)
    #expect(union.items.allSatisfy { $0.new != nil })
    #expect(union.edges.count { !$0.isNew } == 1)
    #expect(union.edges.count { !$0.isOld } == 2)
    let change = try #require(report.changes.first)
    let place = try #require(union.items(change.oldSpot, change.newSpot).first)
    #expect(union.items[place].old == nil)
  }
}
