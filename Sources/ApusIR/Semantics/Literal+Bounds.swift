extension Literal {
  /// Zero of a type.
  public static func zero(of type: ElementType) -> Literal {
    type.isFloat ? .float(0) : .integer(0)
  }

  /// One of a type.
  public static func one(of type: ElementType) -> Literal {
    type.isFloat ? .float(1) : .integer(1)
  }

  /// What every number of a type is larger than or equal to.
  public static func lowest(of type: ElementType) -> Literal {
    switch type.kind {
    case .float, .complex: .float(-.infinity)
    case .signed: .integer(type.bitWidth == 64 ? .min : -(1 << (type.bitWidth - 1)))
    case .unsigned, .bool, .string: .integer(0)
    }
  }

  /// What every number of a type is smaller than or equal to.
  public static func highest(of type: ElementType) -> Literal {
    switch type.kind {
    case .float, .complex: .float(.infinity)
    case .signed: .integer(type.bitWidth == 64 ? .max : (1 << (type.bitWidth - 1)) - 1)
    case .unsigned: .integer(type.bitWidth == 64 ? -1 : (1 << type.bitWidth) - 1)
    case .bool, .string: .integer(1)
    }
  }
}
