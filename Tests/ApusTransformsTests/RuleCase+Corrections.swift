extension RuleCase {
  /// `%x - %z` of eight columns, where a number of type `zero` is taken off.
  private static func moving(zero: String, right: String = "const: 8x3xi8") -> String {
    """
    x: 2x8xu8, z: \(zero), \(right) | \
    %a = map %x, %z {f = (a: u8, b: u8) sub(i16(a), i16(b))} : tensor<2x8xi16>
    %c = matmul %a, %\(right.prefix { $0 != ":" }) : tensor<2x3xi32>
    out %c: 2x3xi32
    """
  }

  private static func image(
    zero: String = "u8", filters: String = "3x2x3x3", result: String = "1x3x2x4",
    window: String = "extents = [3, 3], before = [1, 1], after = [1, 1], strides = [2, 1]"
  ) -> String {
    """
    x: 1x2x4x4xu8, z: \(zero), const: \(filters)xi8 | \
    %a = map %x, %z {f = (a: u8, b: u8) sub(i16(a), i16(b))} : tensor<1x2x4x4xi16>
    %c = conv %a, %const {\(window)} : tensor<\(result)xi32>
    out %c: \(result)xi32
    """
  }

  static let corrections: [RuleCase] = [
    RuleCase(
      rule("moving-zero"),
      fires: [
        moving(zero: "u8"), moving(zero: "2x1xu8"), moving(zero: "u8", right: "w: 8x3xi8"),
        """
        x: 2x3x8xu8, z: u8, const: 2x8x3xi8 | \
        %a = map %x, %z {f = (a: u8, b: u8) sub(i16(a), i16(b))} : tensor<2x3x8xi16>
        %c = matmul %a, %const : tensor<2x3x3xi32>
        out %c: 2x3x3xi32
        """,
      ],
      stays: [
        // One zero point for each step of the sum.
        moving(zero: "8xu8"),
        // The right operand becomes i8 first.
        moving(zero: "u8", right: "w: 8x3xu8"),
      ]),
    RuleCase(
      rule("moving-zero-of-image"),
      fires: [
        image(),
        image(
          filters: "4x1x3x3", result: "1x4x2x2", window: "extents = [3, 3], groups = 2"),
      ],
      stays: [image(zero: "1x2x1x1xu8")]),
    RuleCase(
      rule("computed-bytes"),
      fires: [
        "x: 2x8xu8, w: 8x3xu8 | %c = matmul %x, %w : tensor<2x3xi32>\nout %c: 2x3xi32",
        """
        x: 2x8xu8, w: 8x3xi8 | %a = map %w {f = (a: i8) sub(i16(a), 2:i16)} : tensor<8x3xi16>
        %c = matmul %x, %a {zero = 5} : tensor<2x3xi32>
        out %c: 2x3xi32
        """,
        // Exactly what bytes with a sign are.
        """
        x: 2x8xu8, w: 8x3xu8 | %a = map %w {f = (a: u8) sub(i16(a), 128:i16)} : tensor<8x3xi16>
        %c = matmul %x, %a : tensor<2x3xi32>
        out %c: 2x3xi32
        """,
        """
        x: 4x2x8xu8, w: 4x8x3xu8, v: 4x1x3xu8 | \
        %a = map %w, %v {f = (a: u8, b: u8) sub(i16(a), i16(b))} : tensor<4x8x3xi16>
        %c = matmul %x, %a {zero = 5} : tensor<4x2x3xi32>
        out %c: 4x2x3xi32
        """,
      ],
      stays: [
        "x: 2x8xu8, w: 8x3xi8 | %c = matmul %x, %w : tensor<2x3xi32>\nout %c: 2x3xi32",
        // One zero point for each step of the sum.
        """
        x: 2x8xu8, w: 8x3xu8, v: 8x1xu8 | \
        %a = map %w, %v {f = (a: u8, b: u8) sub(i16(a), i16(b))} : tensor<8x3xi16>
        %c = matmul %x, %a : tensor<2x3xi32>
        out %c: 2x3xi32
        """,
        // A constant soon.
        """
        x: 2x8xu8, const: 8x3xu8 | %a = map %const {f = (a: u8) sub(i16(a), 2:i16)} : \
        tensor<8x3xi16>
        %c = matmul %x, %a : tensor<2x3xi32>
        out %c: 2x3xi32
        """,
      ]),
    RuleCase(
      rule("wide-weights"),
      fires: [
        """
        x: 3x2xu8 | %w = constant 0xff000100fdff000038ff0500 : tensor<2x3xi16>
        %c = matmul %x, %w {zero = 3} : tensor<3x3xi32>
        out %c: 3x3xi32
        """,
        """
        x: 1x2x3x3xu8 | %w = constant 0xff0001007eff38ff : tensor<2x1x1x2xi16>
        %c = conv %x, %w {extents = [1, 2], after = [0, 1], groups = 2, zero = 3} : \
        tensor<1x2x3x3xi32>
        out %c: 1x2x3x3xi32
        """,
      ],
      stays: [
        // No byte holds both.
        """
        x: 3x2xu8 | %w = constant 0xff00ffff : tensor<2x1xi16>
        %c = matmul %x, %w : tensor<3x1xi32>
        out %c: 3x1xi32
        """,
        // Two filters in each of two groups.
        """
        x: 1x2x3x3xu8 | \
        %w = constant 0xff00010002000300 : tensor<4x1x1x1xi16>
        %c = conv %x, %w {extents = [1, 1], groups = 2} : tensor<1x4x3x3xi32>
        out %c: 1x4x3x3xi32
        """,
      ]),
    RuleCase(
      rule("narrow-weights"),
      fires: [
        "x: 2x8xu8, const: 8x3xu8 | %c = matmul %x, %const : tensor<2x3xi32>\nout %c: 2x3xi32"
      ],
      stays: ["x: 2x8xu8, z: 8x3xu8 | %c = matmul %x, %z : tensor<2x3xi32>\nout %c: 2x3xi32"]),
  ]
}
