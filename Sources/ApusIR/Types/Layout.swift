/// How the elements of a tensor lie in memory.
///
/// `order` names the axes from outermost to innermost; `halo` widens an axis by elements that hold
/// `fill`, so that a window may read past the edge. The logical shape never changes with it.
public struct Layout: Hashable, Sendable {
  /// The elements before and after the extent of one axis.
  public struct Halo: Hashable, Sendable {
    /// The axis that is widened.
    public var axis: Int
    /// The elements before index 0.
    public var before: Int
    /// The elements after the last index.
    public var after: Int

    /// A halo of `axis`.
    public init(axis: Int, before: Int, after: Int) {
      self.axis = axis
      self.before = before
      self.after = after
    }
  }

  /// Axes from outermost to innermost; empty means row-major order of any rank.
  public var order: [Int]
  /// Widened axes, sorted by axis.
  public var halo: [Halo]
  /// The number that halos hold: 0, or the integer that stands for 0.
  public var fill: Int

  /// A layout from its parts.
  public init(order: [Int] = [], halo: [Halo] = [], fill: Int = 0) {
    self.order = order == Array(order.indices) ? [] : order
    self.halo = halo.filter { $0.before != 0 || $0.after != 0 }.sorted { $0.axis < $1.axis }
    self.fill = self.halo.isEmpty ? 0 : fill
  }

  /// Row-major without halo: the layout of interfaces.
  public static let rowMajor = Layout()

  /// Axis 1 innermost: `NHWC` for an image batch of the given rank.
  public static func channelsLast(rank: Int, halo: [Halo] = []) -> Layout {
    Layout(order: [0] + Array(2..<rank) + [1], halo: halo)
  }

  /// The axes from outermost to innermost for a tensor of `rank`.
  public func axes(rank: Int) -> [Int] { order.isEmpty ? Array(0..<rank) : order }

  /// Whether the layout makes sense for a tensor of `rank`: every axis once, sane halos.
  public func fits(rank: Int) -> Bool {
    let axes = halo.map(\.axis)
    return (order.isEmpty || order.sorted() == Array(0..<rank))
      && Set(axes).count == axes.count
      && halo.allSatisfy { halo in
        (0..<rank).contains(halo.axis)
          && [halo.before, halo.after].allSatisfy { (0..<1 << 31).contains($0) }
      }
  }

  /// Elements in memory, stride of each axis, and the place of index zero.
  ///
  /// Strides saturate; limits on sizes are checked when the tensor type is made.
  public func placement(
    of shape: Shape
  ) -> (count: Dimension, strides: [Dimension], origin: Dimension) {
    var strides = shape.dimensions
    var (count, origin): (Dimension, Dimension) = (1, 0)
    for axis in axes(rank: shape.rank).reversed() {
      let widened = halo.first { $0.axis == axis }
      let (before, after) = (Dimension(widened?.before ?? 0), Dimension(widened?.after ?? 0))
      strides[axis] = count
      origin = origin + count * before
      count = count * (shape[axis] + before + after)
    }
    return (count, strides, origin)
  }
}

extension Layout: CustomStringConvertible {
  /// `order(0,2,3,1) halo(2:1:1,3:1:1) fill(128)`; empty for row-major.
  public var description: String {
    var parts: [String] = []
    if !order.isEmpty { parts.append("order(\(order.map(String.init).joined(separator: ",")))") }
    if !halo.isEmpty {
      let text = halo.map { "\($0.axis):\($0.before):\($0.after)" }.joined(separator: ",")
      parts.append("halo(\(text))")
    }
    if fill != 0 { parts.append("fill(\(fill))") }
    return parts.joined(separator: " ")
  }
}
