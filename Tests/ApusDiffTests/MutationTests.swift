import ApusDiff
import ApusIR
import Testing

@Suite struct MutationTests {
  private func outline(_ text: String) throws -> Outline {
    Outline(try Graph(parsing: text, file: "mutation"))
  }

  @Test(arguments: Mutation.all)
  func classesAreAsExpected(_ mutation: Mutation) throws {
    let (old, new) = (try outline(Mutation.base), try outline(mutation.text))
    let report = DiffReport(from: old, to: new)
    #expect(Set(report.changes.map(\.category)) == mutation.classes, "\(report.changes)")
    let reverse = DiffReport(from: new, to: old)
    #expect(Set(reverse.changes.map(\.category)) == mutation.classes, "\(reverse.changes)")
  }

  @Test(arguments: Mutation.moves.prefix(1) + Mutation.moves[2...2] + Mutation.moves[4...])
  func movesAreNamed(_ mutation: Mutation) throws {
    let (old, new) = (try outline(Mutation.base), try outline(mutation.text))
    #expect(DiffReport(from: old, to: new).changes.map(\.kind) == [.moved])
    #expect(DiffReport(from: new, to: old).changes.map(\.kind) == [.moved])
  }

  @Test(arguments: Mutation.all)
  func snapshotsSayTheSame(_ mutation: Mutation) throws {
    let (old, new) = (try outline(Mutation.base), try outline(mutation.text))
    let (a, b) = (Snapshot.text(of: old), Snapshot.text(of: new))
    #expect((a == b) == mutation.classes.subtracting([.metadata]).isEmpty)
    let read = try Outline(snapshot: b)
    #expect(Snapshot.text(of: read) == b)
    #expect(DiffReport(from: read, to: new).changes == [])
    let report = DiffReport(from: try Outline(snapshot: a), to: new)
    #expect(Set(report.changes.map(\.category)) == mutation.classes.subtracting([.metadata]))
  }

  @Test func damagedSnapshotsAreRefused() throws {
    let text = Snapshot.text(of: try outline(Mutation.base))
    for damage in [("apus-snapshot 1", "apus-snapshot 9"), ("%in0", "%in7"), ("%1\t", "%9\t")] {
      #expect(throws: SnapshotError.self) {
        try Outline(snapshot: text.replacing(damage.0, with: damage.1))
      }
    }
    for length in stride(from: 0, to: text.count, by: 7) {
      _ = try? Outline(snapshot: String(text.prefix(length)))
    }
  }

  @Test func figuresOfWeights() throws {
    let old = TensorData(.f32, [2, 2], [3, 4, 0, 0] as [Float])
    let new = TensorData(.f32, [2, 2], [3, 4, 0, 5] as [Float])
    let difference = try #require(WeightDifference(from: old, to: new))
    #expect(difference.count == 1)
    #expect(difference.maximum == 5)
    #expect(difference.relative == 1)
    #expect(difference.worstChannel == 1)
    #expect(difference.worstRelative == .infinity)
    #expect(difference.cosine == 25 / (25.0 * 50).squareRoot())
  }

  @Test func policies() throws {
    let changed = Mutation.base.replacing("0x0000803f", with: "0x0000a040")
    let report = DiffReport(from: try outline(Mutation.base), to: try outline(changed))
    func failures(_ rules: String...) -> Int {
      Policy(failOn: rules.compactMap { Policy.Rule($0) }).failures(report).count
    }
    #expect(failures("weights") == 1)
    #expect(failures("interface", "topology") == 0)
    #expect(failures("weights>0.7") == 1)
    #expect(failures("weights>0.8") == 0)
    #expect(failures("parameters+0%") == 0)
    #expect(failures("arena+10%") == 1)
    for text in ["", "nonsense", "macs", "+5%", "macs+x%", "weights>", "weights>nan", "macs+-1%"] {
      #expect(Policy.Rule(text) == nil)
    }
    #expect(Policy(ignored: ["operand 1"]).filtered(report).changes.isEmpty)
  }
}
