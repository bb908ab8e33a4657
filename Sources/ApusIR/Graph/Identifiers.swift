/// A typed ID of a value of one graph.
public struct ValueID: Hashable, Sendable {
  package let number: Int
}

/// A typed ID of a node of one graph.
public struct NodeID: Hashable, Sendable {
  package let number: Int
}
