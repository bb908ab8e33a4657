/// The type of a tensor value: element type, shape, layout and quantization.
public struct TensorType: Hashable, Sendable {
  /// The type of one element.
  public var element: ElementType
  /// The logical shape.
  public var shape: Shape
  /// How the elements lie in memory.
  public var layout: Layout
  /// What real numbers stored integers stand for; `nil` when they stand for themselves.
  public var quantization: Quantization?

  /// A tensor type.
  public init(
    _ element: ElementType, _ shape: Shape, layout: Layout = .rowMajor,
    quantization: Quantization? = nil
  ) {
    self.element = element
    self.shape = shape
    self.layout = layout
    self.quantization = quantization
  }

  /// A tensor type with constant extents.
  public init(_ element: ElementType, _ extents: [Int]) { self.init(element, Shape(extents)) }

  /// The number of axes.
  public var rank: Int { shape.rank }
}

extension TensorType {
  /// Whether an extent is 2^31 or more, or the known extents alone make more than 2^40 bytes.
  ///
  /// Below these limits, index arithmetic does not overflow.
  package var isTooLarge: Bool {
    let extents = shape.dimensions.compactMap(\.constant)
    let count = extents.contains(0) ? 0 : extents.reduce(1, saturatingMultiply)
    guard extents.allSatisfy({ $0 < 1 << 31 }), let bytes = element.byteCount(of: count) else {
      return true
    }
    return bytes > 1 << 40
  }
}

extension TensorType: CustomStringConvertible {
  /// `tensor<1x8xf32>`, with layout and quantization after a comma when they are not the default.
  public var description: String {
    var text = shape.rank == 0 ? "\(element)" : "\(shape)x\(element)"
    if layout != .rowMajor { text += ", \(layout)" }
    if let quantization { text += ", \(quantization)" }
    return "tensor<\(text)>"
  }
}

/// An affine map from stored integers to real numbers: `real = scale * (stored - zeroPoint)`.
public struct Quantization: Hashable, Sendable, CustomStringConvertible {
  /// The real distance of neighbouring integers; finite and positive.
  public var scale: Float
  /// The integer that stands for zero.
  public var zeroPoint: Int

  /// A per-tensor quantization.
  public init(scale: Float, zeroPoint: Int) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }

  public var description: String { "q(\(scale):\(zeroPoint))" }
}
