extension Graph {
  /// A point on the way of a graph through the compiler, with what holds there.
  public enum Stage: String, Hashable, Sendable, CaseIterable {
    /// From the importer: plain operations, everything in row-major order.
    case imported
    /// After fusion: kernels have formed, everything is still in row-major order.
    case optimised
    /// What lowering accepts: layouts are chosen for everything but the interface and constants.
    case laidOut
  }
}

/// A broken promise about a graph: a mistake of the compiler, not of its user.
public struct VerificationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One broken promise.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// A stable name, such as `operand-order`.
    public var id: String
    /// One sentence without a full stop.
    public var message: String
    /// The place of the node in `Graph.nodes`, and of the node in its body if it is a kernel.
    public var path: [Int]

    /// The form people read.
    public var description: String {
      let place = path.isEmpty ? "graph" : "node " + path.map(String.init).joined(separator: ".")
      return "\(place): \(message) [\(id)]"
    }
  }

  /// What should have held.
  public var stage: Graph.Stage
  /// All that was found, in the order of the nodes; never empty.
  public var problems: [Problem]

  /// One problem per line.
  public var description: String {
    (["the graph is not \(stage.rawValue)"] + problems.map { "  \($0)" })
      .joined(separator: "\n")
  }
}
