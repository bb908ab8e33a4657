import ApusIR

@testable import ApusTransforms

extension RuleCase {
  static let views: [RuleCase] = [
    RuleCase(
      rule("transpose-transpose"),
      fires: [
        """
        x: 2x3x4xf32 | %a = transpose %x {permutation = [1, 2, 0]} : tensor<3x4x2xf32>
        %b = transpose %a {permutation = [1, 0, 2]} : tensor<4x3x2xf32>
        out %b: 4x3x2xf32
        """,
        """
        x: 2x3xf32 | %a = transpose %x {permutation = [0, 1]} : tensor<2x3xf32>
        out %a: 2x3xf32
        """,
        """
        x: 2x3xf32 | %a = transpose %x {permutation = [1, 0]} : tensor<3x2xf32>
        %b = transpose %a {permutation = [1, 0]} : tensor<2x3xf32>
        out %a: 3x2xf32
        out %b: 2x3xf32
        """,
      ],
      stays: [
        """
        x: 2x3xf32 | %a = transpose %x {permutation = [1, 0]} : tensor<3x2xf32>
        %b = reshape %a {shape = <2x3>} : tensor<2x3xf32>
        %c = transpose %b {permutation = [1, 0]} : tensor<3x2xf32>
        out %c: 3x2xf32
        """
      ]),
    RuleCase(
      rule("reshape-reshape"),
      fires: [
        """
        x: 2x6xf32 | %a = reshape %x {shape = <12>} : tensor<12xf32>
        %b = reshape %a {shape = <3x4>} : tensor<3x4xf32>
        out %b: 3x4xf32
        """,
        "x: 2x6xf32 | %a = reshape %x {shape = <2x6>} : tensor<2x6xf32>\nout %a: 2x6xf32",
      ],
      stays: [
        """
        x: 2x6xf32 | %a = reshape %x {shape = <3x4>} : tensor<3x4xf32>
        %b = transpose %a {permutation = [1, 0]} : tensor<4x3xf32>
        %c = reshape %b {shape = <12>} : tensor<12xf32>
        out %c: 12xf32
        """
      ]),
    RuleCase(
      rule("transpose-of-ones"),
      fires: [
        """
        x: 3x1x1x4xf32 | %a = transpose %x {permutation = [1, 0, 3, 2]} : tensor<1x3x4x1xf32>
        out %a: 1x3x4x1xf32
        """
      ],
      stays: [
        """
        x: 3x1x4xf32 | %a = transpose %x {permutation = [2, 1, 0]} : tensor<4x1x3xf32>
        out %a: 4x1x3xf32
        """
      ]),
    RuleCase(
      rule("view-of-all"),
      fires: [
        "x: 2x3xf32 | %a = broadcast %x {shape = <2x3>} : tensor<2x3xf32>\nout %a: 2x3xf32",
        """
        x: 2x3xf32 | %a = slice %x {starts = [0, 0], steps = [1, 1], shape = <2x3>} : \
        tensor<2x3xf32>
        out %a: 2x3xf32
        """,
        "x: 2x3xf32 | %a = concat %x {axis = 1} : tensor<2x3xf32>\nout %a: 2x3xf32",
        """
        x: 2x3xf32, const: f32 | %a = pad %x, %const {before = [0, 0], after = [0, 0], \
        mode = reflect} : tensor<2x3xf32>
        out %a: 2x3xf32
        """,
      ],
      stays: [
        """
        x: 2x3xf32, const: f32 | %a = pad %x, %const {before = [1, 0], after = [-1, 0], \
        mode = constant} : tensor<2x3xf32>
        out %a: 2x3xf32
        """,
        "x: 1x3xf32 | %a = broadcast %x {shape = <2x3>} : tensor<2x3xf32>\nout %a: 2x3xf32",
        """
        x: 2x3xf32 | %a = slice %x {starts = [1, 0], steps = [-1, 1], shape = <2x3>} : \
        tensor<2x3xf32>
        out %a: 2x3xf32
        """,
        """
        x: 2x3xf32 | %a = slice %x {starts = [0, 0], steps = [1, 1], shape = <2x2>} : \
        tensor<2x2xf32>
        out %a: 2x2xf32
        """,
        "x: 2x3xf32 | %a = concat %x, %x {axis = 1} : tensor<2x6xf32>\nout %a: 2x6xf32",
      ]),
    RuleCase(
      rule("map-of-broadcast"),
      fires: [
        """
        x: 3xf32, z: 2x3xf32 | %a = broadcast %x {shape = <2x3>} : tensor<2x3xf32>
        %b = map %a, %z {f = (a: f32, b: f32) sub(a, b)} : tensor<2x3xf32>
        out %b: 2x3xf32
        """,
        """
        x: 2x1xf32, z: 1x3xf32 | %a = broadcast %x {shape = <2x3>} : tensor<2x3xf32>
        %b = broadcast %z {shape = <2x3>} : tensor<2x3xf32>
        %c = map %a, %b {f = (a: f32, b: f32) sub(a, b)} : tensor<2x3xf32>
        out %c: 2x3xf32
        """,
      ],
      stays: [
        """
        x: 1x3xf32, z: 3xf32 | %a = broadcast %x {shape = <2x3>} : tensor<2x3xf32>
        %b = map %a, %z {f = (a: f32, b: f32) sub(a, b)} : tensor<2x3xf32>
        out %b: 2x3xf32
        """
      ]),
    RuleCase(
      rule("reduce-of-ones"),
      fires: [
        """
        x: 2x1x1xf32 | %a = reduce %x {kind = product, axes = [1, 2]} : tensor<2x1x1xf32>
        out %a: 2x1x1xf32
        """,
        "x: 2x3xf32 | %a = reduce %x {kind = max, axes = []} : tensor<2x3xf32>\nout %a: 2x3xf32",
      ],
      stays: [
        """
        x: 2x1x3xf32 | %a = reduce %x {kind = sum, axes = [1, 2]} : tensor<2x1x1xf32>
        out %a: 2x1x1xf32
        """
      ]),
  ]
}
