import ApusIR
import ApusRuntime

@testable import ApusTransforms

extension RuleCase {
  /// What `%x`, bytes of shape 2x8, and constant weights of shape 8x3 stand for.
  private static func coded(_ last: String, zero: Int = 3, weights: String = "const: 8x3xi8")
    -> String
  {
    """
    x: 2x8xu8, \(weights) | \
    %a = map %x {f = (a: u8) mul(f32(sub(i32(a), \(zero):i32)), 0.5:f32)} : tensor<2x8xf32>
    \(last)
    """
  }

  private static let product = """
    %b = map %const {f = (a: i8) mul(f32(i32(a)), 0.25:f32)} : tensor<8x3xf32>
    %c = matmul %a, %b : tensor<2x3xf32>
    out %c: 2x3xf32
    """

  static let integers: [RuleCase] = [
    RuleCase(
      rule("integer-product"), rounding,
      fires: [
        coded(product),
        // One factor for each filter; the zero point is what windows read outside.
        """
        x: 1x2x4x4xu8, const: 3x2x3x3xi8, const2: 3x1x1x1xf32 | \
        %a = map %x {f = (a: u8) mul(f32(sub(i32(a), 1:i32)), 0.5:f32)} : tensor<1x2x4x4xf32>
        %b = map %const, %const2 {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<3x2x3x3xf32>
        %c = conv %a, %b {extents = [3, 3], before = [1, 1], after = [1, 1]} : \
        tensor<1x3x4x4xf32>
        out %c: 1x3x4x4xf32
        """,
        // Weights that are computed.
        coded(product.replacing("%const", with: "%z"), weights: "z: 8x3xi8"),
      ],
      stays: [
        // Factors along the reduction cannot move out of the sum.
        coded(
          """
          %b = map %const, %const2 {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<8x3xf32>
          %c = matmul %a, %b : tensor<2x3xf32>
          out %c: 2x3xf32
          """, weights: "const: 8x3xi8, const2: 8x1xf32"),
        // Filters that are computed.
        """
        x: 1x2x4x4xu8, z: 3x2x3x3xi8 | \
        %a = map %x {f = (a: u8) mul(f32(sub(i32(a), 1:i32)), 0.5:f32)} : tensor<1x2x4x4xf32>
        %b = map %z {f = (a: i8) mul(f32(i32(a)), 0.25:f32)} : tensor<3x2x3x3xf32>
        %c = conv %a, %b {extents = [3, 3]} : tensor<1x3x2x2xf32>
        out %c: 1x3x2x2xf32
        """,
      ]),
    RuleCase(
      rule("block-product"),
      fires: [
        """
        x: 2x64xf32, const: 64x64xi8, const2: 64xf32 | \
        %a = map %const, %const2 {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<64x64xf32>
        %c = matmul %x, %a : tensor<2x64xf32>
        out %c: 2x64xf32
        """,
        // Many rows.
        """
        x: 256x64xf32, const: 64x64xi8, const2: 64xf32 | \
        %a = map %const, %const2 {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<64x64xf32>
        %c = matmul %x, %a : tensor<256x64xf32>
        out %c: 256x64xf32
        """,
        // Blocks of 16 columns before the transpose, cut at the end.
        """
        x: 1x1x60xf32, const: 70x64xu4, const2: 70x4xf32, const3: 70x4xu4 | \
        %s = reshape %const2 {shape = <70x4x1>} : tensor<70x4x1xf32>
        %t = broadcast %s {shape = <70x4x16>} : tensor<70x4x16xf32>
        %u = reshape %t {shape = <70x64>} : tensor<70x64xf32>
        %v = reshape %const3 {shape = <70x4x1>} : tensor<70x4x1xu4>
        %w = broadcast %v {shape = <70x4x16>} : tensor<70x4x16xu4>
        %z = reshape %w {shape = <70x64>} : tensor<70x64xu4>
        %a = map %const, %u, %z {f = (a: u4, b: f32, c: u4) mul(f32(sub(i32(a), i32(c))), b)} : \
        tensor<70x64xf32>
        %d = slice %a {starts = [0, 0], steps = [1, 1], shape = <70x60>} : tensor<70x60xf32>
        %e = transpose %d {permutation = [1, 0]} : tensor<60x70xf32>
        %c = matmul %x, %e : tensor<1x1x70xf32>
        out %c: 1x1x70xf32
        """,
      ],
      stays: [
        // One factor for each row.
        """
        x: 2x64xf32, const: 64x64xi8, const2: 64x1xf32 | \
        %a = map %const, %const2 {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<64x64xf32>
        %c = matmul %x, %a : tensor<2x64xf32>
        out %c: 2x64xf32
        """,
        // Weights that are not constant.
        """
        x: 2x64xf32, z: 64x64xi8, const2: 64xf32 | \
        %a = map %z, %const2 {f = (a: i8, b: f32) mul(f32(i32(a)), b)} : tensor<64x64xf32>
        %c = matmul %x, %a : tensor<2x64xf32>
        out %c: 2x64xf32
        """,
      ]),
    RuleCase(
      rule("zero-into-product"),
      fires: [
        """
        x: 2x8xu8, const: 8x3xi8 | %a = map %x {f = (a: u8) sub(i16(a), 2:i16)} : tensor<2x8xi16>
        %c = matmul %a, %const : tensor<2x3xi32>
        out %c: 2x3xi32
        """
      ],
      stays: [
        """
        x: 2x8xu8, const: 8x3xi8 | %a = map %x {f = (a: u8) add(i16(a), 2:i16)} : tensor<2x8xi16>
        %c = matmul %a, %const : tensor<2x3xi32>
        out %c: 2x3xi32
        """
      ]),
    RuleCase(
      rule("integer-addend"), rounding,
      fires: [
        """
        x: 2x3xi32, const: 3xi32 | %a = map %x {f = (a: i32) mul(f32(a), 0.5:f32)} : \
        tensor<2x3xf32>
        %b = map %const {f = (a: i32) mul(f32(a), 0.5:f32)} : tensor<3xf32>
        %c = map %a, %b {f = (a: f32, b: f32) add(a, b)} : tensor<2x3xf32>
        out %c: 2x3xf32
        """
      ],
      stays: [
        // Another factor.
        """
        x: 2x3xi32, const: 3xi32 | %a = map %x {f = (a: i32) mul(f32(a), 0.5:f32)} : \
        tensor<2x3xf32>
        %b = map %const {f = (a: i32) mul(f32(a), 0.25:f32)} : tensor<3xf32>
        %c = map %a, %b {f = (a: f32, b: f32) add(a, b)} : tensor<2x3xf32>
        out %c: 2x3xf32
        """
      ]),
    RuleCase(
      rule("view-of-code"),
      fires: [
        coded("%b = transpose %a {permutation = [1, 0]} : tensor<8x2xf32>\nout %b: 8x2xf32"),
        """
        x: 1x2x4x4xi8 | \
        %a = map %x {f = (a: i8) mul(f32(sub(i32(a), 1:i32)), 0.5:f32)} : tensor<1x2x4x4xf32>
        %b = pool %a {kind = max, extents = [2, 2]} : tensor<1x2x3x3xf32>
        out %b: 1x2x3x3xf32
        """,
      ],
      stays: [
        // The largest number is the smallest integer.
        """
        x: 1x2x4x4xi8 | \
        %a = map %x {f = (a: i8) mul(f32(sub(i32(a), 1:i32)), -0.5:f32)} : tensor<1x2x4x4xf32>
        %b = pool %a {kind = max, extents = [2, 2]} : tensor<1x2x3x3xf32>
        out %b: 1x2x3x3xf32
        """
      ]),
    RuleCase(
      rule("view-of-flip"),
      fires: [
        """
        x: 2x3xu8 | %a = map %x {f = (a: u8) i8(sub(i32(a), 128:i32))} : tensor<2x3xi8>
        %b = transpose %a {permutation = [1, 0]} : tensor<3x2xi8>
        out %b: 3x2xi8
        """
      ],
      stays: [
        """
        x: 2x3xu8 | %a = map %x {f = (a: u8) i8(sub(i32(a), 127:i32))} : tensor<2x3xi8>
        %b = transpose %a {permutation = [1, 0]} : tensor<3x2xi8>
        out %b: 3x2xi8
        """
      ]),
    RuleCase(
      rule("sum-of-code"), rounding,
      fires: [
        """
        x: 1x2x4x4xu8 | \
        %a = map %x {f = (a: u8) mul(f32(sub(i32(a), 1:i32)), 0.5:f32)} : tensor<1x2x4x4xf32>
        %b = pool %a {kind = sum, extents = [2, 3]} : tensor<1x2x3x2xf32>
        out %b: 1x2x3x2xf32
        """
      ],
      stays: [
        // Windows at the border have fewer terms.
        """
        x: 1x2x4x4xu8 | \
        %a = map %x {f = (a: u8) mul(f32(sub(i32(a), 1:i32)), 0.5:f32)} : tensor<1x2x4x4xf32>
        %b = pool %a {kind = sum, extents = [2, 2], before = [1, 0]} : tensor<1x2x4x3xf32>
        out %b: 1x2x4x3xf32
        """
      ]),
    RuleCase(
      rule("code-of-code"),
      fires: [
        coded(
          """
          %b = map %a {f = (a: f32) u8(max(min(add(round(div(a, 0.5:f32)), 3.0:f32), \
          255.0:f32), 0.0:f32))} : tensor<2x8xu8>
          out %b: 2x8xu8
          """)
      ],
      stays: [
        // Another zero point.
        coded(
          """
          %b = map %a {f = (a: f32) u8(max(min(add(round(div(a, 0.5:f32)), 4.0:f32), \
          255.0:f32), 0.0:f32))} : tensor<2x8xu8>
          out %b: 2x8xu8
          """)
      ]),
    RuleCase(
      rule("unsigned-code"),
      fires: [
        """
        x: 2x8xf32 | %a = map %x {f = (a: f32) i8(max(min(add(round(div(a, 0.1:f32)), 3.0:f32), \
        127.0:f32), -128.0:f32))} : tensor<2x8xi8>
        %b = map %a {f = (a: i8) i32(a)} : tensor<2x8xi32>
        out %b: 2x8xi32
        """
      ],
      stays: [
        // Somebody reads the integers themselves.
        """
        x: 2x8xf32 | %a = map %x {f = (a: f32) i8(max(min(add(round(div(a, 0.1:f32)), 3.0:f32), \
        127.0:f32), -128.0:f32))} : tensor<2x8xi8>
        out %a: 2x8xi8
        """
      ]),
    RuleCase(
      rule("flipped-operand"),
      fires: [
        "x: 2x8xi8, const: 8x3xi8 | %c = matmul %x, %const : tensor<2x3xi32>\nout %c: 2x3xi32"
      ],
      stays: [
        "x: 2x8xu8, const: 8x3xi8 | %c = matmul %x, %const : tensor<2x3xi32>\nout %c: 2x3xi32"
      ]
    ),
    RuleCase(
      .requantize,
      fires: [
        """
        x: 2x3xi32 | %a = map %x {f = (a: i32) u8(max(min(add(round(div(mul(f32(a), 0.5:f32), \
        0.25:f32)), 3.0:f32), 255.0:f32), 0.0:f32))} : tensor<2x3xu8>
        out %a: 2x3xu8
        """,
        """
        x: 2x3xi32, const: 3xf32 | %a = map %x, %const {f = (a: i32, b: f32) \
        i8(max(min(round(div(max(mul(f32(a), b), 0.0:f32), 0.25:f32)), 127.0:f32), -128.0:f32))} : \
        tensor<2x3xi8>
        out %a: 2x3xi8
        """,
      ],
      stays: [
        // Reals are divided as they are.
        """
        x: 2x3xf32 | %a = map %x {f = (a: f32) u8(max(min(add(round(div(a, 0.25:f32)), 3.0:f32), \
        255.0:f32), 0.0:f32))} : tensor<2x3xu8>
        out %a: 2x3xu8
        """
      ]),
    RuleCase(
      .mapBeforeView,
      fires: [
        """
        x: 2x3xf32, z: 3x4xf32 | %a = matmul %x, %z : tensor<2x4xf32>
        %b = transpose %a {permutation = [1, 0]} : tensor<4x2xf32>
        %c = map %b {f = (a: f32) exp(a)} : tensor<4x2xf32>
        out %c: 4x2xf32
        """
      ],
      stays: [
        """
        x: 2x3xf32 | %b = transpose %x {permutation = [1, 0]} : tensor<3x2xf32>
        %c = map %b {f = (a: f32) exp(a)} : tensor<3x2xf32>
        out %c: 3x2xf32
        """
      ]),
  ]
}
