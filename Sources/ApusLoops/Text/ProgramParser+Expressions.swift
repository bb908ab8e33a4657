internal import ApusIR

extension ProgramParser {
  /// `b0[4*i0+1]`, `b0[4*i0..]` or `b0[4*i0.. by 8]`.
  mutating func access() throws(DiagnosticError) -> Access {
    let buffer = try bufferID()
    try scanner.expect("[")
    let index = try index()
    var stride = 0
    if scanner.accept("..") { stride = scanner.accept(word: "by") ? try scanner.integer() : 1 }
    try scanner.expect("]")
    return Access(buffer, index, laneStride: stride)
  }

  mutating func indexOperation() throws(DiagnosticError) -> IndexOperation {
    if scanner.accept("clamp(") {
      let access = try access()
      try scanner.expect(",")
      let extent = try scanner.dimension()
      try scanner.expect(")")
      return .load(access, extent: extent)
    }
    if scanner.accept("floordiv(") {
      let index = try index()
      return .quotient(index, try second())
    }
    if scanner.accept("mod(") {
      let index = try index()
      return .remainder(index, try second())
    }
    return .affine(try index())
  }

  /// `, number)`.
  private mutating func second() throws(DiagnosticError) -> Int {
    try scanner.expect(",")
    let number = try scanner.integer()
    try scanner.expect(")")
    return number
  }

  /// A sum such as `4*i0-i1+3`.
  private mutating func index() throws(DiagnosticError) -> Index {
    let place = scanner.offset
    var sum = try summand()
    var count = 1
    while scanner.accept("+") || scanner.isNext("-") {
      sum = sum + (try summand())
      count += 1
      guard count <= 64 else {
        throw scanner.failure(
          "so many terms", id: "index-limit", at: place, category: .limitExceeded)
      }
    }
    return sum
  }

  private mutating func summand() throws(DiagnosticError) -> Index {
    let sign = scanner.accept("-") ? -1 : 1
    if scanner.isNext("i") { return Index(IndexVariable(try number(after: "i"))) * sign }
    if scanner.accept("(") {
      let factor = try scanner.dimension() * Dimension(sign)
      try scanner.expect(")", "after an extent")
      guard scanner.accept("*") else { return Index(factor) }
      return Index(IndexVariable(try number(after: "i"))) * factor
    }
    let factor = try scanner.smallInteger() * sign
    guard scanner.accept("*") else { return Index(factor) }
    return Index(IndexVariable(try number(after: "i"))) * factor
  }

  // MARK: Expressions

  mutating func expression() throws(DiagnosticError) -> Expression {
    scanner.skipSpace()
    let place = scanner.offset
    if scanner.current?.isDigit ?? false || scanner.isNext("-") { return try literal() }
    guard let word = scanner.word() else { throw scanner.failure("expression expected") }
    if word == "inf" || word == "nan" {
      scanner.offset = place
      return try literal()
    }
    if scanner.current == UInt8(ascii: "[") {
      scanner.offset = place
      return .load(try access())
    }
    guard scanner.accept("(") else { return .register(try register(word, at: place)) }
    try scanner.enter()
    defer { scanner.leave() }
    return try call(word, at: place)
  }

  private mutating func literal() throws(DiagnosticError) -> Expression {
    let literal = try scanner.number()
    try scanner.expect(":", "after a number")
    return .literal(literal, try scanner.elementType())
  }

  private func register(_ word: String, at place: Int) throws(DiagnosticError) -> Register {
    guard word.hasPrefix("r"), let number = Int(word.dropFirst()), let known = registers[number]
    else { throw scanner.failure("'\(word)' is not defined", id: "undefined-name", at: place) }
    return known
  }

  /// What follows `name(`.
  private mutating func call(_ name: String, at place: Int) throws(DiagnosticError) -> Expression {
    if name == "index" {
      let index = try index()
      try scanner.expect(")")
      return .index(index)
    }
    var arguments: [Expression] = []
    repeat { arguments.append(try expression()) } while scanner.accept(",")
    try scanner.expect(")")
    guard let result = Expression(name, arguments) else {
      throw scanner.failure(
        "no function '\(name)' of \(arguments.count) arguments", id: "unknown-function", at: place)
    }
    return result
  }
}

extension TextScanner {
  /// An integer whose sums and multiples do not overflow.
  mutating func smallInteger() throws(DiagnosticError) -> Int {
    skipSpace()
    let place = offset
    let value = try integer()
    guard (-(1 << 44)...1 << 44).contains(value) else {
      throw failure("so large an index", id: "index-limit", at: place, category: .limitExceeded)
    }
    return value
  }
}

extension Expression {
  /// The function called `name` in the text form.
  fileprivate init?(_ name: String, _ arguments: [Expression]) {
    let (a, b, c) = (
      arguments.first, arguments.dropFirst().first, arguments.dropFirst(2).first
    )
    switch arguments.count {
    case 1:
      guard let a, let function = Expression(unary: name, a) else { return nil }
      self = function
    case 2:
      guard let a, let b else { return nil }
      if let function = BinaryFunction(rawValue: name) {
        self = .binary(function, a, b)
      } else if let test = Comparison(rawValue: name) {
        self = .compare(test, a, b)
      } else {
        return nil
      }
    case 3:
      guard let a, let b, let c, name == "select" || name == "fma" else { return nil }
      self = name == "select" ? .select(a, b, c) : .fused(a, b, c)
    default: return nil
    }
  }

  private init?(unary name: String, _ a: Expression) {
    if let function = UnaryFunction(rawValue: name) {
      self = .unary(function, a)
    } else if let type = ElementType(rawValue: name) {
      self = .convert(a, type)
    } else if let middle = name.firstRange(of: "_as_"),
      let from = ElementType(rawValue: String(name[..<middle.lowerBound])),
      let to = ElementType(rawValue: String(name[middle.upperBound...])),
      from.memoryBytes(of: 1) == to.memoryBytes(of: 1)
    {
      self = .reinterpret(a, from: from, to: to)
    } else if name.hasPrefix("across_"), case .register(let register) = a,
      let function = BinaryFunction(rawValue: String(name.dropFirst(7)))
    {
      self = .across(function, register)
    } else {
      return nil
    }
  }
}
