/// The meaning of an operator as data, from which lowering, evaluation and documents follow.
public enum Semantics: Sendable {
  /// The same numbers on every run.
  case constant
  /// Each result element is a function of the operand elements at the same (broadcast) place.
  case pointwise(Pointwise)
  /// Each result element is an operand element at an affine place.
  case view(IndexMap)
  /// The elements stay in row-major order under another shape.
  case reshape
  /// A combination of products or other bodies over reduction iterators.
  case contraction(Contraction)
  /// A nest that has a lowering of its own.
  case nest
}

/// An affine map from the iterators of a nest to the axes of an operand.
public struct IndexMap: Hashable, Sendable {
  /// One axis of the operand: `offset + Σ coefficient · iterator`.
  public struct Axis: Hashable, Sendable {
    /// The part without iterators.
    public var offset: Dimension
    /// Iterator and coefficient, in ascending order of the iterator.
    public var terms: [Term]

    /// An axis index.
    public init(offset: Dimension = 0, _ terms: [Term] = []) {
      self.offset = offset
      self.terms = terms.filter { $0.coefficient != 0 }
    }

    /// The value of one iterator.
    public static func iterator(_ number: Int) -> Axis {
      Axis([Term(iterator: number, coefficient: 1)])
    }
  }

  /// A multiple of an iterator.
  public struct Term: Hashable, Sendable {
    /// The number of the iterator.
    public var iterator: Int
    /// What it is multiplied by.
    public var coefficient: Dimension

    /// A multiple of an iterator.
    public init(iterator: Int, coefficient: Dimension) {
      self.iterator = iterator
      self.coefficient = coefficient
    }
  }

  /// One entry per axis of the operand.
  public var axes: [Axis]

  /// A map from its axes.
  public init(_ axes: [Axis]) { self.axes = axes }
}

/// A result whose elements combine values over further iterators.
///
/// Iterators `0..<rank` are the axes of the result, the others run over `reduction`. Terms for
/// which an operand index lies outside its tensor are left out (padding).
public struct Contraction: Sendable {
  /// The extents of the iterators after those of the result.
  public var reduction: [Dimension]
  /// One map per operand.
  public var maps: [IndexMap]
  /// What is combined: a function of one element per operand.
  public var body: Pointwise
  /// How values are combined: `add`, `mul`, `min`, `max`, `and`, `or`.
  public var combine: BinaryFunction
  /// What the combination starts from.
  public var initial: Literal

  /// A contraction.
  public init(
    reduction: [Dimension], maps: [IndexMap], body: Pointwise, combine: BinaryFunction,
    initial: Literal
  ) {
    self.reduction = reduction
    self.maps = maps
    self.body = body
    self.combine = combine
    self.initial = initial
  }
}
