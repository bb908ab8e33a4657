/// A formula over the elements of pointwise operands, as it is written in an operator's meaning.
///
/// `max(.operand(0), 0)` is the meaning of Relu. A `Pointwise` holds the formula in a flat form.
public indirect enum Scalar: Hashable, Sendable {
  case operand(Int)
  /// A literal of a type; `nil` takes the type of its partner.
  case literal(Literal, ElementType?)
  case unary(UnaryFunction, Scalar)
  case binary(BinaryFunction, Scalar, Scalar)
  case compare(Comparison, Scalar, Scalar)
  case select(Scalar, Scalar, Scalar)
  case convert(Scalar, ElementType)
  /// The same bits as another type of the same width.
  case reinterpret(Scalar, ElementType)
}

extension Scalar: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .literal(.float(value), nil) }
  public init(integerLiteral value: Int) { self = .literal(.integer(value), nil) }

  public static func + (a: Scalar, b: Scalar) -> Scalar { .binary(.add, a, b) }
  public static func - (a: Scalar, b: Scalar) -> Scalar { .binary(.sub, a, b) }
  public static func * (a: Scalar, b: Scalar) -> Scalar { .binary(.mul, a, b) }
  public static func / (a: Scalar, b: Scalar) -> Scalar { .binary(.div, a, b) }
  public static prefix func - (a: Scalar) -> Scalar { .unary(.negate, a) }
  public static func < (a: Scalar, b: Scalar) -> Scalar { .compare(.less, a, b) }
  public static func > (a: Scalar, b: Scalar) -> Scalar { .compare(.greater, a, b) }

  /// A real number as a literal.
  public static func real(_ value: Double) -> Scalar { .literal(.float(value), nil) }
  /// A whole number as a literal.
  public static func integer(_ value: Int) -> Scalar { .literal(.integer(value), nil) }
  /// The larger of two formulas.
  public static func max(_ a: Scalar, _ b: Scalar) -> Scalar { .binary(.max, a, b) }
  /// The smaller of two formulas.
  public static func min(_ a: Scalar, _ b: Scalar) -> Scalar { .binary(.min, a, b) }
  /// The exponential of a formula.
  public static func exp(_ a: Scalar) -> Scalar { .unary(.exp, a) }
}
