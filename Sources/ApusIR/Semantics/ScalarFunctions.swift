/// A function of one number or string.
public enum UnaryFunction: String, Hashable, Sendable, CaseIterable {
  case negate = "neg"
  case absolute = "abs"
  case sign, sqrt, exp, log, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case erf, sigmoid
  case reciprocal = "recip"
  case floor, ceil
  /// To the nearest integer, ties to even.
  case round
  /// Logical complement of a `bool`, bitwise complement of an integer.
  case not
  case isNaN = "isnan"
  case isInfinite = "isinf"
  /// A string in upper case: Latin, Greek, Cyrillic and Armenian letters one by one.
  case upper
  /// A string in lower case.
  case lower

  /// Whether the result is a `bool` whatever the argument.
  public var isPredicate: Bool { self == .isNaN || self == .isInfinite }

  /// Whether the function is defined on numbers of a type.
  public func isDefined(on type: ElementType) -> Bool {
    switch self {
    case .not: !type.isFloat && type != .string
    case .negate, .absolute, .sign: type != .bool && type != .string
    case .upper, .lower: type == .string
    case .sqrt, .exp, .log, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh,
      .acosh, .atanh, .erf, .sigmoid, .reciprocal, .floor, .ceil, .round, .isNaN, .isInfinite:
      type.isFloat
    }
  }
}

/// A function of two numbers or strings of one type.
public enum BinaryFunction: String, Hashable, Sendable, CaseIterable {
  case add, sub, mul, div
  /// Remainder with the sign of the divisor (Python's `%`).
  case floorMod = "mod"
  /// Remainder with the sign of the dividend (C's `fmod` and `%`).
  case truncatedMod = "fmod"
  case pow, atan2
  /// The smaller number; NaN when either is NaN.
  case min
  /// The larger number; NaN when either is NaN.
  case max
  case and, or, xor
  case shiftLeft = "shl"
  case shiftRight = "shr"
  /// The first string followed by the second one.
  case join
  /// A string up to the first place where the second one, a separator, stands in it.
  ///
  /// An empty separator stands for any run of white space, and such runs are skipped before.
  case head
  /// What follows the head and one separator; empty where there is no separator.
  case tail
  /// How many parts a string has between separators, as `i64`.
  case parts
  /// Whether an automaton, the second string, accepts all of the first one.
  case matches

  /// Whether the function is defined on elements of a type.
  public func isDefined(on type: ElementType) -> Bool {
    switch self {
    case .add, .sub, .mul, .div, .floorMod, .truncatedMod, .pow: type != .bool && type != .string
    case .atan2: type.isFloat
    case .min, .max: type != .string
    case .and, .or, .xor: !type.isFloat && type != .string
    case .shiftLeft, .shiftRight: type.isInteger
    case .join, .head, .tail, .parts, .matches: type == .string
    }
  }

  /// The type of the result, unless it is that of the operands.
  public var fixedResult: ElementType? {
    switch self {
    case .parts: .i64
    case .matches: .bool
    case .add, .sub, .mul, .div, .floorMod, .truncatedMod, .pow, .atan2, .min, .max, .and, .or,
      .xor, .shiftLeft, .shiftRight, .join, .head, .tail:
      nil
    }
  }

  /// Whether swapping the arguments changes nothing.
  public var isCommutative: Bool {
    switch self {
    case .add, .mul, .min, .max, .and, .or, .xor: true
    case .sub, .div, .floorMod, .truncatedMod, .pow, .atan2, .shiftLeft, .shiftRight, .join, .head,
      .tail, .parts, .matches:
      false
    }
  }
}

/// An ordering test of two numbers; false when either is NaN, except for `notEqual`.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
  case equal = "eq"
  case notEqual = "ne"
  case less = "lt"
  case lessOrEqual = "le"
  case greater = "gt"
  case greaterOrEqual = "ge"
}

/// A number, truth value or bit pattern written into the program.
public enum Literal: Hashable, Sendable {
  case float(Double)
  case integer(Int)

  /// The value as a real number.
  public var real: Double {
    switch self {
    case .float(let value): value
    case .integer(let value): Double(value)
    }
  }

  // Bit patterns decide, so that NaN equals itself and -0 differs from 0.
  public static func == (a: Literal, b: Literal) -> Bool {
    switch (a, b) {
    case (.float(let x), .float(let y)): x.bitPattern == y.bitPattern
    case (.integer(let x), .integer(let y)): x == y
    case (.float, .integer), (.integer, .float): false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .float(let value): hasher.combine(value.bitPattern)
    case .integer(let value): hasher.combine(value)
    }
  }
}

extension Literal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .float(let value) where value.isNaN && value.bitPattern != Double.nan.bitPattern:
      "nan(0x\(String(value.bitPattern, radix: 16)))"
    case .float(let value): "\(value)"
    case .integer(let value): "\(value)"
    }
  }
}
