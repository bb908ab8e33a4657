import ApusIR

@testable import ApusTransforms

extension RuleCase {
  /// A map of two rows of numbers through a formula.
  private static func formula(_ text: String, _ type: String = "f32") -> String {
    """
    x: 64x\(type), z: 64x\(type) | %a = map %x, %z {f = (a: \(type), b: \(type)) \(text)} : \
    tensor<64x\(type)>
    out %a: 64x\(type)
    """
  }

  static let arithmetic: [RuleCase] = [
    RuleCase(
      rule("literal-operand"),
      fires: [
        """
        x: 2x3xf32, const: f32 | %a = map %x, %const {f = (a: f32, b: f32) sub(b, a)} : \
        tensor<2x3xf32>
        out %a: 2x3xf32
        """,
        """
        x: 3xi64, const: 1xi64 | %a = map %const, %x {f = (a: i64, b: i64) mul(a, b)} : \
        tensor<3xi64>
        out %a: 3xi64
        """,
        """
        x: 3xi8, const: i8 | %a = map %const, %x {f = (a: i8, b: i8) \
        sub(i32(a), i32(b))} : tensor<3xi32>
        out %a: 3xi32
        """,
        """
        x: 3xf64, const: 1xbool | %a = map %const, %x {f = (a: bool, b: f64) \
        select(a, b, neg(b))} : tensor<3xf64>
        out %a: 3xf64
        """,
      ],
      stays: [
        // The constant gives the shape.
        """
        x: f32, const: 1x1xf32 | %a = map %x, %const {f = (a: f32, b: f32) add(a, b)} : \
        tensor<1x1xf32>
        out %a: 1x1xf32
        """,
        // The operand that gives the shape is not read.
        """
        x: 4xf32, z: f32, const: 1xf32 | %a = map %x, %z, %const {f = (a: f32, b: f32, c: f32) \
        add(b, c)} : tensor<4xf32>
        out %a: 4xf32
        """,
        // More than one number; not constant; alone.
        """
        x: 3xf32, const: 3xf32, z: 1xf32, const2: 1xf32 | %a = map %x, %const, %z {f = (a: f32, \
        b: f32, c: f32) add(add(a, b), c)} : tensor<3xf32>
        %b = map %const2 {f = (a: f32) exp(a)} : tensor<1xf32>
        out %a: 3xf32
        out %b: 1xf32
        """,
      ]),
    RuleCase(
      rule("identity-map"),
      fires: ["x: 3xf32 | %a = map %x {f = (a: f32) a} : tensor<3xf32>\nout %a: 3xf32"],
      stays: [
        "x: 3xf32 | %a = map %x {f = (a: f32) i64(a)} : tensor<3xi64>\nout %a: 3xi64",
        """
        x: 3xf32, z: 2x3xf32 | %a = map %x, %z {f = (a: f32, b: f32) a} : tensor<2x3xf32>
        out %a: 2x3xf32
        """,
      ]),
    RuleCase(
      rule("simpler-formula"),
      fires: [
        "add(mul(a, 1.0:f32), mul(1.0:f32, b))", "div(exp(a), 1.0:f32)", "sub(a, 0.0:f32)",
        "div(a, 4.0:f32)", "div(a, -0.5:f32)", "mul(div(a, 8.0:f32), b)", "pow(a, 1.0:f32)",
        "mul(a, f32(-3:i8))", "f32(add(i32(a), i32(200:u8)))",
        // Clamped numbers, NaN among them.
        "f32(i32(i8(max(min(mul(a, 300.0:f32), 127.0:f32), -128.0:f32))))",
        "f32(i32(u8(max(min(div(b, sub(a, a)), 9.0:f32), 0.0:f32))))",
      ].map { formula($0) } + [formula("mul(a, 1:i64)", "i64"), formula("div(a, 1:i64)", "i64")],
      stays: [
        // Numbers that the narrow type does not hold.
        "f32(i32(i8(max(min(a, 128.0:f32), -128.0:f32))))",
        "f32(i32(u8(max(min(a, 255.0:f32), -1.0:f32))))", "f32(i32(i8(min(a, 127.0:f32))))",
        "f32(i32(i8(max(min(a, 0.0:f32), 1000.0:f32))))", "add(a, f32(16777217:i32))",
        "add(a, 0.0:f32)", "sub(a, -0.0:f32)", "mul(a, 2.0:f32)", "div(a, 3.0:f32)",
        "div(a, 0.0:f32)", "pow(a, 4.0:f32)", "div(1.0:f32, b)", "sub(0.0:f32, a)",
      ].map { formula($0) } + [formula("div(a, 2:i64)", "i64")]),
    RuleCase(
      rule("simpler-formula"), rounding,
      fires: [
        "pow(a, 2.0:f32)", "pow(a, 3.0:f32)", "pow(a, 0.5:f32)", "pow(a, -1.0:f32)",
        // Of infinities, and the sign of the root of zeros.
        "pow(mul(a, -inf:f32), 0.5:f32)", "div(1.0:f32, pow(mul(a, -0.0:f32), 0.5:f32))",
      ].map { formula($0) },
      stays: [formula("pow(2.0:f32, a)"), formula("pow(a, b)")]),
  ]

  static let fusion: [RuleCase] = [
    RuleCase(
      .composeMaps,
      fires: [
        """
        x: 3xf32, z: 2x3xf32 | %a = map %z, %x {f = (a: f32, b: f32) sub(a, b)} : tensor<2x3xf32>
        %b = map %x, %a {f = (a: f32, b: f32) div(exp(a), b)} : tensor<2x3xf32>
        out %b: 2x3xf32
        """,
        """
        x: 3xf32 | %a = map %x {f = (a: f32) gt(a, 0.0:f32)} : tensor<3xbool>
        %b = map %a, %x {f = (a: bool, b: f32) select(a, b, exp(b))} : tensor<3xf32>
        out %b: 3xf32
        """,
      ],
      stays: [
        // Two uses; an output.
        """
        x: 3xf32 | %a = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %b = map %a, %a {f = (a: f32, b: f32) add(a, b)} : tensor<3xf32>
        out %b: 3xf32
        """,
        """
        x: 3xf32 | %a = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %b = map %a {f = (a: f32) neg(a)} : tensor<3xf32>
        out %a: 3xf32
        out %b: 3xf32
        """,
        // Another shape.
        """
        x: 3xf32, z: 2x3xf32 | %a = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %b = map %a, %z {f = (a: f32, b: f32) sub(a, b)} : tensor<2x3xf32>
        out %b: 2x3xf32
        """,
        // The shape comes from an operand that is not read.
        """
        x: 3xf32, z: f32 | %a = map %x {f = (a: f32) 2.0:f32} : tensor<3xf32>
        %b = map %a, %z {f = (a: f32, b: f32) sub(a, b)} : tensor<3xf32>
        out %b: 3xf32
        """,
        """
        x: 3xf32, z: f32 | %a = map %x {f = (a: f32) exp(a)} : tensor<3xf32>
        %b = map %a, %z {f = (a: f32, b: f32) exp(b)} : tensor<3xf32>
        out %b: 3xf32
        """,
      ]),
    RuleCase(
      .fuseEpilogue, rounding,
      fires: [
        epilogue("matmul %x, %z", "2x3x4xf32", "4x5xf32", "2x3x5xf32"),
        epilogue("softmax %x {axis = 1}", "2x3x4xf32", "f32", "2x3x4xf32"),
        epilogue("normalize %x {axis = 1, epsilon = 1e-5}", "2x3x4xf32", "f32", "2x3x4xf32"),
        epilogue("pool %x {kind = max, extents = [2, 2]}", "1x2x4x5xf32", "f32", "1x2x3x4xf32"),
        epilogue("reduce %x {kind = sum, axes = [0, 1]}", "2x3x4xf32", "f32", "1x1x4xf32"),
        epilogue(
          "conv %x, %z {extents = [3, 2], before = [1, 0]}", "1x2x4x5xf32", "3x2x3x2xf32",
          "1x3x3x4xf32"),
        """
        x: 2x3xf32, z: 2x1xi64 | %a = arg_reduce %x {kind = max, axis = 1} : tensor<2x1xi64>
        %b = map %z, %a {f = (a: i64, b: i64) sub(a, b)} : tensor<2x1xi64>
        out %b: 2x1xi64
        """,
        // Two candidates: the convolution is the better root.
        """
        x: 1x2x3x3xf32, z: 2x2x1x1xf32 | %a = softmax %x {axis = 1} : tensor<1x2x3x3xf32>
        %b = conv %x, %z {extents = [1, 1]} : tensor<1x2x3x3xf32>
        %c = map %a, %b {f = (a: f32, b: f32) sub(a, b)} : tensor<1x2x3x3xf32>
        out %c: 1x2x3x3xf32
        """,
      ],
      stays: [
        """
        x: 2x3xf32, z: 3x2xf32 | %a = matmul %x, %z : tensor<2x2xf32>
        %b = map %a, %a {f = (a: f32, b: f32) mul(a, b)} : tensor<2x2xf32>
        out %b: 2x2xf32
        """,
        """
        x: 1x3xf32, z: 3x2xf32, w: 4x2xf32 | %a = matmul %x, %z : tensor<1x2xf32>
        %b = map %a, %w {f = (a: f32, b: f32) mul(a, b)} : tensor<4x2xf32>
        out %b: 4x2xf32
        """,
        """
        x: 2x3xf32 | %a = concat %x, %x {axis = 1} : tensor<2x6xf32>
        %b = map %a {f = (a: f32) exp(a)} : tensor<2x6xf32>
        out %b: 2x6xf32
        """,
        """
        x: 2x3xf32, z: 2x3xf32 | %a = softmax %x {axis = 1} : tensor<2x3xf32>
        %b = map %a, %z {f = (a: f32, b: f32) exp(b)} : tensor<2x3xf32>
        out %b: 2x3xf32
        """,
      ]),
  ]

  /// An operation and a map that follows it.
  private static func epilogue(
    _ root: String, _ x: String, _ z: String, _ result: String
  ) -> String {
    """
    x: \(x), z: \(z), w: \(result) | %a = \(root) : tensor<\(result)>
    %b = map %w, %a {f = (a: f32, b: f32) max(sub(a, b), b)} : tensor<\(result)>
    out %b: \(result)
    """
  }

  static let scales: [RuleCase] = [
    RuleCase(
      rule("scale-into-conv"), rounding,
      fires: [
        scaled("3x1x1xf32", "add(mul(a, b), c)"), scaled("1x3x1x1xf32", "add(c, mul(b, a))"),
        scaled("1x1x1xf32", "exp(mul(a, b))"),
        scaled("3x1x1xf32", "exp(mul(b, add(c, a)))", addend: "const2"),
      ],
      stays: [
        scaled("3x1x1xf32", "add(mul(a, b), a)"), scaled("3x1x1xf32", "add(mul(a, b), b)"),
        scaled("3x1x1xf32", "add(mul(a, exp(b)), c)"), scaled("3x1x1xf32", "div(a, b)"),
        scaled("5x1xf32", "mul(a, b)"), scaled("1x3x5x1xf32", "mul(a, b)"),
        scaled("3x1x1xf32", "mul(add(a, c), b)"), scaled("3x1x1xf32", "mul(add(a, b), c)"),
        scaled("3x1x1xf32", "mul(add(a, c), add(b, c))", addend: "const2"),
        scaled("3x1x1xf32", "mul(a, b)", scale: "s"),
        scaled("3x1x1xf32", "mul(a, b)", weights: "w"),
        scaled("3x1x1xf32", "mul(a, b)") + "\nout %a: 1x3x5x4xf32",
      ]),
    RuleCase(
      rule("scale-into-matmul"), rounding,
      fires: [
        columns("4xf32", "add(mul(a, b), c)"), columns("1x1x4xf32", "mul(b, a)"),
        columns("1xf32", "exp(mul(a, b))"), columns("f32", "mul(a, b)"),
        columns("4xf32", "max(mul(add(a, c), b), 0.0:f32)"), columns("f32", "mul(add(c, a), b)"),
      ],
      stays: [
        columns("5x1xf32", "mul(a, b)"), columns("2x1x1xf32", "mul(a, b)"),
        columns("4xf32", "add(mul(a, b), a)"), columns("4xf32", "mul(sub(a, c), b)"),
        columns("4xf32", "mul(a, b)", scale: "s"), columns("4xf32", "mul(a, b)", weights: "w"),
        columns("4xf32", "mul(a, b)") + "\nout %a: 2x5x4xf32",
        columns("4xf32", "mul(a, b)") + "\nout %const0: 3x4xf32",
      ]),
  ]

  private static func columns(
    _ type: String, _ formula: String, scale: String = "const1", weights: String = "const0"
  ) -> String {
    """
    x: 2x5x3xf32, \(weights): 3x4xf32, \(scale): \(type), const2: 4xf32 | \
    %a = matmul %x, %\(weights) : tensor<2x5x4xf32>
    %b = map %a, %\(scale), %const2 \
    {f = (a: f32, b: f32, c: f32) \(formula)} : tensor<2x5x4xf32>
    out %b: 2x5x4xf32
    """
  }

  private static func scaled(
    _ type: String, _ formula: String, scale: String = "const1", weights: String = "const0",
    addend: String = "z"
  ) -> String {
    """
    x: 1x2x5x4xf32, \(weights): 3x2x1x1xf32, \(scale): \(type), \(addend): 1xf32 | \
    %a = conv %x, %\(weights) {extents = [1, 1]} : tensor<1x3x5x4xf32>
    %b = map %a, %\(scale), %\(addend) \
    {f = (a: f32, b: f32, c: f32) \(formula)} : tensor<1x3x5x4xf32>
    out %b: 1x3x5x4xf32
    """
  }
}
