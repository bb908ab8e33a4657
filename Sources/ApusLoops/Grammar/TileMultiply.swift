public import ApusIR

/// Rows of a buffer: row `i` starts `offsets[i]` elements after `base`.
public struct TileRows: Hashable, Sendable {
  /// The first element of the first row; its lane stride is the distance of columns (0 or 1).
  public var base: Access
  /// One offset per row.
  public var offsets: [Int]

  /// Rows of a buffer.
  public init(_ base: Access, offsets: [Int]) {
    self.base = base
    self.offsets = offsets
  }
}

/// What a sum of products starts from.
public enum TileStart: Hashable, Sendable {
  /// Zero.
  case zero
  /// One number per column, the same for all rows.
  case columns(Access)
  /// What the output rows hold.
  case output
}

/// What is done with a finished sum before it is stored.
public struct TileEpilogue: Hashable, Sendable {
  /// Operand 0 is the sum, operand `i + 1` is `operands[i]`.
  public var function: Pointwise
  /// Further operands; lane stride 1 along columns or 0.
  public var operands: [TileRows]

  /// An epilogue.
  public init(_ function: Pointwise, operands: [TileRows]) {
    self.function = function
    self.operands = operands
  }
}

/// What a target instruction multiplies.
public enum TileProducts: String, Hashable, Sendable, CaseIterable {
  /// `f32` by `f32`, summed up as `f32`.
  case reals
  /// `u8` by `i8`, four at a time, summed up as `i32`.
  case bytes

  /// How many numbers of the reduction one step multiplies.
  public var neighbours: Int { self == .reals ? 1 : 4 }

  /// The type of the left operand.
  public var left: ElementType { self == .reals ? .f32 : .u8 }

  /// The type of the right operand of a tile.
  public var right: ElementType { self == .reals ? .f32 : .i8 }

  /// The type of sums.
  public var sum: ElementType { self == .reals ? .f32 : .i32 }
}

/// A target instruction: a small matrix product with all its sums in registers.
///
/// Stands for this nest, with one rounding per multiply-add and `k` running over `reduction`
/// from the outermost level to the innermost:
/// ```
/// for i in 0..<rows, j in 0..<columns:
///   sum = start(j)
///   for k: sum = fma(a[offsets[i] + Σ k·aStride], b[j + Σ k·bStride], sum)
///   if j < storedColumns: output[i][j] = epilogue(sum)
/// ```
/// Steps of bytes add the products of the four numbers at `a` with those at `b`, where `b` holds
/// four for each column.
public struct TileMultiply: Hashable, Sendable {
  /// One level of the reduction.
  public struct Level: Hashable, Sendable {
    /// The number of steps.
    public var extent: Int
    /// The distance of neighbouring steps in the left operand.
    public var aStride: Int
    /// The distance of neighbouring steps in the right operand.
    public var bStride: Int

    /// A level.
    public init(extent: Int, aStride: Int, bStride: Int) {
      self.extent = extent
      self.aStride = aStride
      self.bStride = bStride
    }
  }

  /// Memory that a later tile will read, to be fetched while this one computes.
  public struct Ahead: Hashable, Sendable {
    /// Where to start.
    public var start: Access
    /// The elements to move on with every step of the reduction.
    public var stride: Int
  }

  /// What is multiplied.
  public var products: TileProducts
  /// The left operand, one number per row and step; its offsets count the rows.
  public var a: TileRows
  /// The right operand, `columns` contiguous numbers per step.
  public var b: Access
  /// The width of the tile: what is computed and read from `b`.
  public var columns: Int
  /// How many of the columns are stored and have operands.
  public var storedColumns: Int
  /// From the outermost level to the innermost.
  public var reduction: [Level]
  /// What the sums start from.
  ///
  /// `.columns` holds `columns` numbers, `.output` `storedColumns`.
  public var start: TileStart
  /// Where results go (contiguous columns).
  public var output: TileRows
  /// What happens to the sums before they are stored.
  public var epilogue: TileEpilogue?
  /// What targets may fetch meanwhile; changes nothing but time.
  public var ahead: Ahead?

  /// A tile product.
  public init(
    _ products: TileProducts = .reals, a: TileRows, b: Access, columns: Int, storedColumns: Int,
    reduction: [Level], start: TileStart, output: TileRows, epilogue: TileEpilogue? = nil
  ) {
    self.products = products
    self.a = a
    self.b = b
    self.columns = columns
    self.storedColumns = storedColumns
    self.reduction = reduction
    self.start = start
    self.output = output
    self.epilogue = epilogue
  }

  /// The number of rows.
  public var rows: Int { a.offsets.count }
}

/// A target instruction: weighted sums over windows, channel by channel (depthwise convolution).
///
/// Stands for, with one rounding per multiply-add and `t` running over `taps` in order:
/// ```
/// for i in 0..<points, c in 0..<channels:
///   sum = start(c)
///   for t: sum = fma(input[offsets[i] + taps[t] + c], weights[t·weightStride + c], sum)
///   output[i][c] = epilogue(sum)
/// ```
/// Over bytes, taps come in fours `q`, whose weights lie together:
/// `sum += Σ input[offsets[i] + taps[4t + q] + c] · weights[t·weightStride + 4c + q]`.
public struct WindowMultiply: Hashable, Sendable {
  /// What is multiplied.
  public var products: TileProducts
  /// The input; its offsets count the points.
  public var input: TileRows
  /// The offset of each tap of the window.
  public var taps: [Int]
  /// The weights, `channels` contiguous numbers per tap.
  public var weights: Access
  /// The distance of the weights of neighbouring taps, or fours of taps.
  public var weightStride: Int
  /// The number of channels.
  public var channels: Int
  /// What the sums start from.
  public var start: TileStart
  /// Where results go (contiguous channels).
  public var output: TileRows
  /// What happens to the sums before they are stored.
  public var epilogue: TileEpilogue?

  /// A window product.
  public init(
    _ products: TileProducts = .reals, input: TileRows, taps: [Int], weights: Access,
    weightStride: Int, channels: Int,
    start: TileStart, output: TileRows, epilogue: TileEpilogue? = nil
  ) {
    self.products = products
    self.input = input
    self.taps = taps
    self.weights = weights
    self.weightStride = weightStride
    self.channels = channels
    self.start = start
    self.output = output
    self.epilogue = epilogue
  }
}
