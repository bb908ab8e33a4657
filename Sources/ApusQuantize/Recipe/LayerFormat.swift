internal import ApusIR

/// How a product computes, or how its weights are stored.
public enum LayerFormat: String, Hashable, Sendable, CaseIterable {
  /// As the model has it.
  case float
  /// Integers of 8 bits, the scales of activations known from calibration.
  case integers = "static"
  /// Integers of 8 bits, the scales of activations found at run time.
  case dynamic
  /// Weights of 8 bits, read as real numbers.
  case int8
  /// Weights of 4 bits, read as real numbers.
  case int4
  /// Weights of 2 bits, read as real numbers.
  case int2
  /// Weights of IEEE half precision.
  case fp16
  /// Weights with the exponents of `f32` and 8 bits of precision.
  case bf16
  /// Weights of 8 bits, `f8e4m3fn`, with scales.
  case fp8
  /// Blocks of 32 weights `f8e4m3fn` that share a power of 2 (OCP MX 1.0).
  case mxfp8
  /// Blocks of 32 weights `f4e2m1` that share a power of 2 (OCP MX 1.0).
  case mxfp4

  /// The formats that change nothing but how weights are stored.
  public static let stored: [LayerFormat] = [
    .int8, .int4, .int2, .fp16, .bf16, .fp8, .mxfp8, .mxfp4,
  ]

  /// The bits of a weight, without scales.
  var bits: Int {
    switch self {
    case .float: 32
    case .fp16, .bf16: 16
    case .integers, .dynamic, .int8, .fp8, .mxfp8: 8
    case .int4, .mxfp4: 4
    case .int2: 2
    }
  }

  /// The integers that weights become; `nil` for floats.
  func integers(_ isSymmetric: Bool) -> WeightCode? {
    switch self {
    case .integers, .dynamic: WeightCode(integers: .i8)
    case .int8: WeightCode(integers: isSymmetric ? .i8 : .u8)
    case .int4: WeightCode(integers: isSymmetric ? .i4 : .u4)
    case .int2: WeightCode(integers: isSymmetric ? .i2 : .u2)
    case .float, .fp16, .bf16, .fp8, .mxfp8, .mxfp4: nil
    }
  }
}

/// What a person asks of a quantized model.
public struct QuantizationOptions: Hashable, Sendable {
  /// What products become where nothing else is said.
  public var format = LayerFormat.integers
  /// Whether stored activations have a sign.
  public var signedActivations = false
  /// How ranges of activations are picked; what harms the outputs least when `nil`.
  public var calibrator: Calibrator?
  /// The share in percent that the percentile calibrator keeps.
  public var percentile = 99.999
  /// How weights become integers.
  public var rounding = WeightRounding.mse
  /// The weights of a matrix that share a scale, where they alone are stored; 0 for columns.
  public var block = 32
  /// Whether stored weights have no zero points.
  public var symmetric = true
  /// Which operations take integers; by the kind of network when `nil`.
  public var scope: QuantizationScope?
  /// Whether biases make up for the mean error of each channel on the calibration data; what harms
  /// the outputs least when `nil`.
  public var correctsBias: Bool?
  /// Whether channels of neighbouring convolutions are scaled to like ranges before.
  public var equalizes = false
  /// How much of the range of activations moves into the weights of matrices, from 0 to 1; `nil`
  /// for nothing.
  public var smoothing: Double?
  /// Names of nodes that stay as they are.
  public var excluded: Set<String> = []

  /// The defaults.
  public init() {}

  /// The type of stored activations.
  var activations: ElementType { signedActivations ? .i8 : .u8 }
}
