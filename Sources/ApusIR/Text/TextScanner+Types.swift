extension TextScanner {
  /// Shapes with more axes, or more terms when multiplied out, are refused.
  private static let largestRank = 64
  private static let mostTerms = 256

  /// `tensor<1x8xNxf32, order(0,2,1), q(0.5:-3)>`.
  package mutating func tensorType() throws(DiagnosticError) -> TensorType {
    guard accept(word: "tensor") else { throw failure("type expected, such as tensor<1x8xf32>") }
    try expect("<")
    let start = offset
    var dimensions: [Dimension] = []
    var element: ElementType?
    while element == nil {
      if let dimension = try dimensionOrElement(&element) {
        dimensions.append(dimension)
        try expect("x", "after an extent")
      }
      try checkRank(dimensions.count, at: start)
    }
    var type = TensorType(element ?? .f32, try checked(Shape(dimensions), at: start))
    guard !type.isTooLarge else {
      throw failure(
        "the tensor is too large", id: "shape-limit", at: start, category: .limitExceeded)
    }
    while accept(",") { try layoutOrQuantization(of: &type) }
    try expect(">", "after a type")
    return type
  }

  private mutating func layoutOrQuantization(
    of type: inout TensorType
  ) throws(DiagnosticError) {
    skipSpace()
    let start = offset
    if accept("q(") {
      let scale = Float(try number().real)
      try expect(":")
      type.quantization = Quantization(scale: scale, zeroPoint: try integer())
      return try expect(")")
    }
    type.layout = try layout()
    guard type.layout != .rowMajor, type.layout.fits(rank: type.rank) else {
      throw failure("no such layout for rank \(type.rank)", id: "layout", at: start)
    }
  }

  /// An extent, or `nil` and the element type that ends the shape.
  private mutating func dimensionOrElement(
    _ element: inout ElementType?
  ) throws(DiagnosticError) -> Dimension? {
    skipSpace()
    let start = offset
    if let dimension = try bracketedOrConstant() { return dimension }
    let name = shortSymbol()
    if current == UInt8(ascii: "x"), !name.isEmpty { return .symbol(name) }
    element = ElementType(rawValue: name)
    if element == nil {
      throw failure(
        name.isEmpty ? "extent or element type expected" : "unknown element type '\(name)'",
        id: "element-type", at: start,
        help: suggestion(for: name, among: ElementType.allCases.map(\.rawValue)))
    }
    return nil
  }

  /// Extents between `x` until `>`, which stays.
  mutating func shape() throws(DiagnosticError) -> Shape {
    if isNext(">") { return Shape([Int]()) }
    let start = offset
    var dimensions: [Dimension] = []
    repeat {
      skipSpace()
      if let dimension = try bracketedOrConstant() {
        dimensions.append(dimension)
      } else {
        let name = shortSymbol()
        guard !name.isEmpty else { throw failure("extent expected") }
        dimensions.append(.symbol(name))
      }
      try checkRank(dimensions.count, at: start)
    } while accept("x")
    return try checked(Shape(dimensions), at: start)
  }

  private func checkRank(_ rank: Int, at start: Int) throws(DiagnosticError) {
    guard rank > Self.largestRank else { return }
    throw failure(
      "more than \(Self.largestRank) axes", id: "shape-limit", at: start, category: .limitExceeded)
  }

  /// Refuses negative extents and those whose product would not end.
  private func checked(_ shape: Shape, at start: Int) throws(DiagnosticError) -> Shape {
    for dimension in shape.dimensions {
      if let extent = dimension.constant, extent < 0 {
        throw failure("extent \(extent) is negative", id: "negative-extent", at: start)
      }
    }
    let terms = shape.dimensions.reduce(1) { saturatingMultiply($0, max($1.terms.count, 1)) }
    guard terms <= Self.mostTerms else {
      throw failure(
        "the extents have too many terms", id: "shape-limit", at: start, category: .limitExceeded)
    }
    return shape
  }

  private mutating func bracketedOrConstant() throws(DiagnosticError) -> Dimension? {
    if current?.isDigit ?? false { return Dimension(try integer()) }
    guard accept("(") else { return nil }
    let dimension = try dimension()
    try expect(")", "after an extent")
    return dimension
  }

  /// A symbol that needs no brackets: letters, digits and `_`, but no `x`.
  private mutating func shortSymbol() -> String {
    let start = offset
    while let byte = current, byte.isNameByte, !"x.".utf8.contains(byte) { offset += 1 }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// `order(0,2,3,1) halo(2:1:1) fill(128)`; nothing for row-major.
  mutating func layout() throws(DiagnosticError) -> Layout {
    var order: [Int] = []
    var halo: [Layout.Halo] = []
    if accept("order(") {
      order = try list(until: ")") { (s: inout Self) throws(DiagnosticError) in try s.integer() }
    }
    if accept("halo(") {
      halo = try list(until: ")") { (s: inout Self) throws(DiagnosticError) in try s.halo() }
    }
    var fill = 0
    if accept("fill(") {
      fill = try integer()
      try expect(")", "after what a halo holds")
    }
    return Layout(order: order, halo: halo, fill: fill)
  }

  private mutating func halo() throws(DiagnosticError) -> Layout.Halo {
    let axis = try integer()
    try expect(":")
    let before = try integer()
    try expect(":")
    return Layout.Halo(axis: axis, before: before, after: try integer())
  }
}
