private import ApusIR

/// What differs between two models.
public struct DiffReport: Hashable, Sendable {
  /// What a change is about; each can be gated alone.
  public enum Class: String, Hashable, Sendable, CaseIterable {
    /// Names, order, types and shapes of what goes in and out; bounds of symbols.
    case interface
    /// Operations and how they are wired.
    case topology
    /// Attributes of operations, and constants that are one number.
    case attribute
    /// Numbers of constants.
    case weight
    /// Element types and quantization.
    case precision
    /// The name of the model and what its writer noted; names of nodes where asked for.
    case metadata
  }

  /// What has become of what a change is about.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The old model does not have it.
    case added
    /// The new model does not have it.
    case removed
    /// It stands elsewhere, as it was.
    case moved
    /// Another operation stands at its place.
    case replaced
    /// It reads something else.
    case rewired
    /// Its operands stand in another order.
    case swapped
    /// It has another name.
    case renamed
    /// Something else about it is not as it was.
    case changed
  }

  /// One change.
  public struct Change: Hashable, Sendable {
    /// What it is about.
    public var category: Class
    /// What has become of it.
    public var kind: Kind
    /// One sentence without a full stop.
    public var message: String
    /// The nodes of the old model that it concerns.
    public var old: [String] = []
    /// The nodes of the new model that it concerns.
    public var new: [String] = []
    /// How far weights are apart; `nil` where that is not known.
    public var weights: WeightDifference?
    /// Where it is in the outline of the old model, for pictures.
    public var oldSpot: Outline.Spot?
    /// Where it is in the outline of the new model.
    public var newSpot: Outline.Spot?
  }

  /// A number of both models.
  public struct Delta: Hashable, Sendable {
    /// What is counted, such as `parameters`, `macs`, `bytes.f32` or `operators.conv`.
    public var name: String
    public var old: Int
    public var new: Int
    /// The growth in percent; infinite from nothing.
    public var percent: Double {
      old == new ? 0 : old == 0 ? .infinity : (Double(new) / Double(old) - 1) * 100
    }
  }

  /// The changes: interface first, then in the order of the nodes.
  public internal(set) var changes: [Change] = []
  /// The numbers of both models, in the order of their names.
  public internal(set) var deltas: [Delta] = []
  /// How far outputs are apart on the same inputs; empty where the models did not run.
  public var drifts: [OutputDrift] = []
  /// How long both take; `nil` where that was not measured.
  public var timing: Timing?
  /// The node of the new outline that stands for each node of the old one; `nil` where it is gone
  /// or has moved.
  public let partners: [Int?]

  /// Compares two models.
  ///
  /// Nodes that only changed their names are listed where `names` asks for it.
  public init(from old: Outline, to new: Outline, names: Snapshot.Names = .none) {
    var comparison = Comparison(old, new, names)
    comparison.run()
    partners = comparison.partners
    // Nothing may go unseen: without a change of meaning the canonical texts are equal.
    if comparison.changes.allSatisfy({ $0.category == .metadata }), old.meaning != new.meaning {
      comparison.addUnnamed()
    }
    changes = comparison.changes.enumerated().sorted {
      ($0.element.category.rank, $0.offset) < ($1.element.category.rank, $1.offset)
    }.map(\.element)
    let (before, after) = (old.totals, new.totals)
    for name in Set(before.keys).union(after.keys).sorted() {
      // A snapshot may lack what was measured of the other model.
      if let a = before[name], let b = after[name] {
        deltas.append(Delta(name: name, old: a, new: b))
      } else if old.measures[name] == nil && new.measures[name] == nil {
        deltas.append(Delta(name: name, old: before[name] ?? 0, new: after[name] ?? 0))
      }
    }
  }
}

extension DiffReport.Class {
  /// The place in the order of declaration.
  var rank: Int { DiffReport.Class.allCases.firstIndex(of: self) ?? 0 }
}

extension Outline {
  /// The canonical text without measures.
  fileprivate var meaning: String {
    var copy = self
    copy.measures = [:]
    return Snapshot.text(of: copy)
  }

  /// Parameters, bytes by element type, operators by kind, and what others measured; equal
  /// constants count once, those of bodies too.
  public var totals: [String: Int] {
    var result = measures.merging(["parameters": 0]) { known, _ in known }
    var seen: Set<Weight> = []
    func visit(_ outline: Outline) {
      for node in outline.nodes {
        result["operators." + node.operation, default: 0] += 1
        node.bodies.forEach(visit)
      }
      for weight in outline.weights {
        let key = Weight(type: weight.type, digest: weight.digest)
        guard seen.insert(key).inserted, let count = weight.type.elementCount else { continue }
        result["parameters", default: 0] &+= count
        let bits = ElementType(rawValue: String(weight.type.elementName))?.bitWidth ?? 0
        let bytes = (count.multipliedReportingOverflow(by: bits).partialValue &+ 7) / 8
        result["bytes.\(weight.type.elementName)", default: 0] &+= bytes
      }
    }
    visit(self)
    return result
  }
}
