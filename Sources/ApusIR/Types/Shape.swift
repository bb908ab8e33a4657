/// The extents of a tensor, outermost axis first; rank 0 is a scalar.
public struct Shape: Hashable, Sendable {
  /// One extent per axis.
  public var dimensions: [Dimension]

  /// A shape from its extents.
  public init(_ dimensions: [Dimension]) { self.dimensions = dimensions }

  /// A shape without symbols.
  public init(_ extents: [Int]) { dimensions = extents.map { Dimension($0) } }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The extent of one axis.
  public subscript(axis: Int) -> Dimension {
    get { dimensions[axis] }
    set { dimensions[axis] = newValue }
  }

  /// All extents as integers, or `nil` when a symbol takes part.
  public var extents: [Int]? {
    var result: [Int] = []
    for dimension in dimensions {
      guard let extent = dimension.constant else { return nil }
      result.append(extent)
    }
    return result
  }

  /// The product of the extents.
  public var elementCount: Dimension { dimensions.reduce(Dimension(1), *) }

  /// The shape with symbols replaced.
  public func substituting(_ values: [String: Dimension]) -> Shape {
    Shape(dimensions.map { $0.substituting(values) })
  }

  /// The common shape of two tensors under multidirectional broadcasting (ONNX "Broadcasting").
  ///
  /// Returns `nil` when two constant extents differ and neither is 1, or a symbol meets another.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = max(rank, other.rank)
    var result: [Dimension] = []
    for axis in 0..<rank {
      let a = axis < rank - self.rank ? 1 : self[axis - (rank - self.rank)]
      let b = axis < rank - other.rank ? 1 : other[axis - (rank - other.rank)]
      if a == b || b == 1 {
        result.append(a)
      } else if a == 1 {
        result.append(b)
      } else {
        return nil
      }
    }
    return Shape(result)
  }
}

extension Shape: CustomStringConvertible {
  /// The extents such as `1x8xN` or `(2*N+1)x8`, nothing for a scalar.
  ///
  /// A symbol with an `x` in its name is bracketed.
  public var description: String {
    dimensions.map { dimension in
      let text = dimension.description
      let isPlain = text.utf8.allSatisfy { $0.isNameByte && !"x.".utf8.contains($0) }
      return isPlain ? text : "(\(text))"
    }.joined(separator: "x")
  }
}
